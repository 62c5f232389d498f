"""What the project worker asks of the warehouse: everything that happened since a position."""

# pyarrow has no types.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

from collections.abc import Sequence
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from weft.model.survivorship import Survival
from weft.profile.projection import Delta
from weft.storage.duckdb_arrow import fetch, microseconds, registered, uuid_array, uuid_bytes
from weft.storage.duckdb_told import add_told, add_zones, telling
from weft.storage.duckdb_warehouse import Warehouse, read_meta

NEW_FACTS = """
SELECT * EXCLUDE (identifiers, context), json_extract_string(context, '/timezone') AS timezone FROM event
WHERE position > $1 AND position <= $2 AND position NOT IN (SELECT position FROM superseded WHERE position > $1)
"""
FACTS_OF_RESTATED = """
SELECT * EXCLUDE (identifiers, context), json_extract_string(context, '/timezone') AS timezone FROM event
WHERE node_id IN (SELECT node_id FROM restated) AND position <= ? AND position NOT IN (SELECT position FROM superseded)
"""
CHANGES = """
SELECT kind, profile_id, other_id, node_id FROM change WHERE number > ? AND kind <> 'created' ORDER BY number
"""
CHANGES_UPTO = "SELECT coalesce(max(number), 0) FROM change WHERE position <= ?"
NEW_NODES = """
SELECT node.node_id, identity_map.profile_id, node.namespace, node.value
FROM node JOIN identity_map USING (node_id)
WHERE node.first_position > $1 AND node.first_position <= $2
    AND identity_map.first_position > $1 AND identity_map.first_position <= $2
"""
LATEST_STAYS = """
SELECT device_node, stay_node FROM stay
WHERE device_node IN (SELECT device_node FROM stay WHERE position > $1 AND position <= $2)
QUALIFY row_number() OVER (
    PARTITION BY device_node ORDER BY begins_at DESC, owner_node IS NULL DESC, owner_node DESC
) = 1
"""
MOVED_CONSENTS = """
SELECT
    restayed.node_id AS node_id, from_node, consent, event.occurred_at AS occurred_at, received_at, source, message_id
FROM restayed JOIN event USING (position)
WHERE by_position > $1 AND by_position <= $2 AND consent IS NOT NULL ORDER BY by_position, position
"""


class Change(NamedTuple):
    """One change of the map. merged: `other` went into `profile`; split: `profile` was part of `other` till now; moved:
    `node` went from `other` to `profile`.
    """

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


class Devices(NamedTuple):
    """What log-ins on shared devices changed.

    latest: device → the node of its latest stay; moved: consent choices that now are another's, and whose they were.
    """

    latest: dict[bytes, bytes]
    moved: list[tuple[bytes, Consent]]


class Window(NamedTuple):
    """Everything that happened between two positions of the log, and to the map. change: the last row of its feed.

    facts: rows of `event`: the new ones, and of a restated node (one of its facts was replaced) every one.
    """

    position: int
    change: int
    facts: pa.Table
    deltas: dict[bytes, Delta]
    changes: list[Change]
    new_nodes: list[NewNode]
    consents: list[Consent]
    devices: Devices


class ProjectStore:
    """Reads windows. Belongs to the project worker's thread."""

    def __init__(self, warehouse: Warehouse, survival: Survival) -> None:
        self._warehouse = warehouse
        self._survival = survival
        self._cursor = warehouse.cursor()

    @property
    def position(self) -> int:
        """How far the warehouse is."""
        return self._warehouse.position

    @property
    def change(self) -> int:
        """How far its change feed is."""
        return self._warehouse.change

    def read(self, after: int, after_change: int) -> Window:
        """Return what happened behind a position and a row of the change feed, as one consistent snapshot.

        after_change: 0 where nobody counted them yet; then those of the positions that were read count as read.
        """
        cursor = self._cursor
        cursor.execute("BEGIN")
        try:
            upto = int(read_meta(cursor, "position") or 0)
            span = [after, upto]
            change = int(read_meta(cursor, "change_number") or 0)
            changes = changes_of(fetch(cursor, CHANGES, [after_change or self._changes_upto(after)]))
            restated = {change.node for change in changes if change.kind == "restated"}
            facts = self._facts(span, restated)
            new_nodes = _new_nodes(fetch(cursor, NEW_NODES, span))
            devices = devices_of(cursor, span)
        finally:
            cursor.execute("ROLLBACK")
        return Window(
            position=upto,
            change=change,
            facts=facts,
            deltas=_deltas(facts, restated, self._survival),
            changes=[change for change in changes if change.kind != "restated"],
            new_nodes=new_nodes,
            consents=consents_of(_saying(facts, after)),
            devices=devices,
        )

    def _changes_upto(self, position: int) -> int:
        row = self._cursor.execute(CHANGES_UPTO, [position]).fetchone()
        return 0 if row is None else int(row[0])

    def _facts(self, span: Sequence[int], restated: set[bytes]) -> pa.Table:
        cursor = self._cursor
        facts = fetch(cursor, NEW_FACTS, span)
        if not restated:
            return facts
        other = facts.filter(pa.array([node not in restated for node in uuid_bytes(facts["node_id"])]))
        with registered(cursor, "restated", pa.table([uuid_array(list(restated))], names=["node_id"])):
            return pa.concat_tables([other, fetch(cursor, FACTS_OF_RESTATED, [span[1]])])


def _saying(facts: pa.Table, after: int) -> pa.Table:
    """Return the new facts with a consent choice in their order: of two of one moment the later holds."""
    new = pc.and_(pc.is_valid(facts["consent"]), pc.greater(facts["position"], after))
    return facts.filter(new).sort_by("position")


def devices_of(cursor: duckdb.DuckDBPyConnection, span: Sequence[int]) -> Devices:
    """Return what log-ins on shared devices changed between two positions."""
    latest = fetch(cursor, LATEST_STAYS, span)
    moved = fetch(cursor, MOVED_CONSENTS, span)
    return Devices(
        dict(zip(uuid_bytes(latest["device_node"]), uuid_bytes(latest["stay_node"]), strict=True)),
        list(zip(uuid_bytes(moved["from_node"]), consents_of(moved), strict=True)),
    )


def _deltas(facts: pa.Table, restated: set[bytes], survival: Survival) -> dict[bytes, Delta]:
    deltas = {node: Delta(restated=True) for node in restated}
    for node, at in zip(uuid_bytes(facts["node_id"]), microseconds(facts["occurred_at"]), strict=True):
        delta = deltas.get(node)
        if delta is None:
            delta = deltas[node] = Delta()
        delta.first_us = min(at, delta.first_us) if delta.events else at
        delta.last_us = max(at, delta.last_us) if delta.events else at
        delta.events += 1
    add_told(telling(facts, survival), deltas, survival)
    add_zones(facts, deltas)
    return deltas


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
    """Read consent choices from rows of `event`.

    A sender's clock that runs ahead must not date a choice into the future, where it would hide later ones.
    """
    occurred, received = microseconds(rows["occurred_at"]), microseconds(rows["received_at"])
    columns = [rows[name].to_pylist() for name in ("consent", "source", "message_id")]
    return [
        Consent(node, choices, min(at, until), source, message_id)
        for node, at, until, choices, source, message_id in zip(
            uuid_bytes(rows["node_id"]), occurred, received, *columns, strict=True
        )
    ]
