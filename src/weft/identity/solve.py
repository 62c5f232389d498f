"""Which nodes of one component are which person, where something conflicts: constrained agglomeration.

Strongest evidence first (bits, then first seen, then key), and no step breaks a constraint: a steward's word, a limit
of a namespace, a generic or blocked value. The outcome is a function of what is given, never of its order.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from math import ceil
from typing import NamedTuple

from weft.identity.join import breaks_limit
from weft.identity.rules import Rules
from weft.identity.steward import Constraint
from weft.identity.union import Union


class Node(NamedTuple):
    """A node as the solver needs it. own_profile: the id of the profile in which it is the oldest node."""

    id: bytes
    namespace: str
    first_position: int
    own_profile: bytes


class Link(NamedTuple):
    """Two nodes that evidence holds together.

    bits, confidence: of all its evidence at this moment. first_us: when it was first seen, microseconds of event time.
    position: of the log, where it was first seen. counts: it was seen, not inferred, so it may show a value as generic.
    """

    key: bytes
    left: bytes
    right: bytes
    first_us: int
    position: int
    bits: float
    confidence: float
    counts: bool = True


class Refusal(StrEnum):
    """Why a link that is strong enough ties nothing together."""

    LIMIT = "limit"
    APART = "apart"


class Refused(NamedTuple):
    """A link that a constraint forbids. steward: the number of the edge, 0 for a limit."""

    link: Link
    why: Refusal
    steward: int = 0


class Solved(NamedTuple):
    """node → profile id; links that a constraint refuses; generic nodes → how many people they are of at least."""

    assigned: dict[bytes, bytes]
    refused: list[Refused]
    generic: dict[bytes, int]


def solve(
    nodes: Sequence[Node],
    links: Sequence[Link],
    rules: Rules,
    constraints: Sequence[Constraint] = (),
    barren: Iterable[bytes] = (),
) -> Solved:
    """Assign the nodes of a component to profiles, each named after its oldest node.

    constraints: in the order of saying; the later wins. barren: nodes known to be generic or blocked.
    """
    by_id = {node.id: node for node in nodes}
    generic = generic_nodes(by_id, links, rules)
    groups = _Groups(by_id, rules, constraints)
    refused: list[Refused] = []
    without = generic.keys() | set(barren)
    for link in sorted(links, key=lambda link: (-link.bits, link.first_us, link.key)):
        if link.confidence < rules.merge or link.left in without or link.right in without:
            continue
        refusal = groups.tie(link)
        if refusal is not None:
            refused.append(refusal)
    return Solved(groups.assigned(), refused, generic)


def generic_nodes(nodes: Mapping[bytes, Node], links: Iterable[Link], rules: Rules) -> dict[bytes, int]:
    """Return the values that are of more people than their namespace allows, and of how many at least.

    The least number of people who could hold all that is linked to a value: of each namespace, the linked values
    divided by how many of them one profile may hold.
    """
    linked: dict[bytes, set[bytes]] = {}
    for link in links:
        if link.counts and link.confidence >= rules.merge:
            linked.setdefault(link.left, set()).add(link.right)
            linked.setdefault(link.right, set()).add(link.left)
    found: dict[bytes, int] = {}
    for node, others in linked.items():
        most = rules.of(nodes[node].namespace).most_profiles
        if len(others) <= most:
            continue
        counts = Counter(nodes[other].namespace for other in others)
        people = max(ceil(count / rules.of(name).most_per_profile) for name, count in counts.items())
        if people > most:
            found[node] = people
    return found


def _age(node: Node) -> tuple[int, bytes]:
    """Sort as `join` does: of two nodes of one position, by what their profiles would be called."""
    return node.first_position, node.own_profile


class _Groups:
    """Disjoint groups of nodes; what each holds, and what it must not meet.

    A tag is the number of an edge that keeps apart, negative on its right side: groups with n and -n never join. What a
    steward called one person counts as one value of each namespace, so his word stands above the limits.
    """

    def __init__(self, nodes: Mapping[bytes, Node], rules: Rules, constraints: Sequence[Constraint]) -> None:
        self._nodes = nodes
        self._rules = rules
        self._union: Union[bytes] = Union()
        self._held: dict[bytes, dict[str, int]] = {node.id: {node.namespace: 1} for node in nodes.values()}
        self._tags: dict[bytes, set[int]] = {}
        for constraint in sorted(constraints, key=lambda each: -each.number):
            self._glue([node for node in constraint.same if node in nodes])
            self._part(constraint)

    def tie(self, link: Link) -> Refused | None:
        """Join the groups at both ends, unless something forbids it."""
        left, right = self._union.find(link.left), self._union.find(link.right)
        if left == right:
            return None
        apart = self._forbidden(left, right)
        if apart:
            return Refused(link, Refusal.APART, apart)
        one, other = self._held[left], self._held[right]
        together = {name: one.get(name, 0) + other.get(name, 0) for name in one.keys() | other.keys()}
        if breaks_limit(together, self._rules):
            return Refused(link, Refusal.LIMIT)
        self._join(left, right, together)
        return None

    def assigned(self) -> dict[bytes, bytes]:
        """Return node → the profile of the oldest node of its group."""
        found: dict[bytes, bytes] = {}
        for members in self._union.sets(self._nodes).values():
            oldest = min(map(self._nodes.__getitem__, members), key=_age)
            found.update(dict.fromkeys(members, oldest.own_profile))
        return found

    def _glue(self, same: Sequence[bytes]) -> None:
        for node in same[1:]:
            left, right = self._union.find(same[0]), self._union.find(node)
            if left != right and not self._forbidden(left, right):
                self._join(left, right, dict.fromkeys([*self._held[left], *self._held[right]], 1))

    def _part(self, constraint: Constraint) -> None:
        left = {self._union.find(node) for node in constraint.left if node in self._nodes}
        right = {self._union.find(node) for node in constraint.right if node in self._nodes} - left
        for roots, tag in ((left, constraint.number), (right, -constraint.number)):
            for root in roots:
                self._tags.setdefault(root, set()).add(tag)

    def _forbidden(self, left: bytes, right: bytes) -> int:
        """Return the number of an edge that keeps two groups apart; 0 for none."""
        one, other = self._tags.get(left), self._tags.get(right)
        if not one or not other:
            return 0
        return max((abs(tag) for tag in one if -tag in other), default=0)

    def _join(self, left: bytes, right: bytes, held: dict[str, int]) -> None:
        root = self._union.join(left, right)
        tags = self._tags.get(left, set()) | self._tags.get(right, set())
        self._held[root] = held
        if tags:
            self._tags[root] = tags
