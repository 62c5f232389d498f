"""Decide: what to show one person at one place now, and why."""
