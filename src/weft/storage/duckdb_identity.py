"""The identity step of the tick: reads what it needs of the map, lets `weft.identity` decide, writes what changed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from weft.identity.resolve import Joining, Limits, Link, Node, Settled, Unit, join, settle
from weft.storage.duckdb_arrow import fetch, own_profiles, registered, uuid_array, uuid_bytes
from weft.storage.duckdb_tick_sql import DELETE_CONTESTED, INSERT_ARROW, MERGE_PROFILES, MOVE_NODES
from weft.storage.duckdb_warehouse import read_meta, write_meta

TOUCHED_MAP = "SELECT node_id, profile_id FROM touched_map"
SHARED_NODES = "SELECT node_id FROM shared_node WHERE node_id IN (SELECT node_id FROM staged_node)"
CONTESTED = (
    "SELECT DISTINCT profile_id FROM contested WHERE profile_id IN (SELECT profile_id FROM touched_map)"
)
CONTESTED_WITH = (
    "SELECT DISTINCT profile_id FROM contested WHERE link_key IN "
    "(SELECT link_key FROM contested WHERE profile_id IN (SELECT id FROM wanted))"
)


class IdentitySql(NamedTuple):
    """The compiled statements: what the wanted profiles hold, their nodes, the links among the wanted nodes."""

    held: str
    nodes_of_profiles: str
    links_among: str


class NewNodes:
    """The nodes first seen in this tick, in columns. own: the id of the profile in which each would be the oldest."""

    def __init__(self, rows: pa.Table) -> None:
        self.rows = rows
        self.ids = uuid_bytes(rows["node_id"])
        self.own = own_profiles(rows["node_id"], rows["first_seen_at"])
        self.namespaces: list[str] = rows["namespace"].to_pylist()
        self.first_positions: list[int] = rows["first_position"].to_pylist()
        self.created = {own: index for index, own in enumerate(self.own)}

    def unit(self, own: bytes) -> Unit:
        """Return the node, named by its own profile, as a unit that can be joined."""
        index = self.created[own]
        return Unit(own, self.first_positions[index], {self.namespaces[index]: 1})

    def node(self, own: bytes) -> Node:
        """Return the node, named by its own profile, as `settle` needs it."""
        index = self.created[own]
        return Node(self.ids[index], self.namespaces[index], self.first_positions[index], own)


class Outcome:
    """What changes in the map, gathered before it is written."""

    def __init__(self) -> None:
        self.assigned: dict[bytes, bytes] = {}  # new node → profile
        self.merged: list[tuple[bytes, bytes]] = []  # (from, into), whole profiles
        self.moved: list[tuple[bytes, bytes, bytes]] = []  # (node, from, into)
        self.refused: list[tuple[bytes, bytes]] = []  # (profile, link)
        self.settled: set[bytes] = set()  # profiles whose contested links were looked at again
        self.shared: set[bytes] = set()


def update_identity(
    cursor: duckdb.DuckDBPyConnection,
    sql: IdentitySql,
    new_nodes: pa.Table,
    changed_links: pa.Table,
    restated: Sequence[bytes],
    limits: Limits,
    position: int,
) -> int:
    """Bring node → profile up to date with this tick's nodes and links; return how many profiles were merged away."""
    new = NewNodes(new_nodes)
    outcome = Outcome()
    outcome.assigned = dict(zip(new.ids, new.own, strict=True))
    if changed_links.num_rows:
        _resolve(cursor, sql, new, changed_links, limits, outcome)
    _write(cursor, new, outcome, restated, position)
    return len(outcome.merged)


def _resolve(
    cursor: duckdb.DuckDBPyConnection,
    sql: IdentitySql,
    new: NewNodes,
    changed_links: pa.Table,
    limits: Limits,
    outcome: Outcome,
) -> None:
    unit_of = dict(_pairs(fetch(cursor, TOUCHED_MAP), "node_id", "profile_id"))
    unit_of.update(outcome.assigned)
    shared = set(uuid_bytes(fetch(cursor, SHARED_NODES).column(0)))
    contested = frozenset(uuid_bytes(fetch(cursor, CONTESTED).column(0)))
    pairs = [
        (unit_of[left], unit_of[right])
        for left, right in _pairs(changed_links, "left_node", "right_node")
        if left not in shared and right not in shared
    ]
    pairs = [pair for pair in pairs if pair[0] != pair[1] or pair[0] in contested]
    if not pairs:
        return
    involved = {unit for pair in pairs for unit in pair}
    units = {unit: new.unit(unit) for unit in involved if unit in new.created}
    units.update(_existing_units(cursor, sql.held, involved - units.keys()))
    joining = join(units, pairs, limits, contested)
    _note_joined(joining, new, outcome)
    for group in joining.conflicts:
        _settle(cursor, sql, group, new, limits, outcome)


def _pairs(rows: pa.Table, left: str, right: str) -> Iterable[tuple[bytes, bytes]]:
    return zip(uuid_bytes(rows[left]), uuid_bytes(rows[right]), strict=True)


def _existing_units(
    cursor: duckdb.DuckDBPyConnection, held_sql: str, profiles: Iterable[bytes]
) -> dict[bytes, Unit]:
    rows = _wanted_rows(cursor, held_sql, profiles)
    held: dict[bytes, dict[str, int]] = {}
    first: dict[bytes, int] = {}
    positions: list[int] = rows["first_position"].to_pylist()
    for profile, namespace, count, position in zip(
        uuid_bytes(rows["profile_id"]),
        rows["namespace"].to_pylist(),
        rows["count"].to_pylist(),
        positions,
        strict=True,
    ):
        held.setdefault(profile, {})[namespace] = count
        first[profile] = min(position, first.get(profile, position))
    return {profile: Unit(profile, first[profile], values) for profile, values in held.items()}


def _wanted_rows(cursor: duckdb.DuckDBPyConnection, query: str, ids: Iterable[bytes]) -> pa.Table:
    with registered(cursor, "wanted", pa.table([uuid_array(list(ids))], names=["id"])):
        return fetch(cursor, query)


def _note_joined(joining: Joining, new: NewNodes, outcome: Outcome) -> None:
    for survivor, gone in joining.joined:
        for unit in gone:
            if unit in new.created:
                outcome.assigned[new.ids[new.created[unit]]] = survivor
            else:
                outcome.merged.append((unit, survivor))


def _settle(
    cursor: duckdb.DuckDBPyConnection,
    sql: IdentitySql,
    group: Sequence[bytes],
    new: NewNodes,
    limits: Limits,
    outcome: Outcome,
) -> None:
    """Solve a group that would break a limit again, from all its links, the ones refused before included."""
    profiles = _with_contested(cursor, {unit for unit in group if unit not in new.created})
    rows = _wanted_rows(cursor, sql.nodes_of_profiles, profiles)
    current = dict(_pairs(rows, "node_id", "profile_id"))
    stored = zip(
        uuid_bytes(rows["node_id"]),
        rows["namespace"].to_pylist(),
        rows["first_position"].to_pylist(),
        own_profiles(rows["node_id"], rows["first_seen_at"]),
        strict=True,
    )
    nodes = [Node(*fields) for fields in stored]
    nodes += [new.node(unit) for unit in group if unit in new.created]
    settled = settle(nodes, _links_among(cursor, sql.links_among, [node.id for node in nodes]), limits)
    _note_settled(settled, current, profiles, outcome)


def _with_contested(cursor: duckdb.DuckDBPyConnection, profiles: set[bytes]) -> set[bytes]:
    while True:
        more = set(uuid_bytes(_wanted_rows(cursor, CONTESTED_WITH, profiles).column(0)))
        if more <= profiles:
            return profiles
        profiles |= more


def _links_among(cursor: duckdb.DuckDBPyConnection, links_sql: str, nodes: Iterable[bytes]) -> list[Link]:
    rows = _wanted_rows(cursor, links_sql, nodes)
    keys, ends = uuid_bytes(rows["link_key"]), _pairs(rows, "left_node", "right_node")
    times: list[Any] = rows["first_at"].to_pylist()
    return [Link(key, left, right, at) for key, (left, right), at in zip(keys, ends, times, strict=True)]


def _note_settled(
    settled: Settled, current: Mapping[bytes, bytes], profiles: set[bytes], outcome: Outcome
) -> None:
    outcome.settled |= profiles
    outcome.shared |= settled.shared
    for node, profile in settled.assigned.items():
        before = current.get(node)
        if before is None:
            outcome.assigned[node] = profile
        elif before != profile:
            outcome.moved.append((node, before, profile))
    for link in settled.refused:
        outcome.refused += [(settled.assigned[end], link.key) for end in (link.left, link.right)]


def _write(
    cursor: duckdb.DuckDBPyConnection,
    new: NewNodes,
    outcome: Outcome,
    restated: Sequence[bytes],
    position: int,
) -> None:
    if new.ids:
        profiles = uuid_array([outcome.assigned[node] for node in new.ids])
        insert_rows(cursor, "node", new.rows)
        mapped = new.rows.select(["node_id", "namespace", "first_position"]).append_column(
            "profile_id", profiles
        )
        insert_rows(cursor, "identity_map", mapped)
    if outcome.merged:
        rows = {
            "from_id": [one for one, _ in outcome.merged],
            "into_id": [into for _, into in outcome.merged],
        }
        with registered(cursor, "move", pa.table({name: uuid_array(ids) for name, ids in rows.items()})):
            cursor.execute(MERGE_PROFILES)
    if outcome.moved:
        rows = {
            "node_id": [node for node, _, _ in outcome.moved],
            "into_id": [into for _, _, into in outcome.moved],
        }
        with registered(cursor, "move", pa.table({name: uuid_array(ids) for name, ids in rows.items()})):
            cursor.execute(MOVE_NODES)
    if outcome.settled:
        with registered(
            cursor, "settled_profile", pa.table([uuid_array(list(outcome.settled))], names=["profile_id"])
        ):
            cursor.execute(DELETE_CONTESTED)
    if outcome.refused:
        profiles, links = zip(*outcome.refused, strict=True)
        insert_rows(
            cursor, "contested", pa.table({"profile_id": uuid_array(profiles), "link_key": uuid_array(links)})
        )
    if outcome.shared:
        insert_rows(cursor, "shared_node", pa.table({"node_id": uuid_array(list(outcome.shared))}))
    _write_changes(cursor, new, outcome, restated, position)


def _write_changes(
    cursor: duckdb.DuckDBPyConnection,
    new: NewNodes,
    outcome: Outcome,
    restated: Sequence[bytes],
    position: int,
) -> None:
    nothing = bytes(16)
    rows: list[tuple[str, bytes, bytes, bytes]] = [
        ("created", own, nothing, node)
        for node, own in zip(new.ids, new.own, strict=True)
        if outcome.assigned[node] == own
    ]
    rows += [("merged", into, gone, nothing) for gone, into in outcome.merged]
    rows += [("moved", into, before, node) for node, before, into in outcome.moved]
    rows += [("restated", nothing, nothing, node) for node in restated]
    if not rows:
        return
    number = int(read_meta(cursor, "change_number") or 0)
    kinds, profiles, others, nodes = zip(*rows, strict=True)
    insert_rows(
        cursor,
        "change",
        pa.table(
            {
                "number": pa.array(range(number + 1, number + 1 + len(rows)), pa.int64()),
                "position": pa.array([position] * len(rows), pa.int64()),
                "kind": list(kinds),
                "profile_id": uuid_array(profiles),
                "other_id": uuid_array(others),
                "node_id": uuid_array(nodes),
            }
        ),
    )
    write_meta(cursor, "change_number", str(number + len(rows)))


def insert_rows(cursor: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    """Append Arrow rows to a table by column name."""
    with registered(cursor, "arrow_rows", rows):
        cursor.execute(INSERT_ARROW[name])
