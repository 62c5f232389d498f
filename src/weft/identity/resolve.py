"""Which nodes are one person: deterministic links under limits per namespace.

The outcome is a function of the set of links, never of the order in which they arrived: a group of nodes that are all
linked together and keep every limit is one profile; a group that would break a limit is settled link by link in the
order of first evidence (`settle`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from weft.identity.rules import Rules
from weft.identity.union import Union

UNSTATED_LIMIT = 1_000
"""Most values of a namespace in one profile where the settings state none."""


class Unit(NamedTuple):
    """A profile as it stands before the tick, or a node that is new in it.

    first_position: of its oldest node. held: namespace → how many values it holds.
    """

    id: bytes
    first_position: int
    held: Mapping[str, int]


class Limits(NamedTuple):
    """What one profile may hold, and when a value is shared by too many to tie anybody together."""

    values: Mapping[str, int]
    shared_at: int

    def broken_by(self, held: Mapping[str, int]) -> bool:
        """Say whether a profile with these values would break a limit."""
        # four times faster than any() here, in the hottest loop of the tick
        for namespace, count in held.items():
            if count > 1 and count > self.values.get(namespace, UNSTATED_LIMIT):
                return True
        return False

    @property
    def unique(self) -> frozenset[str]:
        """Namespaces of which a profile holds one value: each value is a person of its own."""
        return frozenset(namespace for namespace, limit in self.values.items() if limit == 1)


def limits_of(rules: Rules) -> Limits:
    """Return the limits that rules set."""
    values = {name: each.most_per_profile for name, each in rules.namespaces.items()}
    return Limits(values, rules.others.most_profiles)


class Joined(NamedTuple):
    """Units that become one profile under the id of the oldest."""

    survivor: bytes
    gone: tuple[bytes, ...]


class Joining(NamedTuple):
    """What linking units came to: groups that are one profile, and groups that must be settled node by node."""

    joined: list[Joined]
    conflicts: list[list[bytes]]


def join(
    units: Mapping[bytes, Unit],
    pairs: Iterable[tuple[bytes, bytes]],
    limits: Limits,
    contested: frozenset[bytes],
) -> Joining:
    """Join linked units into profiles.

    A group that would break a limit, or that touches a contested profile (one with a refused link), is a conflict.
    """
    union: Union[bytes] = Union()
    seen: dict[bytes, None] = {}
    for one, other in pairs:
        union.join(one, other)
        seen[one] = seen[other] = None
    joined: list[Joined] = []
    conflicts: list[list[bytes]] = []
    for members in union.sets(seen).values():
        if not contested.isdisjoint(members):
            conflicts.append(members)
            continue
        if len(members) == 1:
            continue
        held: dict[str, int] = {}
        for member in members:
            for namespace, count in units[member].held.items():
                held[namespace] = held.get(namespace, 0) + count
        if limits.broken_by(held):
            conflicts.append(members)
            continue
        oldest, *gone = sorted(members, key=lambda member: (units[member].first_position, member))
        joined.append(Joined(oldest, tuple(gone)))
    return Joining(joined, conflicts)


class Node(NamedTuple):
    """A node as `settle` needs it. own_profile: the id of the profile in which it is the oldest node."""

    id: bytes
    namespace: str
    first_position: int
    own_profile: bytes


class Link(NamedTuple):
    """Evidence that two nodes are one person, first seen at `first_at` (event time)."""

    key: bytes
    left: bytes
    right: bytes
    first_at: datetime


class Settled(NamedTuple):
    """node → profile id; links that a limit refuses; nodes shared by too many, whose links tie nobody together."""

    assigned: dict[bytes, bytes]
    refused: list[Link]
    shared: set[bytes]


def settle(nodes: Sequence[Node], links: Sequence[Link], limits: Limits) -> Settled:
    """Assign a group of linked nodes to profiles: earliest evidence first, and no limit is ever broken."""
    by_id = {node.id: node for node in nodes}
    shared = _shared_nodes(by_id, links, limits)
    union: Union[bytes] = Union()
    held: dict[bytes, Counter[str]] = {node.id: Counter((node.namespace,)) for node in nodes}
    refused: list[Link] = []
    for link in sorted(links, key=lambda link: (link.first_at, link.key)):
        if link.left in shared or link.right in shared:
            continue
        left, right = union.find(link.left), union.find(link.right)
        if left == right:
            continue
        together = held[left] + held[right]
        if limits.broken_by(together):
            refused.append(link)
            continue
        held[union.join(left, right)] = together
    assigned: dict[bytes, bytes] = {}
    for members in union.sets(by_id).values():
        oldest = min(members, key=lambda member: (by_id[member].first_position, member))
        assigned.update(dict.fromkeys(members, by_id[oldest].own_profile))
    return Settled(assigned, refused, shared)


def _shared_nodes(nodes: Mapping[bytes, Node], links: Sequence[Link], limits: Limits) -> set[bytes]:
    people: dict[bytes, set[bytes]] = {}
    unique = limits.unique
    for link in links:
        for node, other in ((link.left, link.right), (link.right, link.left)):
            if nodes[other].namespace in unique and nodes[node].namespace not in unique:
                people.setdefault(node, set()).add(other)
    return {node for node, others in people.items() if len(others) > limits.shared_at}
