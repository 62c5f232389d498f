"""Which column of an unknown file is which kind of field."""
