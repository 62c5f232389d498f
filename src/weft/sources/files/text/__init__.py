"""CSV and JSON lines: bytes, rows, columns."""
