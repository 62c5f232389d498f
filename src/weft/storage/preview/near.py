"""Facts kept near: of each source a small table of who and when, in the order of who, so that counting is one pass.

The warehouse has the facts in the order in which they came, under ids of 16 bytes, among everything else that is known
of them. Both cost more than the counting itself.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import duckdb

from weft.model.measure import Kind, Measure, PropertyColumn, Source
from weft.storage.duckdb_warehouse import Warehouse

ROWS_MOST = 60_000_000
"""Rows kept near in all, each property counted as a row: 12 to 28 bytes."""
COLUMNS_MOST = 6
"""Most properties kept of a source."""
WHOLE_MOST = 500_000
"""Facts in all that are kept whole, those of the rare sources: any property can be read there, at about 500 bytes."""
ATTACH = "ATTACH IF NOT EXISTS ':memory:' AS near"
DETACH = "DETACH near"
NUMBERED = """
CREATE OR REPLACE TABLE near.numbered AS
SELECT node_id, CAST(row_number() OVER () - 1 AS INTEGER) AS node, first_position FROM identity_map
"""
NUMBER_NEW = """
INSERT INTO near.numbered
SELECT node_id, CAST(row_number() OVER () - 1 + (SELECT count(*) FROM near.numbered) AS INTEGER), first_position
FROM identity_map WHERE first_position > ? AND node_id NOT IN (SELECT node_id FROM near.numbered)
"""
SOURCES = """
SELECT type, CASE WHEN type = 'track' THEN name END AS name, count(*) AS facts FROM event
WHERE type IN ('track', 'page', 'screen') GROUP BY ALL ORDER BY facts DESC, type, name
"""
RESTAYED = "SELECT count(*) FROM restayed WHERE by_position > ?"
SET_NEAR = "SET VARIABLE near_upto = ?"


class Near(NamedTuple):
    """A table of the facts of one source up to a position, and which properties it has. whole: JSON and key, too."""

    name: str
    source: Source
    upto: int
    columns: frozenset[PropertyColumn]
    whole: bool
    rows: int = 0

    def serves(self, measure: Measure) -> bool:
        """Whether it has all that a measure reads: message keys, which decide between equal times, too."""
        keyed = measure.kind in (Kind.FIRST, Kind.LAST) and measure.properties
        return self.whole or (measure.columns <= self.columns and not keyed)


class NearFacts:
    """Says which table to count in. `make` makes them, in a thread of its own; the rest may come from another one.

    measures: what the definitions read; of the properties in them the tables have some from the start.
    """

    def __init__(self, warehouse: Warehouse, measures: Iterable[Measure]) -> None:
        self._read: defaultdict[Source, set[PropertyColumn]] = defaultdict(set)
        for measure in measures:
            self._read[measure.source] |= measure.columns
        self._cursor = warehouse.cursor()
        self._warehouse = warehouse
        self._tables: dict[Source, Near] = {}
        self._replaced: list[Near] = []
        self._asked: dict[Source, frozenset[PropertyColumn]] = {}
        self._numbered = 0
        self._planned: list[tuple[str, str | None, int]] | None = None
        self._made = 0
        self._begun = self._numbered = warehouse.position
        self._cursor.execute(ATTACH)
        self._cursor.execute(NUMBERED)

    def begin(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Give numbers to new nodes; forget all tables if facts went from one node to another."""
        if cursor.execute(RESTAYED, [self._begun]).fetchone() != (0,):
            self._replaced += self._tables.values()
            self._tables, self._planned, self._begun = {}, None, self._warehouse.position
        upto = self._warehouse.position
        if upto > self._numbered:
            cursor.execute(NUMBER_NEW, [self._numbered])
            self._numbered = upto

    def of(self, measure: Measure) -> Near | None:
        """Return the table that has all that a measure reads; of properties that it lacks one will be made."""
        near = self._tables.get(measure.source)
        if near is None or near.serves(measure):
            return near
        wanted = near.columns | measure.columns
        if len(wanted) <= COLUMNS_MOST:
            self._asked[measure.source] = wanted
        return None

    def make(self) -> bool:
        """Make the next table; return whether there was any to make."""
        from weft.storage.preview.ibis_preview import near_sql

        begun, near = self._begun, self._next()
        if near is None:
            return False
        self._made += 1
        self._cursor.execute(SET_NEAR, [near.upto])
        with self._warehouse.bulk():
            row = self._cursor.execute(near_sql(near, frozenset(self._warehouse.columns("event")))).fetchone()
        near = near._replace(rows=0 if row is None else int(row[0]))
        stale = near if begun != self._begun else self._tables.get(near.source)
        if stale is not None:
            self._replaced.append(stale)
        if stale is not near:
            self._tables[near.source] = near
        return True

    def tidy(self) -> None:
        """Drop the tables that others replaced. Not while any is read."""
        from weft.storage.preview.ibis_preview import drop_near

        while self._replaced:
            self._cursor.execute(drop_near(self._replaced.pop().name))

    def _next(self) -> Near | None:
        """Return what the next table is to have: more properties of a source, else the most frequent source left."""
        while self._asked:
            source, columns = self._asked.popitem()
            near = self._tables.get(source)
            if near is not None and near.rows * len(columns - near.columns) <= self._room():
                return self._planning(source, columns)
        if self._planned is None:
            self._planned = self._cursor.execute(SOURCES).fetchall()
        while self._planned:
            kind, name, rows = self._planned.pop(0)
            source = Source(kind, name)
            columns = frozenset(sorted(self._read[source])[:COLUMNS_MOST])
            if rows * (1 + len(columns)) <= self._room():
                kept = sum(near.rows for near in self._tables.values() if near.whole)
                return self._planning(source, columns, whole=kept + rows <= WHOLE_MOST)
        return None

    def _planning(self, source: Source, columns: frozenset[PropertyColumn], *, whole: bool = False) -> Near:
        return Near(f"facts_{self._made}", source, self._warehouse.position, columns, whole)

    def _room(self) -> int:
        return ROWS_MOST - sum(near.rows * (1 + len(near.columns)) for near in self._tables.values())

    def close(self) -> None:
        """Free everything."""
        self._cursor.execute(DETACH)
        self._cursor.close()
