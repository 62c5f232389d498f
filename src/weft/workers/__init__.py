"""One loop a file; all share the skeleton in `worker`."""
