"""Names of persons across scripts, spellings and orders."""
