"""From facts to profiles: traits, per-node state, the served document."""
