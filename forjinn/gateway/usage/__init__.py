"""What went through the gateway: counted off the request path, shown as table, chart and CSV."""
