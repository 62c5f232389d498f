"""What a steward said: a numbered stream of edges between identifiers, of which later ones win. Pure."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

import msgspec

from weft.model.identifier import Identifier


class StewardKind(StrEnum):
    """What is said of the two sides."""

    SAME = "same"  # one person
    APART = "apart"  # two people: nobody of one side is anybody of the other
    SPLIT = "split"  # the left side is one person, and not the right side's
    RETRACT = "retract"  # an earlier edge holds no more


class Asked(msgspec.Struct, frozen=True):
    """A question that a steward answered: the link that it was about, and how sure that was (0 to 1) when he did."""

    link_key: UUID
    confidence: float


class StewardEdge(msgspec.Struct, frozen=True, kw_only=True):
    """One edge. Sides are identifiers, never profile ids, because a profile is a view.

    number: in the order of saying, from 1. position: of the log when it was said. retracts: the number of the edge that
    is taken back. asked: the question that it answers, if one was asked.
    """

    number: int
    kind: StewardKind
    left: tuple[Identifier, ...] = ()
    right: tuple[Identifier, ...] = ()
    by: str = ""
    reason: str = ""
    at_us: int = 0
    position: int = 0
    retracts: int | None = None
    asked: Asked | None = None


class Constraint(NamedTuple):
    """An edge in force, as nodes. same: one person; left is nobody of right. position: of the log when it was said."""

    number: int
    same: tuple[bytes, ...]
    left: frozenset[bytes]
    right: frozenset[bytes]
    position: int

    @property
    def nodes(self) -> frozenset[bytes]:
        """Every node that it speaks of."""
        return self.left.union(self.same, self.right)


def in_force(edges: Iterable[StewardEdge]) -> list[StewardEdge]:
    """Return the edges that hold, in their order: those that no edge in force takes back. A retraction is none."""
    found: list[StewardEdge] = []
    retracted: set[int] = set()
    for edge in sorted(edges, key=lambda edge: edge.number, reverse=True):
        if edge.number in retracted:
            continue
        if edge.kind is StewardKind.RETRACT:
            retracted.add(edge.retracts or 0)
        else:
            found.append(edge)
    return found[::-1]


def are_decided(one: Identifier, other: Identifier, said: Iterable[StewardEdge]) -> bool:
    """Say whether edges in force say of two that they are one person, or that they are not."""
    for edge in said:
        if edge.kind is StewardKind.SAME and {one, other} <= {*edge.left, *edge.right}:
            return True
        if edge.kind is not StewardKind.SAME and (
            (one in edge.left and other in edge.right) or (one in edge.right and other in edge.left)
        ):
            return True
    return False


def constraint_of(edge: StewardEdge, node_of: Callable[[Identifier], bytes]) -> Constraint:
    """Return what an edge asks of the solver."""
    left, right = (tuple(map(node_of, side)) for side in (edge.left, edge.right))
    match edge.kind:
        case StewardKind.SAME:
            return Constraint(edge.number, (*left, *right), frozenset(), frozenset(), edge.position)
        case StewardKind.SPLIT:
            return Constraint(edge.number, left, frozenset(left), frozenset(right) - {*left}, edge.position)
        case _:
            return Constraint(edge.number, (), frozenset(left), frozenset(right) - {*left}, edge.position)
