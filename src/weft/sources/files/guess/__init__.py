"""What a file probably means: a mapping proposed from a sample, with reasons."""
