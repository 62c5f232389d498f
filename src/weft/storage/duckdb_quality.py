"""How people hang together, all in all: a few scans of columns, whatever their number."""

from typing import NamedTuple
from uuid import UUID

from weft.storage.duckdb_warehouse import Warehouse

SIZES = """
SELECT CASE WHEN nodes <= 3 THEN nodes ELSE pow(2, floor(log2(nodes)))::BIGINT END AS least, count(*) AS people
FROM (SELECT count(*) AS nodes FROM identity_map GROUP BY profile_id) GROUP BY least ORDER BY least
"""
LARGEST = """
SELECT profile_id, count(*) AS nodes FROM identity_map GROUP BY profile_id HAVING nodes >= ?
ORDER BY nodes DESC, profile_id LIMIT ?
"""
KINDS = """
SELECT kind, floor(least(confidence, 0.999999) * 20)::INTEGER AS step, count(*) FROM link GROUP BY ALL ORDER BY ALL
"""
SHARED = """
SELECT namespace, value, people FROM generic JOIN node USING (node_id) ORDER BY people DESC, namespace, value LIMIT ?
"""
COUNTS = """
SELECT (SELECT count(DISTINCT profile_id) FROM identity_map), (SELECT count(*) FROM identity_map),
    (SELECT count(*) FROM link), (SELECT count(*) FROM generic), (SELECT count(DISTINCT link_key) FROM review),
    (SELECT count(DISTINCT link_key) FROM contested)
"""


class Counts(NamedTuple):
    """Sums of the whole workspace. refused: links that a limit or a steward forbids to act on."""

    people: int
    nodes: int
    links: int
    generic: int
    questions: int
    refused: int


class Quality(NamedTuple):
    """sizes: (least number of nodes, people): 1, 2, 3, then 4 to 7, 8 to 15, .... confidence: (kind, twentieth, links).

    largest: (profile, nodes). shared: (namespace, value, people at least; 0: blocked).
    """

    counts: Counts
    sizes: list[tuple[int, int]]
    largest: list[tuple[UUID, int]]
    confidence: list[tuple[str, int, int]]
    shared: list[tuple[str, str, int]]


class QualityReader:
    """Reads it; every call has a cursor of its own."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def read(self, from_nodes: int, most: int) -> Quality:
        """Return how people hang together. from_nodes: how many make a person suspicious; most: rows of each list."""
        cursor = self._warehouse.cursor()
        counts = cursor.execute(COUNTS).fetchone() or (0,) * 6
        return Quality(
            Counts(*counts),
            cursor.execute(SIZES).fetchall(),
            cursor.execute(LARGEST, [from_nodes, most]).fetchall(),
            cursor.execute(KINDS).fetchall(),
            cursor.execute(SHARED, [most]).fetchall(),
        )
