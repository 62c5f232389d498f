"""Set-based projection: the states of all (or of all touched) profiles from the facts, in slices of profiles.

Used when the project worker is far behind (an import) and when definitions changed.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

import pyarrow as pa

from weft.profile.projection import Delta, Evaluated, NodeState, StoredProfile
from weft.storage.defined import Defined
from weft.storage.duckdb_arrow import fetch, microseconds, registered, uuid_array, uuid_bytes
from weft.storage.duckdb_project import (
    CLOCK,
    Consent,
    add_identify_traits,
    consents_of,
    outcome_reader,
)
from weft.storage.duckdb_warehouse import Warehouse, read_meta

SLICE_PROFILES = 20_000

TOUCHED_PROFILES = """
CREATE OR REPLACE TEMP TABLE slice AS
SELECT profile_id, CAST((row_number() OVER (ORDER BY profile_id) - 1) // ? AS INTEGER) AS slice FROM (
    SELECT DISTINCT profile_id FROM identity_map WHERE ? OR node_id IN (
        SELECT node_id FROM event WHERE position > ? AND position <= ?
        UNION SELECT node_id FROM change WHERE position > ? AND position <= ?
        UNION SELECT node_id FROM node WHERE first_position > ? AND first_position <= ?
    ) OR profile_id IN (
        SELECT profile_id FROM change WHERE position > ? AND position <= ?
        UNION SELECT other_id FROM change WHERE position > ? AND position <= ?
    )
)
"""
SLICED_NODES = """
CREATE OR REPLACE TEMP TABLE sliced_node AS
SELECT slice, node_id, profile_id, namespace, value FROM identity_map JOIN slice USING (profile_id)
JOIN (SELECT node_id, value FROM node) USING (node_id) ORDER BY slice
"""
FACTS = """
CREATE OR REPLACE TEMP VIEW facts AS SELECT * EXCLUDE (identifiers, context) FROM event
WHERE node_id IN (SELECT node_id FROM sliced_node) AND position NOT IN (SELECT position FROM superseded)
"""
SLICED_STATES = """
CREATE OR REPLACE TEMP TABLE sliced_state AS
SELECT slice, rebuilt_state.* FROM rebuilt_state JOIN sliced_node USING (node_id) ORDER BY slice
"""
SLICED_STATISTICS = """
CREATE OR REPLACE TEMP TABLE sliced_statistics AS
SELECT slice, s.* FROM (
    SELECT node_id, count(*) AS events, min(occurred_at) AS first_at, max(occurred_at) AS last_at
    FROM facts GROUP BY node_id
) AS s JOIN sliced_node USING (node_id) ORDER BY slice
"""
SLICED_IDENTIFIES = """
CREATE OR REPLACE TEMP TABLE sliced_identify AS
SELECT slice, facts.node_id, occurred_at, message_key, properties
FROM facts JOIN sliced_node ON facts.node_id = sliced_node.node_id WHERE type = 'identify' ORDER BY slice
"""
SLICES = "SELECT coalesce(max(slice) + 1, 0) FROM slice"
NODES_OF = "SELECT node_id, profile_id, namespace, value FROM sliced_node WHERE slice = ?"
SLICE_NUMBER = "CREATE OR REPLACE TEMP TABLE slice_number AS SELECT ?::INTEGER AS slice"
STATISTICS_OF = "SELECT node_id, events, first_at, last_at FROM sliced_statistics WHERE slice = ?"
IDENTIFIES_OF = "SELECT node_id, occurred_at, message_key, properties FROM sliced_identify WHERE slice = ?"
GONE = """
SELECT DISTINCT other_id FROM change
WHERE position > ? AND position <= ? AND kind IN ('merged', 'moved')
    AND other_id NOT IN (SELECT profile_id FROM identity_map)
"""
OWNERS = "SELECT node_id, profile_id FROM identity_map WHERE node_id IN (SELECT node_id FROM wanted)"
CONSENTS = """
SELECT node_id, consent, least(occurred_at, received_at) AS occurred_at, source, message_id FROM event
WHERE consent IS NOT NULL AND position > ? AND position <= ?
"""
FORGET = (
    "DROP VIEW IF EXISTS facts",
    "DROP TABLE IF EXISTS slice",
    "DROP TABLE IF EXISTS sliced_node",
    "DROP TABLE IF EXISTS sliced_state",
    "DROP TABLE IF EXISTS sliced_statistics",
    "DROP TABLE IF EXISTS sliced_identify",
    "DROP TABLE IF EXISTS rebuilt_state",
)


class RebuildStore:
    """Computes states in bulk. Belongs to the project worker's thread."""

    def __init__(self, warehouse: Warehouse, defined: Defined) -> None:
        self._cursor = warehouse.cursor()
        self._sql = rebuild_statements(warehouse, defined)
        self._outcomes = outcome_reader(defined)

    def prepare(self, after: int, now: datetime, *, everybody: bool) -> int:
        """Compute the states of the profiles touched behind `after` (or of everybody); return the position reached."""
        cursor = self._cursor
        upto = int(read_meta(cursor, "position") or 0)
        span = [after, upto]
        cursor.execute(CLOCK, [now])
        cursor.execute(TOUCHED_PROFILES, [SLICE_PROFILES, everybody, *(span * 5)])
        for statement in (
            SLICED_NODES,
            FACTS,
            self._sql.states,
            SLICED_STATES,
            SLICED_STATISTICS,
            SLICED_IDENTIFIES,
        ):
            cursor.execute(statement)
        return upto

    def gone(self, after: int, upto: int) -> list[bytes]:
        """Return the profiles that lost their last node."""
        return uuid_bytes(fetch(self._cursor, GONE, [after, upto])["other_id"])

    def owners(self, nodes: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return node → profile as the map stands."""
        with registered(self._cursor, "wanted", pa.table([uuid_array(list(nodes))], names=["node_id"])):
            rows = fetch(self._cursor, OWNERS)
        return dict(zip(uuid_bytes(rows["node_id"]), uuid_bytes(rows["profile_id"]), strict=True))

    def consents(self, after: int, upto: int) -> list[Consent]:
        """Return the consent choices that came with events."""
        return consents_of(fetch(self._cursor, CONSENTS, [after, upto]))

    def slices(self) -> Iterator[tuple[dict[bytes, StoredProfile], dict[bytes, Evaluated]]]:
        """Yield the prepared profiles with all their nodes, in the order of their ids, and what they come to.

        The audiences of the stored profiles are left empty.
        """
        row = self._cursor.execute(SLICES).fetchone()
        for number in range(0 if row is None else int(row[0])):
            self._cursor.execute(SLICE_NUMBER, [number])
            yield self._slice(number), self._outcomes(fetch(self._cursor, self._sql.evaluate))

    def forget(self) -> None:
        """Free what `prepare` made."""
        for statement in FORGET:
            self._cursor.execute(statement)

    def _slice(self, number: int) -> dict[bytes, StoredProfile]:
        cursor = self._cursor
        states = fetch(cursor, self._sql.texts)
        measures = dict(zip(uuid_bytes(states["node_id"]), states["state"].to_pylist(), strict=True))
        deltas = self._deltas(number)
        rows = fetch(cursor, NODES_OF, [number])
        profiles: dict[bytes, StoredProfile] = {}
        for node, profile, namespace, value in zip(
            uuid_bytes(rows["node_id"]),
            uuid_bytes(rows["profile_id"]),
            rows["namespace"].to_pylist(),
            rows["value"].to_pylist(),
            strict=True,
        ):
            delta = deltas.get(node, Delta())
            profiles.setdefault(profile, StoredProfile({}, {})).nodes[node] = NodeState(
                node,
                namespace,
                value,
                delta.events,
                delta.first_us,
                delta.last_us,
                delta.traits,
                measures.get(node, "{}"),
            )
        return profiles

    def _deltas(self, number: int) -> dict[bytes, Delta]:
        rows = fetch(self._cursor, STATISTICS_OF, [number])
        deltas = {
            node: Delta(events, first, last)
            for node, events, first, last in zip(
                uuid_bytes(rows["node_id"]),
                rows["events"].to_pylist(),
                microseconds(rows["first_at"]),
                microseconds(rows["last_at"]),
                strict=True,
            )
        }
        add_identify_traits(fetch(self._cursor, IDENTIFIES_OF, [number]), deltas)
        return deltas


class RebuildSql(NamedTuple):
    """The compiled statements: all states; of one slice the states as text, and what its profiles come to."""

    states: str
    texts: str
    evaluate: str


def rebuild_statements(warehouse: Warehouse, defined: Defined) -> RebuildSql:
    """Return the statements for a set of definitions."""

    def make() -> RebuildSql:
        from weft.storage.ibis_rebuild import rebuild_sql

        return rebuild_sql(defined)

    return warehouse.statements(RebuildSql, defined.content, make)
