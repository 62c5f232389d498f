"""The identity step of the tick: looks up the map, lets `weft.identity` decide, writes what changed."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from weft.identity.resolve import Limits, Link, join, settle
from weft.identity.union import Union
from weft.storage.duckdb_arrow import (
    epoch_us,
    fetch,
    insert_rows,
    registered,
    uuid_array,
    uuid_bytes,
    uuid_keys,
)
from weft.storage.duckdb_warehouse import read_meta, write_meta
from weft.storage.identity_map import IdentityMap, key_bytes
from weft.storage.key_index import Rows

NODES = """
SELECT node_id, profile_id, node.namespace AS namespace, node.first_position AS first_position, first_seen_at
FROM node JOIN identity_map USING (node_id)
"""
SHARED_NODES = "SELECT node_id FROM shared_node"
CONTESTED = "SELECT node_id FROM identity_map WHERE profile_id IN (SELECT profile_id FROM contested)"
CONTESTED_WITH = """
SELECT DISTINCT mine.profile_id AS asked, named.node_id
FROM contested AS mine JOIN contested AS theirs USING (link_key) JOIN (
    SELECT profile_id, min(node_id) AS node_id FROM identity_map
    WHERE profile_id IN (SELECT profile_id FROM contested) GROUP BY profile_id
) AS named ON named.profile_id = theirs.profile_id
WHERE mine.profile_id IN (SELECT id FROM wanted)
"""
"""A scan of the map: asked for all profiles of a tick at once, and for one node of each (some have a thousand)."""
MERGE_PROFILES = (
    "UPDATE identity_map SET profile_id = move.into_id FROM move WHERE identity_map.profile_id = move.from_id"
)
MOVE_NODES = (
    "UPDATE identity_map SET profile_id = move.into_id FROM move WHERE identity_map.node_id = move.node_id"
)
DELETE_CONTESTED = "DELETE FROM contested WHERE profile_id IN (SELECT profile_id FROM settled_profile)"


class IdentitySql(NamedTuple):
    """The compiled statement: the links among the wanted nodes."""

    links_among: str


class Known(NamedTuple):
    """What the tick knows: the map; nodes that too many share; profiles with a refused link (their holders)."""

    map: IdentityMap
    shared: set[int]
    contested: set[int]


class Outcome:
    """What changed in the map, gathered before it is written. All are rows of the map; a profile is its holder's."""

    def __init__(self) -> None:
        self.merged: list[tuple[int, int]] = []  # (from, into), whole profiles
        self.moved: list[tuple[int, int, int]] = []  # (node, from, into)
        self.refused: list[tuple[int, bytes]] = []  # (profile, link)
        self.settled: set[int] = set()  # profiles whose contested links were looked at again
        self.shared: set[int] = set()


def recall_identity(cursor: duckdb.DuckDBPyConnection) -> Known:
    """Load the map from the warehouse."""
    rows = fetch(cursor, NODES)
    every = IdentityMap()
    add_nodes(every, rows)
    every.assign(uuid_keys(rows["profile_id"]))
    shared, contested = (
        every.index.find(uuid_keys(fetch(cursor, query)["node_id"])) for query in (SHARED_NODES, CONTESTED)
    )
    return Known(every, set(shared.tolist()), set(every.holders(contested).tolist()))


def add_nodes(known: IdentityMap, rows: pa.Table) -> Rows:
    """Add rows of `node` that are new, each in a profile of its own."""
    first_ms = epoch_us(rows["first_seen_at"]) // 1_000
    positions = np.asarray(rows["first_position"]).astype(np.int64)
    return known.add(uuid_keys(rows["node_id"]), rows["namespace"].to_pylist(), positions, first_ms)


class Step(NamedTuple):
    """One identity step. first_new: rows from here on are this tick's nodes."""

    cursor: duckdb.DuckDBPyConnection
    sql: IdentitySql
    known: Known
    limits: Limits
    first_new: int
    outcome: Outcome


def update_identity(
    cursor: duckdb.DuckDBPyConnection,
    sql: IdentitySql,
    known: Known,
    limits: Limits,
    *,
    new_nodes: pa.Table,
    changed_links: pa.Table,
    restated: Sequence[bytes],
    position: int,
) -> int:
    """Bring node → profile up to date with this tick's nodes and links; return how many profiles were merged away.

    What is known is changed at once: when the transaction fails, it must be recalled.
    """
    step = Step(cursor, sql, known, limits, len(known.map.index), Outcome())
    rows = add_nodes(known.map, new_nodes)
    if changed_links.num_rows:
        _resolve(step, changed_links)
    _write(step, new_nodes, rows)
    _write_changes(step, rows, restated, position)
    return len(step.outcome.merged)


def _resolve(step: Step, changed_links: pa.Table) -> None:
    known = step.known
    left, right = _apart(known, changed_links)
    if not len(left):
        return
    holders = np.unique(np.concatenate((left, right)))
    profiles = dict(zip(holders.tolist(), known.map.own_profiles(holders), strict=True))
    rows = {profile: row for row, profile in profiles.items()}
    joining = join(
        {profile: known.map.unit(row, profile) for profile, row in rows.items()},
        [(profiles[one], profiles[other]) for one, other in zip(left.tolist(), right.tolist(), strict=True)],
        step.limits,
        frozenset(profiles[row] for row in known.contested & profiles.keys()),
    )
    for survivor, gone in joining.joined:
        for profile in gone:
            known.map.merge(rows[survivor], rows[profile])
            if rows[profile] < step.first_new:
                step.outcome.merged.append((rows[profile], rows[survivor]))
    groups = [{rows[profile] for profile in group} for group in joining.conflicts]
    together = _with_contested(step, groups)
    for group, links in zip(together, _links_among(step, together), strict=True):
        _settle(step, group, links)


def _apart(known: Known, links: pa.Table) -> tuple[Rows, Rows]:
    """Return the profiles at both ends of the links that may change the map."""
    left, right = (known.map.index.find(uuid_keys(links[name])) for name in ("left_node", "right_node"))
    one, other = known.map.holders(left), known.map.holders(right)
    apart = one != other
    if known.contested:
        apart |= np.isin(one, list(known.contested))
    if known.shared:
        shared = list(known.shared)
        apart &= ~np.isin(left, shared) & ~np.isin(right, shared)
    return one[apart], other[apart]


def _with_contested(step: Step, groups: Sequence[set[int]]) -> list[set[int]]:
    """Add to each group of profiles those at the other ends of refused links, and theirs; groups that meet are one."""
    known = step.known.map
    union: Union[int] = Union()
    for group in groups:
        first, *others = sorted(group)
        for other in others:
            union.join(first, other)
    asked: dict[int, None] = {}
    asking = sorted(set().union(*groups))
    while asking:
        asked |= dict.fromkeys(asking)
        profiles = known.own_profiles(np.array(asking, np.int64))
        named = dict(zip(profiles, asking, strict=True))
        rows = _wanted_rows(step.cursor, CONTESTED_WITH, profiles)
        holders: list[int] = known.holders(known.index.find(uuid_keys(rows["node_id"]))).tolist()
        for profile, holder in zip(uuid_bytes(rows["asked"]), holders, strict=True):
            union.join(named[profile], holder)
        asking = sorted(set(holders) - asked.keys())
    return [set(group) for group in union.sets(asked).values()]


def _settle(step: Step, holders: set[int], links: Sequence[Link]) -> None:
    """Solve a group that would break a limit again, from all its links, the ones refused before included."""
    known, outcome = step.known, step.outcome
    rows = [row for holder in sorted(holders) for row in known.map.members(holder)]
    before = dict(zip(rows, known.map.holders(np.array(rows, np.int64)).tolist(), strict=True))
    nodes = known.map.nodes(rows)
    settled = settle(nodes, links, step.limits)
    row_of = {node.id: row for node, row in zip(nodes, rows, strict=True)}
    named = {node.own_profile: row for node, row in zip(nodes, rows, strict=True)}
    after = {row_of[node]: named[profile] for node, profile in settled.assigned.items()}
    groups: dict[int, list[int]] = {}
    for row, holder in after.items():
        groups.setdefault(holder, []).append(row)
    known.map.regroup(groups.items())
    refused = [(after[row_of[end]], link.key) for link in settled.refused for end in (link.left, link.right)]
    shared = {row_of[node] for node in settled.shared} - known.shared
    outcome.moved += [
        (row, before[row], holder)
        for row, holder in after.items()
        if row < step.first_new and before[row] != holder
    ]
    outcome.settled |= holders
    outcome.refused += refused
    outcome.shared |= shared
    known.contested.difference_update(holders)
    known.contested.update(holder for holder, _ in refused)
    known.shared.update(shared)


def _links_among(step: Step, groups: Sequence[set[int]]) -> list[list[Link]]:
    """Return, for each group of profiles, the links whose ends both are nodes of it."""
    if not groups:
        return []
    known = step.known.map
    group_of = {
        row: number
        for number, holders in enumerate(groups)
        for holder in holders
        for row in known.members(holder)
    }
    nodes = key_bytes(known.index.keys(np.array(list(group_of), np.int64)))
    number_of = dict(zip(nodes, group_of.values(), strict=True))
    rows = _wanted_rows(step.cursor, step.sql.links_among, nodes)
    ids = [uuid_bytes(rows[name]) for name in ("link_key", "left_node", "right_node")]
    times: list[Any] = rows["first_at"].to_pylist()
    found: list[list[Link]] = [[] for _ in groups]
    for key, left, right, at in zip(*ids, times, strict=True):
        if (number := number_of[left]) == number_of[right]:
            found[number].append(Link(key, left, right, at))
    return found


def _wanted_rows(cursor: duckdb.DuckDBPyConnection, query: str, ids: Iterable[bytes]) -> pa.Table:
    with registered(cursor, "wanted", pa.table([uuid_array(list(ids))], names=["id"])):
        return fetch(cursor, query)


def _write(step: Step, new_nodes: pa.Table, rows: Rows) -> None:
    cursor, known, outcome = step.cursor, step.known.map, step.outcome
    if len(rows):
        profiles = uuid_array(known.own_profiles(known.holders(rows)))
        mapped = new_nodes.select(["node_id", "namespace", "first_position"])
        insert_rows(cursor, "node", new_nodes)
        insert_rows(cursor, "identity_map", mapped.append_column("profile_id", profiles))
    if outcome.merged:
        gone, into = (known.own_profiles(np.array(each)) for each in zip(*outcome.merged, strict=True))
        with registered(cursor, "move", _columns(from_id=gone, into_id=into)):
            cursor.execute(MERGE_PROFILES)
    if outcome.moved:
        nodes, _, holders = (np.array(each) for each in zip(*outcome.moved, strict=True))
        moves = _columns(node_id=key_bytes(known.index.keys(nodes)), into_id=known.own_profiles(holders))
        with registered(cursor, "move", moves):
            cursor.execute(MOVE_NODES)
    if outcome.settled:
        settled = known.own_profiles(np.array(sorted(outcome.settled)))
        with registered(cursor, "settled_profile", _columns(profile_id=settled)):
            cursor.execute(DELETE_CONTESTED)
    if outcome.refused:
        holders, links = zip(*outcome.refused, strict=True)
        profiles = known.own_profiles(np.array(holders))
        insert_rows(cursor, "contested", _columns(profile_id=profiles, link_key=links))
    if outcome.shared:
        nodes = key_bytes(known.index.keys(np.array(sorted(outcome.shared))))
        insert_rows(cursor, "shared_node", _columns(node_id=nodes))


def _write_changes(step: Step, rows: Rows, restated: Sequence[bytes], position: int) -> None:
    known, outcome = step.known.map, step.outcome
    created = rows[known.holders(rows) == rows]
    merged = np.array(outcome.merged, np.int64).reshape(-1, 2)
    moved = np.array(outcome.moved, np.int64).reshape(-1, 3)
    nothing = [bytes(16)]
    count = [len(created), len(merged), len(moved), len(restated)]
    if not sum(count):
        return
    profiles = np.concatenate((created, merged[:, 1], moved[:, 2]))
    others = np.concatenate((merged[:, 0], moved[:, 1]))
    number = int(read_meta(step.cursor, "change_number") or 0)
    kinds = ("created", "merged", "moved", "restated")
    changes = _columns(
        profile_id=known.own_profiles(profiles) + nothing * count[3],
        other_id=nothing * count[0] + known.own_profiles(others) + nothing * count[3],
        node_id=key_bytes(known.index.keys(created))
        + nothing * count[1]
        + key_bytes(known.index.keys(moved[:, 0]))
        + list(restated),
    )
    numbers = pa.array(range(number + 1, number + 1 + sum(count)), pa.int64())
    changes = changes.append_column("number", numbers)
    changes = changes.append_column("position", pa.array([position] * sum(count), pa.int64()))
    kind = [name for name, times in zip(kinds, count, strict=True) for _ in range(times)]
    insert_rows(step.cursor, "change", changes.append_column("kind", pa.array(kind)))
    write_meta(step.cursor, "change_number", str(number + sum(count)))


def _columns(**ids: Sequence[bytes]) -> pa.Table:
    return pa.table({name: uuid_array(keys) for name, keys in ids.items()})
