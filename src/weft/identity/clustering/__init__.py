"""From pairs to people: components, and what is solved again where they contradict themselves."""
