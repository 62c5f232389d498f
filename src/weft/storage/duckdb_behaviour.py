"""What accounts did, as it bears on whether two of them are one person: shared devices, and who was where when."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import numpy as np
import pyarrow as pa

from weft.identity.live.behaviour import Seen, Sighting, Times, days_apart, may_be_apart
from weft.identity.rules import Rules
from weft.storage.duckdb_arrow import epoch_us, fetch, registered, uuid_array, uuid_bytes
from weft.storage.duckdb_places import set_upto
from weft.storage.duckdb_stays import stay_statements
from weft.storage.duckdb_warehouse import Warehouse

SIGHTINGS_MOST = 5_000
"""Newest events of an account that are looked at."""

OWNERS = """
SELECT DISTINCT device_node, owner_node FROM stay
WHERE owner_node IS NOT NULL
    AND device_node IN (SELECT device_node FROM stay WHERE owner_node IN (SELECT node_id FROM wanted))
"""
JOINED = """
WITH touched AS (SELECT DISTINCT device_node FROM stay WHERE position > $1 AND position <= $2),
owners AS (
    SELECT device_node, owner_node, min(position) AS since FROM stay
    WHERE owner_node IS NOT NULL AND position <= $2 AND device_node IN (SELECT device_node FROM touched)
    GROUP BY device_node, owner_node
),
devices AS (
    SELECT device_node FROM owners GROUP BY device_node
    HAVING max(since) > $1 AND count(*) FILTER (WHERE since <= $1) <= $3
)
SELECT DISTINCT owner_node FROM owners WHERE device_node IN (SELECT device_node FROM devices)
"""
ACTIVE = "SELECT DISTINCT node_id FROM event WHERE position > $1 AND position <= $2 AND type <> 'record'"
SIGHTINGS = """
SELECT position, identifiers, context FROM event
WHERE position IN (SELECT position FROM wanted) AND type <> 'record'
"""

Pair = tuple[bytes, bytes]


class _Location(msgspec.Struct):
    latitude: float
    longitude: float


class _Context(msgspec.Struct):
    location: _Location | None = None


_context = msgspec.json.Decoder(_Context)


class Behaviours:
    """Reads what accounts did. Every call has a cursor of its own, so it may come from any thread."""

    def __init__(self, warehouse: Warehouse, rules: Rules) -> None:
        self._warehouse = warehouse
        self._devices = rules.devices
        self._places = stay_statements(warehouse, rules).places

    @property
    def position(self) -> int:
        """How far the warehouse is."""
        return self._warehouse.position

    def of(self, pairs: Sequence[Pair]) -> list[Seen]:
        """Return what is known of each pair of nodes now."""
        if not pairs:
            return []
        owners = self._owners({node for pair in pairs for node in pair})
        apart = self.apart(pairs)
        found: list[Seen] = []
        for left, right in pairs:
            shared = [len(each) for each in owners.get(left, ()) if right in each]
            found.append(Seen(min(shared, default=0), *apart.get((left, right), (0, 0))))
        return found

    def apart(self, pairs: Sequence[Pair]) -> dict[Pair, tuple[int, int]]:
        """Return of pairs that were seen to be two on how many days (see `days_apart`)."""
        times = self._times({node for pair in pairs for node in pair})
        none = np.empty((2, 0), np.int64)
        near = [
            pair for pair in pairs if may_be_apart(times.get(pair[0], none)[0], times.get(pair[1], none)[0])
        ]
        seen = self._sightings({node: times[node] for pair in near for node in pair})
        found = {(left, right): days_apart(seen[left], seen[right]) for left, right in near}
        return {pair: days for pair, days in found.items() if any(days)}

    def joined(self, after: int, upto: int, owners_most: int) -> list[bytes]:
        """Return all owners of devices that got a further owner between two positions of the log.

        Devices that had more than `owners_most` before are left out.
        """
        rows = fetch(self._warehouse.cursor(), JOINED, [after, upto, owners_most])
        return uuid_bytes(rows["owner_node"])

    def active(self, after: int, upto: int) -> list[bytes]:
        """Return the nodes that events between two positions belong to."""
        return uuid_bytes(fetch(self._warehouse.cursor(), ACTIVE, [after, upto])["node_id"])

    def _owners(self, nodes: Iterable[bytes]) -> dict[bytes, list[set[bytes]]]:
        """Return for each owner the owners of each shared device on which she and one of the nodes logged in."""
        cursor = self._warehouse.cursor()
        with registered(cursor, "wanted", _nodes(nodes)):
            rows = fetch(cursor, OWNERS)
        devices: dict[bytes, set[bytes]] = {}
        of_owner: dict[bytes, list[set[bytes]]] = {}
        for device, owner in zip(
            uuid_bytes(rows["device_node"]), uuid_bytes(rows["owner_node"]), strict=True
        ):
            owners = devices.setdefault(device, set())
            owners.add(owner)
            of_owner.setdefault(owner, []).append(owners)
        return of_owner

    def _times(self, nodes: Iterable[bytes]) -> dict[bytes, Times]:
        """Return of each node times and positions of its newest facts, by time."""
        cursor = self._warehouse.cursor()
        set_upto(cursor)
        with registered(cursor, "wanted", _nodes(nodes)):
            rows = fetch(cursor, self._places)
        found: dict[bytes, list[int]] = {}
        for place, node in enumerate(uuid_bytes(rows["node_id"])):
            found.setdefault(node, []).append(place)
        every = np.stack([epoch_us(rows["occurred_at"]), np.asarray(rows["position"]).astype(np.int64)])
        times: dict[bytes, Times] = {}
        for node, places in found.items():
            mine = every[:, places]
            times[node] = mine[:, np.lexsort((mine[1], mine[0]))][:, -SIGHTINGS_MOST:]
        return times

    def _sightings(self, times: Mapping[bytes, Times]) -> dict[bytes, list[Sighting]]:
        """Return what events say of device and place; records tell of neither."""
        if not times:
            return {}
        cursor = self._warehouse.cursor()
        positions = np.unique(np.concatenate([each[1] for each in times.values()]))
        with registered(cursor, "wanted", pa.table({"position": positions})):
            rows = fetch(cursor, SIGHTINGS)
        told = {
            position: (self._devices_of(identifiers), place_of(context))
            for position, identifiers, context in zip(
                *(rows[name].to_pylist() for name in ("position", "identifiers", "context")), strict=True
            )
        }
        return {
            node: [Sighting(at, *told[position]) for at, position in each.T.tolist() if position in told]
            for node, each in times.items()
        }

    def _devices_of(self, identifiers: Iterable[Mapping[str, str]]) -> frozenset[str]:
        return frozenset(each["value"] for each in identifiers if each["namespace"] in self._devices)


def place_of(context: str) -> tuple[float, float] | None:
    """Return (latitude, longitude) in degrees from the `location` of a context; None where there is none."""
    if '"location"' not in context:
        return None
    try:
        location = _context.decode(context).location
    except msgspec.DecodeError:
        return None
    if location is None or not (-90 <= location.latitude <= 90 and -180 <= location.longitude <= 180):
        return None
    return location.latitude, location.longitude


def _nodes(nodes: Iterable[bytes]) -> pa.Table:
    return pa.table([uuid_array(list(nodes))], names=["node_id"])
