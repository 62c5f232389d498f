"""What makes a warehouse of an older version one of this: the facts stay, what follows from them is made anew."""

LINK = """
CREATE TABLE link_now AS SELECT link_key, left_node, right_node, kind, 1.0::DOUBLE AS bits, 0.0::DOUBLE AS score_bits,
    0.0::DOUBLE AS score_confidence, confidence, message_id, first_at, position
FROM link
"""
CONTESTED = """
CREATE TABLE contested_now AS SELECT profile_id, link_key, 'limit' AS why, 0::BIGINT AS steward FROM contested
"""

UPGRADES: tuple[tuple[str, ...], ...] = (
    # evidence has bits; the tick solves everybody anew, because a warehouse of version 1 knows no rules
    (
        LINK,
        "DROP TABLE link",
        "ALTER TABLE link_now RENAME TO link",
        CONTESTED,
        "DROP TABLE contested",
        "ALTER TABLE contested_now RENAME TO contested",
        "DROP TABLE shared_node",
    ),
)
"""Of version 1, of version 2 and so on; tables that are new are made before."""
