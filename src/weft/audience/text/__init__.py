"""From what somebody types to a rule, by a grammar and the workspace's own names: no model, no network."""
