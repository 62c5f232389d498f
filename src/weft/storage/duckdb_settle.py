"""Solving components again in which something conflicts: what belongs to them is gathered, `weft.identity` decides."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import duckdb
import numpy as np

from weft.clock import us_of
from weft.identity.rules import Rules
from weft.identity.solve import Link, Node, Solved, solve
from weft.identity.steward import Constraint
from weft.identity.union import Union
from weft.storage.duckdb_arrow import epoch_us, uuid_bytes, uuid_keys, wanted_rows
from weft.storage.duckdb_links import KnownLinks
from weft.storage.identity_map import IdentityMap
from weft.storage.key_index import Rows, key_bytes
from weft.storage.link_strength import bits_together, faded_bits, strength_of, together

CONTESTED_WITH = """
SELECT DISTINCT mine.profile_id AS asked, named.node_id
FROM contested AS mine JOIN contested AS theirs USING (link_key) JOIN (
    SELECT profile_id, min(node_id) AS node_id FROM identity_map
    WHERE profile_id IN (SELECT profile_id FROM contested) GROUP BY profile_id
) AS named ON named.profile_id = theirs.profile_id
WHERE mine.profile_id IN (SELECT id FROM wanted)
"""
"""A scan of the map: asked for all profiles of a tick at once, and for one node of each (some have a thousand)."""


class Bound(NamedTuple):
    """A steward's edge in force, as rows of the map: those of its nodes that exist. same: those that are one person."""

    constraint: Constraint
    rows: Rows
    same: Rows


class Component(NamedTuple):
    """Profiles (by their holders) that are solved together. rows: all their nodes; links: among them."""

    holders: set[int]
    rows: list[int]
    nodes: list[Node]
    links: list[Link]


class Settler(NamedTuple):
    """What solving needs to know. generic: rows of generic and blocked nodes. contested: profiles with a refused link.

    bound: in the order of saying.
    """

    cursor: duckdb.DuckDBPyConnection
    links_among: str
    map: IdentityMap
    known: KnownLinks
    rules: Rules
    generic: set[int]
    contested: set[int]
    bound: Sequence[Bound]
    now: datetime

    def components(self, groups: Iterable[set[int]]) -> list[Component]:
        """Return whole components: each group with all profiles that refused links or a steward's word tie to it."""
        return self._filled(
            Component(
                holders, [row for holder in sorted(holders) for row in self.map.members(holder)], [], []
            )
            for holders in self._closed(groups)
        )

    def solve(self, component: Component) -> Solved:
        """Decide who is who in a component."""
        barren = [
            node.id for node, row in zip(component.nodes, component.rows, strict=True) if row in self.generic
        ]
        inside = {node.id for node in component.nodes}
        constraints = [each.constraint for each in self.bound if not inside.isdisjoint(each.constraint.nodes)]
        return solve(component.nodes, component.links, self.rules, constraints, barren)

    def _filled(self, components: Iterable[Component]) -> list[Component]:
        found = list(components)
        for component, links in zip(found, self._links(found), strict=True):
            component.nodes.extend(self.map.nodes(component.rows))
            component.links.extend(links)
        return found

    def _closed(self, groups: Iterable[set[int]]) -> list[set[int]]:
        """Groups that meet become one."""
        union: Union[int] = Union()
        asking: set[int] = set()
        for group in groups:
            first, *others = sorted(group)
            for other in others:
                union.join(first, other)
            asking |= group
        asked: dict[int, None] = {}
        tied = [self.map.holders(each.same).tolist() for each in self.bound if len(each.same) > 1]
        while asking:
            asked |= dict.fromkeys(sorted(asking))
            met = self._contested_with(sorted(asking & self.contested))
            met += [(one, other) for each in tied if asking & {*each} for one in each[:1] for other in each]
            for one, other in met:
                union.join(one, other)
            asking = {each for pair in met for each in pair} - asked.keys()
        return [set(group) for group in union.sets(asked).values()]

    def _contested_with(self, holders: Sequence[int]) -> list[tuple[int, int]]:
        if not holders:
            return []
        profiles = self.map.own_profiles(np.array(holders, np.int64))
        named = dict(zip(profiles, holders, strict=True))
        rows = wanted_rows(self.cursor, CONTESTED_WITH, profiles)
        others: list[int] = self.map.holders(self.map.index.find(uuid_keys(rows["node_id"]))).tolist()
        return [(named[one], other) for one, other in zip(uuid_bytes(rows["asked"]), others, strict=True)]

    def _links(self, components: Sequence[Component]) -> list[list[Link]]:
        """Return, for each component, the links whose ends both are nodes of it, as strong as they are now."""
        found: list[list[Link]] = [[] for _ in components]
        if not components:
            return found
        number_of = {row: number for number, each in enumerate(components) for row in each.rows}
        nodes = key_bytes(self.map.index.keys(np.array(list(number_of), np.int64)))
        links = wanted_rows(self.cursor, self.links_among, nodes)
        strength = strength_of(self.map, self.rules, links)
        bits, score_bits, score_confidence = (
            np.asarray(links[name]).astype(np.float64) for name in ("bits", "score_bits", "score_confidence")
        )
        seen = bits > 0
        bits = np.where(seen, strength.bits, 0.0)  # as the rules in force say
        last_us = self.known.last_us.values[self.known.index.find(uuid_keys(links["link_key"]))]
        bits = faded_bits(bits, us_of(self.now) - last_us, strength.ties_for_us)
        confidence = together(bits, seen, score_bits, score_confidence)
        ids = [uuid_bytes(links[name]) for name in ("link_key", "left_node", "right_node")]
        numbers: list[Any] = links["position"].to_pylist()
        rest = (
            epoch_us(links["first_at"]).tolist(),
            numbers,
            bits_together(bits, seen, score_bits, score_confidence).tolist(),
            confidence.tolist(),
        )
        for link, row, other in zip(
            map(Link, *ids, *rest, seen.tolist()),
            strength.left.tolist(),
            strength.right.tolist(),
            strict=True,
        ):
            if (number := number_of[row]) == number_of.get(other):
                found[number].append(link)
        return found
