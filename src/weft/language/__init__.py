"""What the definitions of traits and audiences have in common as they are written."""
