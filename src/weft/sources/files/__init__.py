"""Files as a source: CSV, JSON lines and Parquet become chunks that the log refers to."""
