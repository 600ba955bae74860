"""What stands between the network and the pages: headers, guard, health, HTTP API."""
