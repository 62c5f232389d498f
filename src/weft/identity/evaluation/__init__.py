"""How right the people are, measured against a truth."""
