"""The kinds of field of a person: how a value is normalised, what of it compares, which column is which."""
