"""Events in: the wire, the ordered pipeline, tracking plans, the edge."""
