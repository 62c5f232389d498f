"""Which value survives of those that the nodes of a profile were told, and why. Pure."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from weft.model.survivorship import Strategy, Survivorship
from weft.profile.candidates import Candidate, Told, TraitEntry, fits, length, trust

Normalise = Callable[[str, object], str | None]
"""(namespace, value) → the value as identifiers of the namespace are written; None if it can be none."""


class Node(Protocol):
    """What a node was told."""

    @property
    def namespace(self) -> str: ...  # noqa: D102
    @property
    def value(self) -> str: ...  # noqa: D102
    @property
    def traits(self) -> Mapping[str, TraitEntry]: ...  # noqa: D102
    @property
    def told(self) -> Mapping[str, Told]: ...  # noqa: D102


class Offer(msgspec.Struct, frozen=True, gc=False):
    """A candidate, the node that it was told with, and what the strategy says of it: the greatest score wins.

    score: how often the value was told, how much its source is trusted (0: not listed), how many characters it has, 1
    for verified or for a rule that is met; 0 where only time decides.
    """

    namespace: str
    identifier: str
    candidate: Candidate
    score: int

    @property
    def value(self) -> Any:
        """The value as it was told."""
        return msgspec.json.decode(self.candidate.value)


def ranked(
    survivorship: Survivorship, trait: str, nodes: Collection[Node], normalise: Normalise
) -> Sequence[Offer]:
    """Return what the nodes were told of a trait, the survivor first. The order of the nodes does not matter."""
    offered = [(node, candidate) for node in nodes for candidate in _offers(node, trait)]
    score = _scoring(survivorship, nodes, [candidate for _, candidate in offered], normalise)
    found = [Offer(node.namespace, node.value, each, score(each)) for node, each in offered]
    return sorted(found, key=lambda each: (each.score, each.candidate), reverse=True)


def latest_source(trait: str, nodes: Iterable[Node]) -> str:
    """Return the record that told the most recent value of a trait as `source/record`, empty if it was an event."""
    return max(candidate for node in nodes for candidate in _offers(node, trait)).source


def _offers(node: Node, trait: str) -> Sequence[Candidate]:
    told = node.told.get(trait)
    if told is not None:
        return told.candidates
    entry = node.traits.get(trait)
    return () if entry is None else (Candidate(*entry),)


def _scoring(
    survivorship: Survivorship, nodes: Iterable[Node], candidates: Iterable[Candidate], normalise: Normalise
) -> Callable[[Candidate], int]:
    match survivorship.strategy:
        case Strategy.MOST_FREQUENT:
            counts: Counter[bytes] = Counter()
            for each in candidates:
                counts[each.value] += each.times
            return lambda each: counts[each.value]
        case Strategy.MOST_TRUSTED_SOURCE:
            return lambda each: trust(survivorship, each.source)
        case Strategy.LONGEST:
            return lambda each: length(each.value)
        case Strategy.VERIFIED_FIRST:
            namespace = survivorship.verified_as
            known = {node.value for node in nodes if node.namespace == namespace}
            return lambda each: int(each.verified or _text(normalise, namespace, each) in known)
        case Strategy.RULE:
            return lambda each: int(fits(survivorship, each))
        case Strategy.MOST_RECENT:
            return lambda _: 0


def _text(normalise: Normalise, namespace: str, candidate: Candidate) -> str | None:
    return normalise(namespace, msgspec.json.decode(candidate.value)) if namespace else None
