"""SQL traits: the views that their statements may read, the check of a statement, and the place where it runs."""
