"""The way from one identifier to another over links. Pure."""

import heapq
from collections.abc import Iterable
from itertools import count
from math import log2
from typing import Protocol, TypeVar

from weft.model.identifier import Identifier

LEAST = 1e-12


class Tie(Protocol):
    """A link with how sure it is, from 0 to 1."""

    @property
    def left(self) -> Identifier: ...  # noqa: D102
    @property
    def right(self) -> Identifier: ...  # noqa: D102
    @property
    def confidence(self) -> float: ...  # noqa: D102


Link = TypeVar("Link", bound=Tie)


def surest_path(links: Iterable[Link], start: Identifier, end: Identifier) -> list[Link]:
    """Return the links on the way whose confidences have the greatest product (Dijkstra, 1959, over their negative
    logarithms); none where there is no way.
    """
    around: dict[Identifier, list[tuple[Identifier, Link]]] = {}
    for link in links:
        around.setdefault(link.left, []).append((link.right, link))
        around.setdefault(link.right, []).append((link.left, link))
    order = count()
    found: dict[Identifier, list[Link]] = {}
    coming: list[tuple[float, int, Identifier, list[Link]]] = [(0.0, next(order), start, [])]
    while coming:
        cost, _, at, path = heapq.heappop(coming)
        if at in found:
            continue
        found[at] = path
        if at == end:
            return path
        for other, link in around.get(at, ()):
            if other not in found:
                further = cost - log2(max(link.confidence, LEAST))
                heapq.heappush(coming, (further, next(order), other, [*path, link]))
    return []
