"""How fast it is: ratios against a peer in the same run. ``python -m bench`` prints the table."""
