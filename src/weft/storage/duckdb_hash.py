"""A hash of what the warehouse says, independent of the order in which it was told."""

from typing import Any

import msgspec

from weft.storage.duckdb_warehouse import Warehouse

EVENTS = """
SELECT count(*), coalesce(sum(hash(message_key, type, name, occurred_at, node_id, properties, record_id)::HUGEINT), 0)
FROM event WHERE position NOT IN (SELECT position FROM superseded)
"""
LINKS = "SELECT count(*), coalesce(sum(hash(left_node, right_node, kind, first_at)::HUGEINT), 0) FROM link"
PROFILES = """
SELECT count(DISTINCT profile_id), coalesce(sum(hash(node_id, least_node)::HUGEINT), 0)
FROM identity_map JOIN (
    SELECT profile_id, min(node_id) AS least_node FROM identity_map GROUP BY profile_id
) USING (profile_id)
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
