"""What the project worker asks of the warehouse: the facts since a position, and the compiled expressions over them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import duckdb
import msgspec
import pyarrow as pa

from weft.profile.projection import Delta, Evaluated, NodeState, latest_traits
from weft.storage.defined import Defined
from weft.storage.duckdb_arrow import fetch, microseconds, uuid_array, uuid_bytes
from weft.storage.duckdb_warehouse import Warehouse, read_meta

CLOCK = "CREATE OR REPLACE TEMP TABLE clock AS SELECT ?::TIMESTAMP AS now"
SET_CLOCK = "INSERT INTO clock VALUES (?)"
FACTS_LIKE_EVENTS = (
    "CREATE OR REPLACE TEMP TABLE facts AS SELECT * EXCLUDE (identifiers, context) FROM event LIMIT 0"
)
NEW_FACTS = """
INSERT INTO facts SELECT * EXCLUDE (identifiers, context) FROM event
WHERE position > ? AND position <= ? AND position NOT IN (SELECT position FROM superseded)
"""
RESTATED = """
INSERT INTO restated SELECT DISTINCT node_id FROM change WHERE position > ? AND position <= ? AND kind = 'restated'
"""
COUNT_RESTATED = "SELECT count(*) FROM restated"
DROP_RESTATED = "DELETE FROM facts WHERE node_id IN (SELECT node_id FROM restated)"
ALL_FACTS_OF_RESTATED = """
INSERT INTO facts SELECT * EXCLUDE (identifiers, context) FROM event
WHERE node_id IN (SELECT node_id FROM restated) AND position <= ? AND position NOT IN (SELECT position FROM superseded)
"""
STATISTICS = (
    "SELECT node_id, count(*) AS events, min(occurred_at) AS first_at, max(occurred_at) AS last_at FROM facts "
    "GROUP BY node_id"
)
IDENTIFIES = "SELECT node_id, occurred_at, message_key, properties FROM facts WHERE type = 'identify'"
CONSENTS = """
SELECT node_id, consent, least(occurred_at, received_at) AS occurred_at, source, message_id
FROM facts WHERE consent IS NOT NULL
"""
"""A sender's clock that runs ahead must not date a choice into the future, where it would hide later ones."""
CHANGES = """
SELECT kind, profile_id, other_id, node_id FROM change
WHERE position > ? AND position <= ? AND kind IN ('merged', 'moved') ORDER BY number
"""
OWNERS = """
SELECT node_id, profile_id FROM identity_map
WHERE node_id IN (SELECT node_id FROM facts UNION SELECT node_id FROM restated)
"""
NEW_NODES = """
SELECT node.node_id, identity_map.profile_id, node.namespace, node.value
FROM node JOIN identity_map USING (node_id)
WHERE node.first_position > $1 AND node.first_position <= $2
    AND identity_map.first_position > $1 AND identity_map.first_position <= $2
"""


class Change(NamedTuple):
    """One change of the map. merged: `other` went into `profile`; moved: `node` went from `other` to `profile`."""

    kind: str
    profile: bytes
    other: bytes
    node: bytes


class NewNode(NamedTuple):
    """A node that no projection has seen, and the profile that it belongs to now."""

    id: bytes
    profile: bytes
    namespace: str
    value: str


class Consent(NamedTuple):
    """A consent choice that came on an event: JSON object purpose → bool."""

    node: bytes
    choices: str
    at_us: int
    source: str
    message_id: str


class Window(NamedTuple):
    """Everything that happened between two positions of the log. states: node → running measure state as JSON."""

    position: int
    deltas: dict[bytes, Delta]
    states: list[tuple[bytes, str]]
    owners: dict[bytes, bytes]
    changes: list[Change]
    new_nodes: list[NewNode]
    consents: list[Consent]


class ProjectSql(NamedTuple):
    """The tables that a connection keeps, empty between steps, and the compiled statements over them.

    The statements are not prepared: DuckDB 1.5 plans a prepared statement with the statistics of that moment, and
    over an empty table it may conclude for good that a filter never matches.
    """

    tables: tuple[str, ...]
    states: str
    merge: str
    texts: str
    outcomes: str


class ProjectStore:
    """Reads windows and evaluates profiles. Belongs to the project worker's thread."""

    def __init__(self, warehouse: Warehouse, defined: Defined) -> None:
        self._cursor = warehouse.cursor()
        self._outcomes = outcome_reader(defined)
        self._sql = project_statements(warehouse, defined)
        for statement in (*self._sql.tables, FACTS_LIKE_EVENTS):
            self._cursor.execute(statement)

    @property
    def position(self) -> int:
        """How far the warehouse is."""
        return int(read_meta(self._cursor, "position") or 0)

    def read(self, after: int, now: datetime) -> Window:
        """Return what happened behind `after`, as one consistent snapshot."""
        cursor = self._cursor
        cursor.execute("BEGIN")
        try:
            upto = self.position
            span = [after, upto]
            cursor.execute(SET_CLOCK, [now])
            cursor.execute(NEW_FACTS, span)
            cursor.execute(RESTATED, span)
            restated = _count(cursor, COUNT_RESTATED) > 0
            if restated:
                cursor.execute(DROP_RESTATED)
                cursor.execute(ALL_FACTS_OF_RESTATED, [upto])
            return Window(
                position=upto,
                deltas=self._deltas(restated=restated),
                states=_texts(fetch(cursor, self._sql.states)),
                owners=_pairs(fetch(cursor, OWNERS)),
                changes=changes_of(fetch(cursor, CHANGES, span)),
                new_nodes=_new_nodes(fetch(cursor, NEW_NODES, span)),
                consents=consents_of(fetch(cursor, CONSENTS)),
            )
        finally:
            cursor.execute("ROLLBACK")

    def evaluate(
        self, states: Iterable[tuple[bytes, str]], owned: Mapping[bytes, bytes], now: datetime
    ) -> tuple[dict[bytes, str], dict[bytes, Evaluated]]:
        """Merge the states of each node and evaluate every definition for the profiles that own the nodes.

        states: (node, JSON), several for a node are added up. owned: node → profile. Return the merged states by node
        and the outcome by profile.
        """
        cursor = self._cursor
        nodes, texts = zip(*states, strict=True) if (states := list(states)) else ((), ())
        encoded = pa.table({"node_id": uuid_array(nodes), "state": pa.array(texts, pa.string())})
        profiles = pa.table(
            {"profile_id": uuid_array(list(owned.values())), "owned_node": uuid_array(list(owned))}
        )
        cursor.execute("BEGIN")
        try:
            cursor.execute(SET_CLOCK, [now])
            cursor.from_arrow(encoded).insert_into("encoded")
            cursor.from_arrow(profiles).insert_into("owned")
            cursor.execute(self._sql.merge)
            merged = dict(_texts(fetch(cursor, self._sql.texts)))
            outcome = fetch(cursor, self._sql.outcomes)
        finally:
            cursor.execute("ROLLBACK")  # empties the tables
        return merged, self._outcomes(outcome)

    def _deltas(self, *, restated: bool) -> dict[bytes, Delta]:
        cursor = self._cursor
        rows = fetch(cursor, STATISTICS)
        again = (
            set(uuid_bytes(fetch(cursor, "SELECT node_id FROM restated").column(0)))
            if restated
            else set[bytes]()
        )
        deltas = {
            node: Delta(events, first, last, restated=node in again)
            for node, events, first, last in zip(
                uuid_bytes(rows["node_id"]),
                rows["events"].to_pylist(),
                microseconds(rows["first_at"]),
                microseconds(rows["last_at"]),
                strict=True,
            )
        }
        for node in again - deltas.keys():
            deltas[node] = Delta(restated=True)
        add_identify_traits(fetch(cursor, IDENTIFIES), deltas)
        return deltas


def project_statements(warehouse: Warehouse, defined: Defined) -> ProjectSql:
    """Return the statements for a set of definitions."""

    def make() -> ProjectSql:
        from weft.storage.ibis_project import project_sql

        return project_sql(defined)

    return warehouse.statements(ProjectSql, defined.content, make)


def outcome_reader(defined: Defined) -> Callable[[pa.Table], dict[bytes, Evaluated]]:
    """Return what turns rows of `evaluate` into outcomes by profile."""

    def read(rows: pa.Table) -> dict[bytes, Evaluated]:
        profiles = uuid_bytes(rows["profile_id"])
        due = microseconds(rows["due_at"])
        outcomes = defined.outcomes(rows)
        return {
            profile: Evaluated(traits, audiences, at)
            for profile, (traits, audiences), at in zip(profiles, outcomes, due, strict=True)
        }

    return read


_objects = msgspec.json.Decoder(dict[str, msgspec.Raw])


def add_identify_traits(rows: pa.Table, deltas: Mapping[bytes, Delta] | Mapping[bytes, NodeState]) -> None:
    """Add the traits of identify events to the deltas (or the states) of their nodes."""
    for node, at, key, properties in zip(
        uuid_bytes(rows["node_id"]),
        microseconds(rows["occurred_at"]),
        uuid_bytes(rows["message_key"]),
        rows["properties"].to_pylist(),
        strict=True,
    ):
        delta = deltas[node]
        traits = {name: (at, key, bytes(value)) for name, value in _objects.decode(properties).items()}
        delta.traits = latest_traits((delta.traits, traits)) if delta.traits else traits


def _texts(rows: pa.Table) -> list[tuple[bytes, str]]:
    return list(zip(uuid_bytes(rows["node_id"]), rows["state"].to_pylist(), strict=True))


def _pairs(rows: pa.Table) -> dict[bytes, bytes]:
    return dict(zip(uuid_bytes(rows["node_id"]), uuid_bytes(rows["profile_id"]), strict=True))


def changes_of(rows: pa.Table) -> list[Change]:
    """Read rows of the change feed."""
    ids = [uuid_bytes(rows[name]) for name in ("profile_id", "other_id", "node_id")]
    return [Change(*fields) for fields in zip(rows["kind"].to_pylist(), *ids, strict=True)]


def _new_nodes(rows: pa.Table) -> list[NewNode]:
    ids = uuid_bytes(rows["node_id"]), uuid_bytes(rows["profile_id"])
    return [
        NewNode(*f) for f in zip(*ids, rows["namespace"].to_pylist(), rows["value"].to_pylist(), strict=True)
    ]


def consents_of(rows: pa.Table) -> list[Consent]:
    """Read rows of consent choices."""
    columns = (rows["consent"].to_pylist(), microseconds(rows["occurred_at"]))
    more = (rows["source"].to_pylist(), rows["message_id"].to_pylist())
    return [Consent(*fields) for fields in zip(uuid_bytes(rows["node_id"]), *columns, *more, strict=True)]


def _count(cursor: duckdb.DuckDBPyConnection, query: str) -> int:
    row: Any = cursor.execute(query).fetchone()
    return int(row[0])
