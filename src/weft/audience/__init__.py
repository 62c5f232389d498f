"""Audiences: rules over traits and behaviour."""
