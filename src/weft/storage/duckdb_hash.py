"""A hash of what the warehouse says, independent of the order in which it was told."""

from typing import Any

import msgspec

from weft.storage.duckdb_warehouse import Warehouse

EVENTS = """
SELECT count(*), coalesce(sum(hash(
    message_key, type, name, occurred_at, coalesce(own_stay, node_id), properties, record_id
)::HUGEINT), 0)
FROM event LEFT JOIN shared_device USING (node_id) WHERE position NOT IN (SELECT position FROM superseded)
"""
"""Whose log-in came first on a shared device, and thus has the device's own node, is a matter of order."""
LINKS = """
SELECT count(*), coalesce(sum(hash(least(one, other), greatest(one, other), kind, first_at)::HUGEINT), 0)
FROM (
    SELECT coalesce(l.own_stay, left_node) AS one, coalesce(r.own_stay, right_node) AS other, kind, first_at
    FROM link LEFT JOIN shared_device AS l ON l.node_id = left_node
    LEFT JOIN shared_device AS r ON r.node_id = right_node
)
"""
PROFILES = """
WITH placed AS (
    SELECT coalesce(own_stay, node_id) AS node, profile_id FROM identity_map LEFT JOIN shared_device USING (node_id)
)
SELECT count(DISTINCT profile_id), coalesce(sum(hash(node, least_node)::HUGEINT), 0)
FROM placed JOIN (SELECT profile_id, min(node) AS least_node FROM placed GROUP BY profile_id) USING (profile_id)
"""


class WarehouseHash(msgspec.Struct, frozen=True):
    """Counts and sums of hashes: equal exactly when the same facts, links and profiles are there."""

    events: tuple[int, str]
    links: tuple[int, str]
    profiles: tuple[int, str]


def warehouse_hash(warehouse: Warehouse) -> WarehouseHash:
    """Return the hash of the facts that count, of the links, and of which nodes are one profile."""
    cursor = warehouse.cursor()
    parts: list[tuple[int, str]] = []
    for query in (EVENTS, LINKS, PROFILES):
        row: Any = cursor.execute(query).fetchone()
        parts.append((int(row[0]), str(row[1])))
    return WarehouseHash(*parts)
