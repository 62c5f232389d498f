"""The identity step of the tick: looks up the map, lets `weft.identity` decide, writes what changed."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from weft.identity.join import join
from weft.identity.rules import Rules
from weft.identity.solve import Solved
from weft.identity.steward import StewardEdge
from weft.model.identifier import SEPARATOR
from weft.storage.database_person import ScoreEdge
from weft.storage.duckdb_arrow import epoch_us, fetch, uuid_keys
from weft.storage.duckdb_changes import Outcome, write_changes, write_map
from weft.storage.duckdb_links import Changed, KnownLinks, update_links
from weft.storage.duckdb_scores import update_scores
from weft.storage.duckdb_settle import Bound, Component, Settler
from weft.storage.duckdb_steward import Stewardship, ask_after_split, note_edges
from weft.storage.duckdb_warehouse import Warehouse
from weft.storage.identity_map import IdentityMap
from weft.storage.key_index import Rows

NODES = """
SELECT node_id, profile_id, node.namespace AS namespace, node.first_position AS first_position, first_seen_at
FROM node JOIN identity_map USING (node_id)
"""
GENERIC = "SELECT node_id FROM generic"
CONTESTED = "SELECT node_id FROM identity_map WHERE profile_id IN (SELECT profile_id FROM contested)"


class IdentitySql(NamedTuple):
    """The compiled statement: the links whose left node is wanted."""

    links_among: str


class Known(NamedTuple):
    """What the tick knows: the map; generic and blocked nodes; profiles with a refused link (their holders)."""

    map: IdentityMap
    generic: set[int]
    contested: set[int]
    stewardship: Stewardship


class Tick(NamedTuple):
    """What one identity step is about. said: edges of stewards, in their order.

    scores: of pairs of nodes, in their order. new_nodes: rows of `node`. links: as `update_links` takes them. restated:
    nodes whose facts changed.
    """

    now: datetime
    position: int
    new_nodes: pa.Table | None = None
    links: pa.Table | None = None
    restated: Sequence[bytes] = ()
    said: Sequence[StewardEdge] = ()
    scores: Sequence[ScoreEdge] = ()


class Resolved(NamedTuple):
    """merged: how many profiles went into others. change: the number of the feed's last row, 0 if nothing was added."""

    merged: int
    change: int


class Supposed(NamedTuple):
    """A node, the profile that it is in, and the one that it would be in."""

    node: bytes
    before: bytes
    after: bytes


def recall_identity(cursor: duckdb.DuckDBPyConnection, stewardship: Stewardship) -> Known:
    """Load the map from the warehouse."""
    rows = fetch(cursor, NODES)
    every = IdentityMap()
    add_nodes(every, rows)
    every.assign(uuid_keys(rows["profile_id"]))
    stewardship.bind(every)
    generic, contested = (
        every.index.find(uuid_keys(fetch(cursor, query)["node_id"])) for query in (GENERIC, CONTESTED)
    )
    return Known(every, set(generic.tolist()), set(every.holders(contested).tolist()), stewardship)


def add_nodes(known: IdentityMap, rows: pa.Table) -> Rows:
    """Add rows of `node` that are new, each in a profile of its own."""
    first_ms = epoch_us(rows["first_seen_at"]) // 1_000
    positions = np.asarray(rows["first_position"]).astype(np.int64)
    return known.add(uuid_keys(rows["node_id"]), rows["namespace"].to_pylist(), positions, first_ms)


class Step(NamedTuple):
    """One identity step. first_new: rows from here on are this tick's nodes."""

    cursor: duckdb.DuckDBPyConnection
    known: Known
    rules: Rules
    settler: Settler
    tick: Tick
    first_new: int
    outcome: Outcome


def update_identity(
    cursor: duckdb.DuckDBPyConnection,
    sql: IdentitySql,
    known: Known,
    links: KnownLinks,
    rules: Rules,
    tick: Tick,
) -> Resolved:
    """Bring node → profile up to date with this tick's nodes, links and what stewards said.

    What is known is changed at once: when the transaction fails, it must be recalled.
    """
    first_new = len(known.map.index)
    rows = np.empty(0, np.int64) if tick.new_nodes is None else add_nodes(known.map, tick.new_nodes)
    outcome = Outcome()
    if len(rows) and tick.new_nodes is not None:
        _block(known, rules, outcome, tick.new_nodes, first_new)
    groups = known.stewardship.hear(known.map, tick.said, first_new)
    if tick.said:
        note_edges(cursor, links.log, known.stewardship, tick.said)
    settler = _settler(cursor, sql, known, links, rules, known.stewardship.bound, tick.now)
    step = Step(cursor, known, rules, settler, tick, first_new, outcome)
    if tick.links is not None and tick.links.num_rows:
        changed = update_links(cursor, links, known.map, rules, tick.links, tick.now)
        groups += _join(step, changed)
    if tick.scores:
        groups += _join(step, update_scores(cursor, links, known.map, rules, tick.scores, tick.now))
    if groups:
        _settle(step, settler.components(_as_now(known.map, group) for group in groups))
    new_nodes = pa.table({}) if tick.new_nodes is None else tick.new_nodes
    write_map(cursor, known.map, outcome, new_nodes, rows)
    created = rows[known.map.holders(rows) == rows]
    change = write_changes(cursor, known.map, outcome, created, tick.restated, tick.position)
    return Resolved(len(outcome.joined) + len(outcome.merged), change)


def suppose(
    cursor: duckdb.DuckDBPyConnection,
    sql: IdentitySql,
    known: Known,
    links: KnownLinks,
    rules: Rules,
    tick: Tick,
) -> list[Supposed]:
    """Return where the nodes of a component would be if stewards said this too. Nothing changes."""
    stewardship, groups = known.stewardship.supposing(known.map, tick.said)
    settler = _settler(cursor, sql, known, links, rules, stewardship.bound, tick.now)
    found: list[Supposed] = []
    for component in settler.components(groups):
        before = known.map.own_profiles(known.map.holders(np.array(component.rows, np.int64)))
        after = settler.solve(component).assigned
        found += [
            Supposed(node.id, was, after[node.id]) for node, was in zip(component.nodes, before, strict=True)
        ]
    return found


def _settler(
    cursor: duckdb.DuckDBPyConnection,
    sql: IdentitySql,
    known: Known,
    links: KnownLinks,
    rules: Rules,
    bound: Sequence[Bound],
    now: datetime,
) -> Settler:
    return Settler(
        cursor, sql.links_among, known.map, links, rules, known.generic, known.contested, bound, now
    )


def _block(known: Known, rules: Rules, outcome: Outcome, new_nodes: pa.Table, first_new: int) -> None:
    """Note which of the new nodes are blocked."""
    if not rules.blocked:
        return
    blocked = rules.blocks.match
    names = zip(new_nodes["namespace"].to_pylist(), new_nodes["value"].to_pylist(), strict=True)
    rows = [first_new + at for at, name in enumerate(names) if blocked(SEPARATOR.join(name))]
    outcome.generic.update(dict.fromkeys(rows, 0))
    known.generic.update(rows)


def _join(step: Step, changed: Changed) -> list[set[int]]:
    """Join profiles where nothing conflicts; return the groups that must be solved."""
    known = step.known
    left, right = _apart(step, changed.tying)
    holders = np.unique(np.concatenate((left, right)))
    profiles = dict(zip(holders.tolist(), known.map.own_profiles(holders), strict=True))
    rows = {profile: row for row, profile in profiles.items()}
    contested = (known.contested | known.stewardship.holders(known.map)) & profiles.keys()
    joining = join(
        {profile: known.map.unit(row, profile) for profile, row in rows.items()},
        [(profiles[one], profiles[other]) for one, other in zip(left.tolist(), right.tolist(), strict=True)],
        step.rules,
        frozenset(profiles[row] for row in contested),
    )
    for survivor, gone in joining.joined:
        for profile in gone:
            known.map.merge(rows[survivor], rows[profile])
            if rows[profile] < step.first_new:
                step.outcome.joined.append((rows[profile], rows[survivor]))
    loose = known.map.holders(changed.loose[0])
    parted = np.unique(loose[loose == known.map.holders(changed.loose[1])])
    return [{rows[profile] for profile in group} for group in joining.conflicts] + [
        {row} for row in parted.tolist()
    ]


def _apart(step: Step, tying: tuple[Rows, Rows]) -> tuple[Rows, Rows]:
    """Return the profiles at both ends of the links that may change the map."""
    known = step.known
    left, right = tying
    one, other = known.map.holders(left), known.map.holders(right)
    apart = one != other
    contested = known.contested | known.stewardship.holders(known.map)
    if contested:
        apart |= np.isin(one, list(contested))
    if known.generic:
        generic = list(known.generic)
        apart &= ~np.isin(left, generic) & ~np.isin(right, generic)
    return one[apart], other[apart]


def _as_now(known: IdentityMap, group: set[int]) -> set[int]:
    """Return the holders of a group, of which joins of the same tick may have made others."""
    return set(known.holders(np.array(sorted(group), np.int64)).tolist())


def _settle(step: Step, components: Iterable[Component]) -> None:
    for component in components:
        _take(step, component, step.settler.solve(component))


def _take(step: Step, component: Component, solved: Solved) -> None:
    """Put a solved component into the map."""
    known, outcome, rows = step.known, step.outcome, component.rows
    before = dict(zip(rows, known.map.holders(np.array(rows, np.int64)).tolist(), strict=True))
    row_of = {node.id: row for node, row in zip(component.nodes, rows, strict=True)}
    named = {node.own_profile: row for node, row in zip(component.nodes, rows, strict=True)}
    after = {row_of[node]: named[profile] for node, profile in solved.assigned.items()}
    groups: dict[int, list[int]] = {}
    for row in rows:  # in the order of the chains, so that a profile keeps the order of its nodes
        groups.setdefault(after[row], []).append(row)
    known.map.regroup(groups.items())
    refused = [
        (after[row_of[end]], each.link.key, each.why.value, each.steward)
        for each in solved.refused
        for end in (each.link.left, each.link.right)
    ]
    generic = {
        row_of[node]: people for node, people in solved.generic.items() if row_of[node] not in known.generic
    }
    _note_moves(step, before, after)
    ask_after_split(step.cursor, step.settler.bound, solved.refused)
    outcome.settled |= component.holders & known.contested
    outcome.refused += refused
    outcome.generic |= generic
    known.contested.difference_update(component.holders)
    known.contested.update(holder for holder, *_ in refused)
    known.generic.update(generic)


def _note_moves(step: Step, before: Mapping[int, int], after: Mapping[int, int]) -> None:
    """Note what becomes of the nodes that are not new: whole profiles merge, new ones split off, nodes move."""
    outcome = step.outcome
    old = {row: holder for row, holder in before.items() if row < step.first_new}
    size = Counter(old.values())
    there = size.keys()
    moved = Counter((holder, after[row]) for row, holder in old.items() if after[row] != holder)
    whole = {pair for pair, count in moved.items() if count == size[pair[0]] and pair[1] in there}
    outcome.merged += sorted(whole)
    outcome.split += sorted((old[into], into) for into in {into for _, into in moved} - there)
    outcome.placed += [(row, after[row]) for row, holder in old.items() if after[row] != holder]
    outcome.moved += [
        (row, holder, after[row])
        for row, holder in old.items()
        if after[row] != holder and (holder, after[row]) not in whole
    ]


def identity_statements(warehouse: Warehouse) -> IdentitySql:
    """Return the statements of the identity step."""

    def make() -> IdentitySql:
        from weft.storage.ibis_identity import identity_sql

        return identity_sql()

    return warehouse.statements(IdentitySql, None, make)
