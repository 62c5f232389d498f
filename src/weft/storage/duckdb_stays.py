"""Devices on which more than one owner logged in: what the tick knows of them, and how it is kept.

A device with one owner is tied to her by a link and costs nothing here. From the second owner on each owner has a *stay
node* on the device, and what happened there while she was logged in carries it; of the owner whose log-in came first it
is the device's own node.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import duckdb
import pyarrow as pa

from weft.clock import DAY_US
from weft.identity.rules import Rules
from weft.identity.stays import BEFORE_ALL_US, NOBODY, Mark, Span, Stays, spans_of, stays_of
from weft.model.identifier import Identifier, node_id
from weft.storage.duckdb_arrow import epoch_us, fetch, insert_rows, registered, uuid_array, uuid_bytes
from weft.storage.duckdb_warehouse import Warehouse
from weft.storage.key_index import KeyIndex, byte_keys

DELETE_STAYS = """
DELETE FROM stay USING ended WHERE stay.device_node = ended.device_node AND stay.begins_at = ended.begins_at
    AND stay.owner_node IS NOT DISTINCT FROM ended.owner_node
"""
RESTAY = "UPDATE event SET node_id = moved.node_id FROM moved WHERE event.position = moved.position"
PLACE_STAGED = "UPDATE staged SET node_id = moved.node_id FROM moved WHERE staged.position = moved.position"


class StaySql(NamedTuple):
    """The compiled statements: log-outs of the tick; which of its events, or of those at places, carry a device;
    where facts of nodes are; who logged in first on a device; its log-outs; what is loaded at the start.
    """

    log_outs: str
    carried: str
    carried_before: str
    places: str
    first_log_ins: str
    log_outs_before: str
    shared: str
    stays: str


class Device:
    """One shared device. own: the owner whose facts carry the device's own node, or NOBODY.

    newest_fact_us: time of the newest fact that it may have; None where it is not known. written: the stays as the
    warehouse has them, None for none.
    """

    __slots__ = ("name", "newest_fact_us", "node", "nodes", "own", "spans", "stays", "written")

    def __init__(self, node: bytes, name: Identifier, own: bytes, stays: Stays) -> None:
        self.node, self.name, self.own = node, name, own
        self.stays = stays
        self.written: tuple[Mark, ...] | None = None
        self.spans: tuple[Span, ...] = (Span(BEFORE_ALL_US, own),)
        self.newest_fact_us: int | None = None
        self.nodes: dict[bytes, bytes] = {own: node}

    def node_of(self, owner: bytes, key: str) -> bytes:
        """Return the node of an owner's stays."""
        found = self.nodes.get(owner)
        if found is None:
            found = self.nodes[owner] = node_id(key, self.named(owner)).bytes
        return found

    def named(self, owner: bytes) -> Identifier:
        """Return what names the node of an owner's stays."""
        return self.name if owner == self.own else self.stay_of(owner)

    def stay_of(self, owner: bytes) -> Identifier:
        """Return what names an owner's stays where the device's own node is not hers."""
        return Identifier(self.name.namespace, self.name.value, owner.hex() or "nobody")


class KnownStays:
    """The shared devices."""

    def __init__(self) -> None:
        self.index = KeyIndex()
        self.devices: list[Device] = []

    def add(self, devices: Sequence[Device]) -> None:
        """Remember further devices."""
        self.index.add(byte_keys(device.node for device in devices))
        self.devices += devices


def recall_stays(cursor: duckdb.DuckDBPyConnection, sql: StaySql, rules: Rules) -> KnownStays:
    """Load the shared devices from the warehouse."""
    rows, known = fetch(cursor, sql.stays), KnownStays()
    marks: dict[bytes, list[Mark]] = {}
    owners = owners_of(rows["owner_node"])
    for node, at, owner in zip(
        uuid_bytes(rows["device_node"]), epoch_us(rows["begins_at"]).tolist(), owners, strict=True
    ):
        marks.setdefault(node, []).append(Mark(at, owner))
    rows = fetch(cursor, sql.shared)
    names = zip(rows["namespace"].to_pylist(), rows["value"].to_pylist(), strict=True)
    found: list[Device] = []
    for node, own, name in zip(uuid_bytes(rows["node_id"]), owners_of(rows["own_owner"]), names, strict=True):
        stays = stays_of(marks.get(node, ()))._replace(newest_us=None)
        device = Device(node, Identifier(*name), own, stays)
        device.written = stays.marks
        device.spans = spans_of(stays.marks, stitch_back_us(rules, device))
        found.append(device)
    known.add(found)
    return known


def stitch_back_us(rules: Rules, device: Device) -> int:
    """Return how long before a log-in on it what a device did goes to who logs in."""
    return round(rules.of(device.name.namespace).stitch_back_days * DAY_US)


def owners_of(column: "pa.ChunkedArray[object]") -> list[bytes]:
    """Return a UUID column with NULL for NOBODY."""
    return [each.bytes if each is not None else NOBODY for each in column.to_pylist()]


def owner_array(owners: Iterable[bytes]) -> "pa.Array[object]":
    """Return owners as a UUID column with NULL for NOBODY."""
    return uuid_array([owner or None for owner in owners])


def time_array(at_us: Sequence[int]) -> "pa.Array[object]":
    """Return microseconds as a timestamp column."""
    return pa.array(at_us, pa.int64()).cast(pa.timestamp("us"))


class Moved(NamedTuple):
    """A stored fact that gets another node. position: in the log."""

    position: int
    at_us: int
    before: bytes
    node: bytes


class Placed(NamedTuple):
    """What a tick comes to for devices.

    nodes: those of the tick, as rows of `node`; links: as `update_links` takes them; log_outs: rows of `log_out`.
    touched: devices whose stays are to be written; moved: stored facts that get another node; restated: nodes whose
    facts changed by that.
    """

    nodes: pa.Table
    links: pa.Table
    touched: Sequence[Device]
    moved: Sequence[Moved]
    restated: Sequence[bytes]
    log_outs: pa.Table | None


def write_stays(cursor: duckdb.DuckDBPyConnection, key: str, placed: Placed, position: int) -> None:
    """Write what became of devices, and give stored facts to other nodes."""
    if placed.log_outs is not None and placed.log_outs.num_rows:
        insert_rows(cursor, "log_out", placed.log_outs)
    touched, moved = placed.touched, placed.moved
    new = [device for device in touched if device.written is None]
    if new:
        columns = {
            "node_id": uuid_array([device.node for device in new]),
            "own_owner": owner_array([device.own for device in new]),
            "own_stay": owner_array(
                [device.own and node_id(key, device.stay_of(device.own)).bytes for device in new]
            ),
        }
        insert_rows(cursor, "shared_device", pa.table(columns))
    ended: list[tuple[Device, Mark]] = []
    begun: list[tuple[Device, Mark]] = []
    for device in touched:
        gone, fresh = _difference(device.written or (), device.stays.marks)
        ended += [(device, mark) for mark in gone]
        begun += [(device, mark) for mark in fresh]
        device.written = device.stays.marks
    if ended:
        with registered(cursor, "ended", _stay_rows(ended)):
            cursor.execute(DELETE_STAYS)
    if begun:
        nodes = uuid_array([device.node_of(mark.owner, key) for device, mark in begun])
        rows = _stay_rows(begun).append_column("stay_node", nodes)
        insert_rows(
            cursor, "stay", rows.append_column("position", pa.array([position] * len(begun), pa.int64()))
        )
    if moved:
        _write_moved(cursor, moved, position)


def _difference(before: tuple[Mark, ...], after: tuple[Mark, ...]) -> tuple[Iterable[Mark], Iterable[Mark]]:
    """Return the marks that are gone, and those that are new: mostly the last ones."""
    if after[: len(before)] == before:
        return (), after[len(before) :]
    return set(before).difference(after), set(after).difference(before)


def _write_moved(cursor: duckdb.DuckDBPyConnection, moved: Sequence[Moved], position: int) -> None:
    positions, times, before, nodes = zip(*moved, strict=True)
    rows = pa.table(
        {
            "position": pa.array(positions, pa.int64()),
            "occurred_at": time_array(times),
            "from_node": uuid_array(before),
            "node_id": uuid_array(nodes),
            "by_position": pa.array([position] * len(moved), pa.int64()),
        }
    )
    with registered(cursor, "moved", rows):
        cursor.execute(RESTAY)
    insert_rows(cursor, "restayed", rows)


def _stay_rows(marks: Sequence[tuple[Device, Mark]]) -> pa.Table:
    return pa.table(
        {
            "device_node": uuid_array([device.node for device, _ in marks]),
            "begins_at": time_array([mark.at_us for _, mark in marks]),
            "owner_node": owner_array([mark.owner for _, mark in marks]),
        }
    )


def stay_statements(warehouse: Warehouse, rules: Rules) -> StaySql:
    """Return the statements for the device settings of the rules."""
    about = (sorted(rules.devices), rules.log_out)

    def make() -> StaySql:
        from weft.storage.ibis_stays import stay_sql

        return stay_sql(*about)

    return warehouse.statements(StaySql, about, make)
