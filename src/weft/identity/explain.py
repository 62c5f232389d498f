"""The way from one identifier to another over links, and evidence in words. Pure."""

import heapq
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
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


def reason_of(
    kind: str, left: Identifier, right: Identifier, at_us: int, devices: Collection[str], by: str = ""
) -> str:
    """Return evidence in a sentence. at_us: when it was seen; devices: namespaces of devices; by: who said it."""
    when = _when(at_us)
    if kind == "login":
        device, owner = (left, right) if left.namespace in devices else (right, left)
        return f"Logged in on {device.namespace} {device.value} on {when} as {_name(owner)}."
    match kind:
        case "same_event":
            return f"{_name(left)} and {_name(right)} came on one event on {when}."
        case "alias":
            return f"An alias event on {when} said that {_name(left)} is {_name(right)}."
        case "steward":
            return f"{by or 'A steward'} said on {when} that they are one person."
        case "apart":
            return f"{by or 'A steward'} said on {when} that they are not one person."
        case _:
            return f"What is told of {_name(left)} and {_name(right)} was compared on {when}."


def browsing_reason(device: Identifier, owner: Identifier, log_in_us: int, at_us: int) -> str:
    """Return why what a device did at `at_us` is its owner's: she had logged in on it, or did so soon after."""
    when = _when(log_in_us)
    if log_in_us <= at_us:
        return f"Logged in on this device ({device.value}) on {when} as {_name(owner)}."
    return f"Nobody was logged in on this device ({device.value}) then; next, on {when}, {_name(owner)} was."


def _name(identifier: Identifier) -> str:
    return f"{identifier.namespace}:{identifier.value}"


def _when(at_us: int) -> str:
    at = datetime.fromtimestamp(at_us / 1_000_000, UTC)
    return f"{at.day} {at:%B %Y %H:%M} UTC"
