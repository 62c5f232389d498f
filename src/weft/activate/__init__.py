"""Activate: what a destination is, what is told to whom, and how a failed try goes on."""
