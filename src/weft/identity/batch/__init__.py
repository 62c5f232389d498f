"""Batch resolution of person files: read, map, resolve, report."""
