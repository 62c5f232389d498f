"""Who is who: nodes, links, limits, and the map from node to profile."""
