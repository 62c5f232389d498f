"""The step of the tick that gives devices to their owners: whose each event is that came without one."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import md5
from typing import NamedTuple
from uuid import UUID

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow.compute import SetLookupOptions, call_function

from weft.identity.stays import (
    AFTER_ALL_US,
    BEFORE_ALL_US,
    NOBODY,
    Dropped,
    Mark,
    Span,
    added,
    dropped,
    first_difference,
    owner_at,
    spans_of,
    stays_of,
)
from weft.model.identifier import Identifier, node_id
from weft.storage.duckdb_arrow import booleans, epoch_us, fetch, registered, uuid_array, uuid_bytes, uuid_keys
from weft.storage.duckdb_log_ins import LogInStep, OnShared, keys_of, sort_pairs, wanted_devices
from weft.storage.duckdb_places import set_upto
from weft.storage.duckdb_stays import PLACE_STAGED, Device, Moved, Placed, stitch_back_us, time_array
from weft.storage.key_index import KeyIndex, Rows

LINK = ("link_key", "left_node", "right_node", "kind", "message_id", "first_at", "last_at", "position")


class Carried(NamedTuple):
    """The events of the tick that carry one device, by columns. nodes: the owner's of those that are owned."""

    at_us: Rows
    position: Rows
    nodes: Sequence[bytes]
    owned: NDArray[np.bool_]
    out: NDArray[np.bool_]
    is_fact: NDArray[np.bool_]

    def marks(self) -> set[Mark]:
        """Return what they say of the device."""
        said = {
            Mark(at, node)
            for at, node, owned in zip(self.at_us.tolist(), self.nodes, self.owned.tolist(), strict=True)
            if owned
        }
        return said | {Mark(at, NOBODY) for at in self.at_us[self.out].tolist()}


class Again(NamedTuple):
    """Marks of a device that must be read again."""

    device: Device
    span: Dropped


class Changed(NamedTuple):
    """A device of which stored facts may have another owner now. before: whose it was."""

    device: Device
    since_us: int
    before: Sequence[Span]


class StayStep:
    """One tick's step, before its transaction: it reads the warehouse and places what is staged."""

    def __init__(self, step: LogInStep) -> None:
        self._step = step
        self._cursor, self._sql, self._key = step.cursor, step.sql, step.key
        self._moved: list[Moved] = []

    def run(self, pairs: pa.Table, outs: pa.Table | None) -> Placed:
        """Place the events of the tick. pairs: as its statement gives them; outs: its log-outs."""
        known, names = self._step.known, self._step.names
        result = sort_pairs(self._step, pairs)
        there = known.stays.index.find(names.keys)
        devices = [known.stays.devices[at] for at in np.unique(there[there >= 0]).tolist()]
        links = pairs.select(LINK)
        kept = links if result.kept.all() else links.filter(pa.array(result.kept))
        if not devices and not result.fresh:
            return Placed(names.rows, kept, (), (), (), outs)
        again = self._begin(result.fresh)
        devices += result.fresh
        carried = self._carried(devices)
        marks = {node: one.marks() for node, one in carried.items()}
        again += [Again(one, span) for one in devices for span in dropped(one.stays, marks[one.node])]
        read = self._read_again(again)
        changed = [self._stay(one, marks[one.node], read.get(one.node, ())) for one in devices]
        self._move([one for one in changed if one is not None])
        self._place(devices, carried)
        known.stays.add(result.fresh)
        nodes = names.rows
        if result.on_shared:
            kept = pa.concat_tables([kept, self._links(result.on_shared, links)])
            nodes = pa.concat_tables([nodes, self._new_nodes(result.on_shared, pairs, nodes.schema)])
        return Placed(nodes, kept, devices, self._moved, self._restated(devices), outs)

    def _restated(self, devices: Iterable[Device]) -> list[bytes]:
        """Return the nodes whose stored facts changed; what is nobody's is in no profile."""
        changed = {node for moved in self._moved for node in (moved.before, moved.node)}
        nobodys = (
            {one.node_of(NOBODY, self._key) for one in devices if one.own != NOBODY}
            if changed
            else set[bytes]()
        )
        return sorted(changed - nobodys)

    def _begin(self, fresh: Sequence[Device]) -> list[Again]:
        """Give devices that become shared their log-outs; where there are some, log-ins between them count too."""
        if not fresh:
            return []
        there = self._step.known.map.index.find(keys_of([device.node for device in fresh])) >= 0
        outs = self._log_outs([device for device, known in zip(fresh, there, strict=True) if known])
        again: list[Again] = []
        for device, known in zip(fresh, there, strict=True):
            if not known:
                device.newest_fact_us = BEFORE_ALL_US
            if mine := outs.get(device.node):
                known_from = device.stays.newest_us
                device.stays = stays_of((*device.stays.marks, *mine))
                if known_from is None:
                    device.stays = device.stays._replace(newest_us=None)
                    again.append(Again(device, Dropped(device.own, min(mine).at_us, AFTER_ALL_US)))
                    again.append(Again(device, Dropped(NOBODY, BEFORE_ALL_US, AFTER_ALL_US)))
        return again

    def _carried(self, devices: Sequence[Device]) -> dict[bytes, Carried]:
        """Return the events of the tick that carry each device."""
        with registered(self._cursor, "wanted_device", _wanted(devices)):
            rows = fetch(self._cursor, self._sql.carried)
        index = KeyIndex()
        index.add(keys_of([device.node for device in devices]))
        which = index.find(uuid_keys(rows["device_node"]))
        order = np.argsort(which, kind="stable")
        ends = np.searchsorted(which[order], np.arange(len(devices) + 1))
        at_us, nodes = epoch_us(rows["occurred_at"]), np.array(uuid_bytes(rows["node_id"]), object)
        positions: Rows = rows["position"].to_numpy()
        flags = [booleans(rows[name]) for name in ("owned", "out", "is_fact")]
        found: dict[bytes, Carried] = {}
        for number, device in enumerate(devices):
            mine = order[ends[number] : ends[number + 1]]
            owned, out, is_fact = (flag[mine] for flag in flags)
            found[device.node] = Carried(
                at_us[mine], positions[mine], nodes[mine].tolist(), owned, out, is_fact
            )
        return found

    def _log_outs(self, devices: Sequence[Device]) -> dict[bytes, list[Mark]]:
        """Return the log-outs on devices, as the warehouse has them."""
        found: dict[bytes, list[Mark]] = {}
        if devices:
            with registered(self._cursor, "wanted_device", _wanted(devices)):
                rows = fetch(self._cursor, self._sql.log_outs_before)
            for node, at in zip(uuid_bytes(rows["device_node"]), epoch_us(rows["at"]).tolist(), strict=True):
                found.setdefault(node, []).append(Mark(at, NOBODY))
        return found

    def _read_again(self, again: Sequence[Again]) -> dict[bytes, list[Mark]]:
        """Return those marks of devices that are asked for."""
        outs = self._log_outs(_distinct(each.device for each in again if each.span.owner == NOBODY))
        ins = self._log_ins([each for each in again if each.span.owner != NOBODY])
        found: dict[bytes, list[Mark]] = {}
        for device, (owner, after_us, before_us) in again:
            found.setdefault(device.node, []).extend(
                mark
                for mark in (outs if owner == NOBODY else ins).get(device.node, ())
                if mark.owner == owner and after_us < mark.at_us < before_us
            )
        return found

    def _log_ins(self, again: Sequence[Again]) -> dict[bytes, list[Mark]]:
        since: dict[bytes, int] = {}
        for _, span in again:
            since[span.owner] = min(since.get(span.owner, span.after_us), span.after_us)
        found: dict[bytes, list[Mark]] = {}
        positions = np.unique(np.asarray(self._places(since)["position"])) if since else ()
        if len(positions):
            devices = _wanted(_distinct(each.device for each in again))
            wanted = pa.table({"position": positions})
            with (
                registered(self._cursor, "wanted", wanted),
                registered(self._cursor, "wanted_device", devices),
            ):
                rows = fetch(self._cursor, self._sql.carried_before)
            rows = rows.filter(pa.array(booleans(rows["owned"])))
            marks = map(Mark, epoch_us(rows["occurred_at"]).tolist(), uuid_bytes(rows["node_id"]))
            for node, mark in zip(uuid_bytes(rows["device_node"]), marks, strict=True):
                found.setdefault(node, []).append(mark)
        return found

    def _places(self, since: Mapping[bytes, int]) -> pa.Table:
        """Return where the facts of nodes are since a moment each."""
        wanted, index = list(since), KeyIndex()
        index.add(keys_of(wanted))
        set_upto(self._cursor)
        with registered(self._cursor, "wanted", pa.table([uuid_array(wanted)], names=["node_id"])):
            rows = fetch(self._cursor, self._sql.places)
        begins = np.array(list(since.values()), np.int64)[index.find(uuid_keys(rows["node_id"]))]
        return rows.filter(pa.array(epoch_us(rows["occurred_at"]) >= begins))

    def _stay(self, device: Device, marks: Iterable[Mark], again: Iterable[Mark]) -> Changed | None:
        """Add marks to a device's stays; return since when stored facts may have another owner."""
        told, before = len(device.stays.marks), device.spans
        stitch_us = stitch_back_us(self._step.rules, device)
        stays = added(device.stays, marks, again)
        goes_on = device.written is not None and stays.marks[:told] == device.stays.marks
        device.spans = (
            spans_of(stays.marks[told:], stitch_us, before) if goes_on else spans_of(stays.marks, stitch_us)
        )
        device.stays = stays
        begins = first_difference(before, device.spans)
        if begins is None or (device.newest_fact_us is not None and device.newest_fact_us < begins):
            return None
        return Changed(device, begins, before)

    def _move(self, changed: Sequence[Changed]) -> None:
        """Find the stored facts that have another owner now."""
        since, device_of = dict[bytes, int](), dict[bytes, Device]()
        for device, since_us, before in changed:
            held = {span.owner for span in before if span.from_us >= since_us} | {owner_at(before, since_us)}
            for node in (device.node_of(owner, self._key) for owner in held):
                since[node], device_of[node] = since_us, device
            device.newest_fact_us = max(since_us, device.newest_fact_us or BEFORE_ALL_US)
        if not since:
            return
        rows = self._places(since)
        columns = (
            rows["position"].to_pylist(),
            epoch_us(rows["occurred_at"]).tolist(),
            uuid_bytes(rows["node_id"]),
        )
        for position, at_us, node in zip(*columns, strict=True):
            device = device_of[node]
            device.newest_fact_us = max(at_us, device.newest_fact_us or BEFORE_ALL_US)
            now = device.node_of(owner_at(device.spans, at_us), self._key)
            if now != node:
                self._moved.append(Moved(position, at_us, node, now))

    def _place(self, devices: Iterable[Device], carried: Mapping[bytes, Carried]) -> None:
        """Give the staged facts of devices the nodes of their owners' stays."""
        positions, nodes = list[Rows](), list[bytes]()
        for device in devices:
            mine = carried[device.node]
            at_us, position = mine.at_us[mine.is_fact], mine.position[mine.is_fact]
            if not len(at_us):
                continue
            if device.newest_fact_us is not None:
                device.newest_fact_us = max(device.newest_fact_us, int(at_us.max()))
            begins = np.array([span.from_us for span in device.spans], np.int64)
            at = np.searchsorted(begins, at_us, "right") - 1
            for span in np.unique(at).tolist():
                node = device.node_of(device.spans[span].owner, self._key)
                if node != device.node:
                    positions.append(position[at == span])
                    nodes += [node] * len(positions[-1])
        if nodes:
            rows = pa.table({"position": np.concatenate(positions), "node_id": uuid_array(nodes)})
            with registered(self._cursor, "moved", rows):
                self._cursor.execute(PLACE_STAGED)

    def _new_nodes(self, on_shared: Sequence[OnShared], pairs: pa.Table, schema: pa.Schema) -> pa.Table:
        """Return the nodes of stays that are new: an owner's since her first log-in on the device."""
        positions = pairs["position"].to_numpy()
        nodes = [each.device.node_of(each.owner, self._key) for each in on_shared]
        new = np.flatnonzero(self._step.known.map.index.find(keys_of(nodes)) < 0).tolist()
        named = [on_shared[at].device.named(on_shared[at].owner) for at in new]
        first_ms = self._first_ms([on_shared[at].device for at in new])
        columns = {
            "node_id": uuid_array([nodes[at] for at in new]),
            "namespace": pa.array([each.namespace for each in named], pa.string()),
            "value": pa.array([each.text for each in named], pa.string()),
            "first_position": pa.array([int(positions[on_shared[at].pair]) for at in new], pa.int64()),
            "first_seen_at": time_array([1_000 * ms for ms in first_ms]),
        }
        return pa.table(columns).select(schema.names)

    def _first_ms(self, devices: Sequence[Device]) -> list[int]:
        """Return when devices were first received: the same however the log is cut into ticks."""
        known, nodes = self._step.known.map, [device.node for device in devices]
        rows = known.index.find(keys_of(nodes))
        new = [node for node, row in zip(nodes, rows, strict=True) if row < 0]
        in_tick = dict(zip(new, self._step.names.first_ms(new), strict=True)) if new else {}
        return [
            in_tick[node] if row < 0 else int(known.first_seen_ms(rows[at : at + 1])[0])
            for at, (node, row) in enumerate(zip(nodes, rows.tolist(), strict=True))
        ]

    def _links(self, on_shared: Sequence[OnShared], links: pa.Table) -> pa.Table:
        """Return the links of owners with their stays."""
        found = links.take(pa.array([each.pair for each in on_shared], pa.int64()))
        ends = [sorted((each.device.node_of(each.owner, self._key), each.owner)) for each in on_shared]
        columns = zip(*((_link_key(*two), *two) for two in ends), strict=True)
        for number, (name, ids) in enumerate(zip(LINK, columns, strict=False)):
            found = found.set_column(number, name, uuid_array(ids))
        return found


def _link_key(left: bytes, right: bytes) -> bytes:
    return md5(f"{UUID(bytes=left)}{UUID(bytes=right)}".encode(), usedforsecurity=False).digest()


def _wanted(devices: Sequence[Device]) -> pa.Table:
    return wanted_devices([device.node for device in devices], [device.name for device in devices])


def _distinct(devices: Iterable[Device]) -> list[Device]:
    return list({device.node: device for device in devices}.values())


def place_devices(step: LogInStep, pairs: pa.Table, staged: pa.Table | None) -> Placed:
    """Place the events of a tick. pairs: as its statement gives them; staged: its events, if they are at hand."""
    outs = fetch(step.cursor, step.sql.log_outs) if staged is None else _log_outs_of(step, staged)
    return StayStep(step).run(pairs, outs)


def _log_outs_of(step: LogInStep, staged: pa.Table) -> pa.Table | None:
    """Return rows of `log_out`, without a statement: log-outs are few."""
    options = SetLookupOptions(value_set=pa.array(step.rules.log_out, pa.string()))
    named = call_function("is_in", [staged["name"]], options)
    if not call_function("any", [named]).as_py():
        return None
    rows = staged.filter(named).select(["type", "occurred_at", "identifiers"])
    outs = {
        (node_id(step.key, Identifier(each["namespace"], each["value"])).bytes, row["occurred_at"])
        for row in rows.to_pylist()
        if row["type"] == "track"
        for each in row["identifiers"]
        if each["namespace"] in step.rules.devices
    }
    nodes, times = [node for node, _ in outs], [at for _, at in outs]
    return pa.table({"device_node": uuid_array(nodes), "at": pa.array(times, pa.timestamp("us"))})
