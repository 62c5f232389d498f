"""The only room that knows a driver."""
