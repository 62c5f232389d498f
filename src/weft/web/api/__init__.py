"""The engine API: one resource a file."""
