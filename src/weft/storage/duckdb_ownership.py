"""Whose devices are and were: the stays of shared devices, and by which log-in an event is somebody's."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import pyarrow as pa

from weft.clock import DAY_US
from weft.identity.rules import Rules
from weft.identity.stays import AFTER_ALL_US, BEFORE_ALL_US, NOBODY, Mark, log_in_at, spans_of
from weft.model.identifier import Identifier
from weft.storage.duckdb_arrow import registered, uuid_array
from weft.storage.duckdb_warehouse import Warehouse

HOLDER = """
SELECT profile_id, epoch_us(occurred_at) FROM event LEFT JOIN identity_map USING (node_id) WHERE position = ?
"""
DEVICES_OF = """
SELECT DISTINCT device_node FROM stay WHERE device_node IN (SELECT id FROM wanted)
    OR owner_node IN (SELECT id FROM wanted) OR stay_node IN (SELECT id FROM wanted)
ORDER BY device_node LIMIT ?
"""
MARKS = """
SELECT stay.device_node, device.namespace, device.value, epoch_us(begins_at), owner_node,
    owner.namespace, owner.value, profile_id
FROM stay JOIN node AS device ON device.node_id = stay.device_node
LEFT JOIN node AS owner ON owner.node_id = owner_node
LEFT JOIN identity_map ON identity_map.node_id = owner_node
WHERE stay.device_node IN (SELECT id FROM wanted)
ORDER BY stay.device_node, begins_at, owner_node IS NULL, owner_node
"""
DEVICES_MOST = 20


class Stayed(NamedTuple):
    """An interval in which a shared device is somebody's, or nobody's (owner is None then).

    from_us, until_us: None where it has no beginning or no end. It begins before the log-in where what nobody owned
    was stitched back to her. profile: the owner's.
    """

    device: Identifier
    from_us: int | None
    until_us: int | None
    owner: Identifier | None
    profile: UUID | None


class LoggedIn(NamedTuple):
    """A log-in on a device: who, and when."""

    owner: Identifier
    at_us: int


class Holder(NamedTuple):
    """Who holds an event (None: nobody), and when it occurred."""

    profile: UUID | None
    occurred_us: int


class _Device(NamedTuple):
    name: Identifier
    marks: tuple[Mark, ...]
    owners: dict[bytes, tuple[Identifier, UUID | None]]


class Ownership:
    """Reads it; every call has a cursor of its own."""

    def __init__(self, warehouse: Warehouse, rules: Rules) -> None:
        self._warehouse = warehouse
        self._rules = rules

    def holder(self, position: int) -> Holder | None:
        """Return who holds the event at a position; None where there is none."""
        row = self._warehouse.cursor().execute(HOLDER, [position]).fetchone()
        return None if row is None else Holder(*row)

    def stays(self, nodes: Sequence[UUID]) -> list[Stayed]:
        """Return who had the shared devices that these nodes are about, by device and time."""
        cursor = self._warehouse.cursor()
        with registered(cursor, "wanted", _ids(nodes)):
            found = cursor.execute(DEVICES_OF, [DEVICES_MOST]).fetchall()
        return [stay for device in self._devices([node for (node,) in found]) for stay in self._stays(device)]

    def log_in(self, device: UUID, at_us: int) -> LoggedIn | None:
        """Return the log-in by which a shared device is somebody's at a moment; None: it is not shared, or nobody's."""
        for each in self._devices([device]):
            mark = log_in_at(each.marks, spans_of(each.marks, self._stitch_us(each)), at_us)
            if mark is not None:
                return LoggedIn(each.owners[mark.owner][0], mark.at_us)
        return None

    def _stays(self, device: _Device) -> list[Stayed]:
        spans = spans_of(device.marks, self._stitch_us(device))
        ends = [*(span.from_us for span in spans[1:]), AFTER_ALL_US]
        return [
            Stayed(
                device.name,
                None if span.from_us == BEFORE_ALL_US else span.from_us,
                None if end == AFTER_ALL_US else end,
                *device.owners.get(span.owner, (None, None)),
            )
            for span, end in zip(spans, ends, strict=True)
            if span.owner != NOBODY or span.from_us != BEFORE_ALL_US
        ]

    def _devices(self, nodes: Sequence[UUID]) -> list[_Device]:
        cursor = self._warehouse.cursor()
        with registered(cursor, "wanted", _ids(nodes)):
            rows = cursor.execute(MARKS).fetchall()
        names: dict[UUID, Identifier] = {}
        marks: dict[UUID, list[Mark]] = {}
        owners: dict[UUID, dict[bytes, tuple[Identifier, UUID | None]]] = {}
        for node, namespace, value, at_us, owner, *named, profile in rows:
            names[node] = Identifier(namespace, value)
            key = NOBODY if owner is None else owner.bytes
            marks.setdefault(node, []).append(Mark(at_us, key))
            if owner is not None:
                owners.setdefault(node, {})[key] = Identifier.of(*named), profile
        return [_Device(names[node], tuple(marks[node]), owners.get(node, {})) for node in names]

    def _stitch_us(self, device: _Device) -> int:
        return round(self._rules.of(device.name.namespace).stitch_back_days * DAY_US)


def _ids(nodes: Sequence[UUID]) -> pa.Table:
    return pa.table([uuid_array([node.bytes for node in nodes])], names=["id"])
