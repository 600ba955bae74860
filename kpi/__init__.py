"""Quality KPIs a plant can trust."""
