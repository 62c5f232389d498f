"""The log-ins of a tick: which devices get an owner, which become shared, and which links follow from that."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from weft.identity.log_ins import Before, Beside, LogIn, own_devices
from weft.identity.rules import Rules
from weft.identity.stays import BEFORE_ALL_US, Mark, Stays
from weft.model.identifier import Identifier
from weft.storage.duckdb_arrow import booleans, epoch_us, fetch, registered, uuid_array, uuid_bytes, uuid_keys
from weft.storage.duckdb_links import KnownLinks
from weft.storage.duckdb_stays import Device, KnownStays, StaySql
from weft.storage.identity_map import IdentityMap
from weft.storage.key_index import KeyIndex, Keys, Rows, key_bytes

Mask = NDArray[np.bool_]


class Known(NamedTuple):
    """What log-ins are held against, as it was before the tick."""

    stays: KnownStays
    links: KnownLinks
    map: IdentityMap


class OnShared(NamedTuple):
    """An owner who logged in on a shared device on which others have the device's own node. pair: its row."""

    device: Device
    owner: bytes
    pair: int


class Sorted(NamedTuple):
    """kept: which pairs are links as they are; those of on_shared are links of the owner with her stay node.

    fresh: devices that became shared.
    """

    kept: Mask
    on_shared: list[OnShared]
    fresh: list[Device]


class Names:
    """The names of a tick's nodes. rows: as the tick's statement gives them."""

    def __init__(self, rows: pa.Table) -> None:
        self.keys, self.rows = uuid_keys(rows["node_id"]), rows
        self._index: KeyIndex | None = None

    def of(self, nodes: Sequence[bytes]) -> list[Identifier]:
        """Return the identifiers of nodes of the tick."""
        rows = self.rows.take(pa.array(self.places(nodes)))
        named = zip(rows["namespace"].to_pylist(), rows["value"].to_pylist(), strict=True)
        return [Identifier.of(*each) for each in named]

    def first_ms(self, nodes: Sequence[bytes]) -> list[int]:
        """Return when nodes were first received in this tick, in milliseconds since 1970 UTC."""
        seen = epoch_us(self.rows["first_seen_at"])[self.places(nodes)] // 1_000
        return seen.tolist()

    def places(self, nodes: Sequence[bytes]) -> Rows:
        """Return the rows of nodes of the tick."""
        if self._index is None:
            self._index = KeyIndex()
            self._index.add(self.keys)
        return self._index.find(keys_of(nodes))


class _Pairs:
    """The pairs of a tick as keys. log_in: rows where an owner logged in on a device; device, owner: of those.

    beside: rows of two devices while nobody was logged in.
    """

    def __init__(self, pairs: pa.Table) -> None:
        self.key = uuid_keys(pairs["link_key"])
        self.left, self.right = uuid_keys(pairs["left_node"]), uuid_keys(pairs["right_node"])
        self.position: Rows = np.asarray(pairs["position"]).astype(np.int64)
        self.log_in: Rows = np.flatnonzero(np.asarray(pairs["owner_node"].is_valid()))
        self.owner = uuid_keys(pairs["owner_node"].drop_null())
        left, right = self.left[self.log_in], self.right[self.log_in]
        self.device = np.where((left == self.owner).all(axis=1)[:, None], right, left)
        self.beside: Rows = np.flatnonzero(~booleans(pairs["owned"]))


class LogInStep(NamedTuple):
    """What the log-ins of a tick are sorted with. key: of nodes."""

    cursor: duckdb.DuckDBPyConnection
    sql: StaySql
    known: Known
    rules: Rules
    names: Names
    key: str


def sort_pairs(step: LogInStep, table: pa.Table) -> Sorted:
    """Say what the pairs of a tick come to.

    Only devices that may have a second owner, and those that stand beside another for the first time, cost each.
    """
    known, pairs = step.known, _Pairs(table)
    result = Sorted(np.ones(len(table), np.bool_), [], [])
    place = known.stays.index.find(pairs.device)
    at = np.flatnonzero(place >= 0)
    for device, owner, pair in zip(
        place[at].tolist(), key_bytes(pairs.owner[at]), pairs.log_in[at].tolist(), strict=True
    ):
        _sort(result, known.stays.devices[device], owner, pair)
    new = known.links.unseen(pairs.key)
    beside = pairs.beside[new[pairs.beside]]
    fresh = np.flatnonzero((place < 0) & new[pairs.log_in])
    fresh = fresh[_not_simple(known.map, pairs, fresh, beside)]
    if len(fresh) or len(beside):
        _in_order(step, pairs, fresh, beside, result)
    return result


def _sort(result: Sorted, device: Device, owner: bytes, pair: int) -> None:
    if owner != device.own:
        result.kept[pair] = False
        result.on_shared.append(OnShared(device, owner, pair))


def _not_simple(known: IdentityMap, pairs: _Pairs, fresh: Rows, beside: Rows) -> Mask:
    """Say of which first log-ins it is not plain that the device simply gets its owner."""
    device = pairs.device[fresh]
    rows = known.index.find(device)
    tied = rows >= 0
    tied[tied] = ~known.alone(rows[tied])
    low = device[:, 1]  # half of a hash: two that are alike by chance only take the longer way
    _, which, times = np.unique(low, return_inverse=True, return_counts=True)
    ends = np.concatenate((pairs.left[beside, 1], pairs.right[beside, 1]))
    return tied | (times[which] > 1) | np.isin(low, ends)


def _in_order(step: LogInStep, pairs: _Pairs, fresh: Rows, beside: Rows, result: Sorted) -> None:
    """Go through the pairs that are not plain in the order of the log."""
    rows = pairs.log_in[fresh].tolist()
    devices, owners = key_bytes(pairs.device[fresh]), key_bytes(pairs.owner[fresh])
    lefts, rights = key_bytes(pairs.left[beside]), key_bytes(pairs.right[beside])
    before, firsts = _before(step, devices, [*lefts, *rights])
    owned = own_devices(
        before,
        [
            *map(LogIn, pairs.position[pairs.log_in[fresh]].tolist(), devices, owners),
            *map(Beside, pairs.position[beside].tolist(), lefts, rights),
        ],
    )
    for row, *two in zip(beside.tolist(), lefts, rights, strict=True):
        result.kept[row] = tuple(two) in owned.tied
    shared = sorted(owned.shared)
    found: dict[bytes, Device] = {}
    for node, name in zip(shared, step.names.of(shared) if shared else (), strict=True):
        first = firsts.get(node)
        stays = Stays((), BEFORE_ALL_US) if first is None else Stays((first,), None)
        found[node] = Device(node, name, owned.own[node] if first is None else first.owner, stays)
    result.fresh.extend(found.values())
    for row, node, owner in zip(rows, devices, owners, strict=True):
        if node in found:
            _sort(result, found[node], owner, row)


def _before(
    step: LogInStep, logged_in: Sequence[bytes], beside: Sequence[bytes]
) -> tuple[dict[bytes, Before], dict[bytes, Mark]]:
    """Return the devices as they were, and of those that had an owner her first log-in."""
    known = step.known
    nodes = list(dict.fromkeys((*logged_in, *beside)))
    keys = keys_of(nodes)
    rows, place = known.map.index.find(keys), known.stays.index.find(keys)
    there = rows >= 0
    owned = there.copy()
    owned[there] = known.map.hold_others(rows[there], step.rules.devices)
    holders = rows.copy()
    holders[there] = known.map.holders(rows[there])
    asked = set(logged_in)
    firsts = _firsts(
        step, [node for node, is_owned in zip(nodes, owned, strict=True) if is_owned and node in asked]
    )
    before = {
        node: Before(
            holder if holder >= 0 else node,
            is_owned or at >= 0,
            firsts[node].owner if node in firsts else None,
            at >= 0,
        )
        for node, holder, is_owned, at in zip(
            nodes, holders.tolist(), owned.tolist(), place.tolist(), strict=True
        )
    }
    return before, firsts


def _firsts(step: LogInStep, nodes: Sequence[bytes]) -> dict[bytes, Mark]:
    """Return of those devices that have an owner who it is and when she first logged in."""
    if not nodes:
        return {}
    with registered(step.cursor, "wanted_device", wanted_devices(nodes, step.names.of(nodes))):
        rows = fetch(step.cursor, step.sql.first_log_ins)
    owners = uuid_keys(rows["owner_node"])
    known, devices = step.known.map, step.rules.devices
    person = np.array([name not in devices for name in known.namespaces(known.index.find(owners))], np.bool_)
    rows = rows.filter(pa.array(person)).sort_by("position")
    marks = map(Mark, epoch_us(rows["first_at"]).tolist(), uuid_bytes(rows["owner_node"]))
    found: dict[bytes, Mark] = {}
    for device, mark in zip(uuid_bytes(rows["device_node"]), marks, strict=True):
        found.setdefault(device, mark)
    return found


def wanted_devices(nodes: Sequence[bytes], names: Iterable[Identifier]) -> pa.Table:
    """Return devices as the statements ask for them."""
    named = list(names)
    return pa.table(
        {
            "wanted_node": uuid_array(nodes),
            "wanted_namespace": pa.array([each.namespace for each in named], pa.string()),
            "wanted_value": pa.array([each.value for each in named], pa.string()),
        }
    )


def keys_of(nodes: Sequence[bytes]) -> Keys:
    """Return 16-byte keys as both halves of each."""
    return np.frombuffer(b"".join(nodes), ">u8").astype(np.uint64).reshape(-1, 2)
