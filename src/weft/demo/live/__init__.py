"""The present of the demo world: what every system tells of each day, and the sender that posts it to the collector."""
