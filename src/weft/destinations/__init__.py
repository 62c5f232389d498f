"""The built-in destinations, one folder each, and the HTTP client that they share."""
