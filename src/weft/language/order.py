"""Definitions that refer to each other: in which order they are read, and where they turn in a circle."""

from collections import deque
from collections.abc import Iterable, Mapping

import msgspec

SHOWN_NAMES = 12


class Order(msgspec.Struct, frozen=True):
    """names: each after those that it refers to. cycles: name → the cycle it stands in, first and last the same."""

    names: tuple[str, ...]
    cycles: Mapping[str, tuple[str, ...]]


def order(references: Mapping[str, Iterable[str]]) -> Order:
    """Put names into an order in which each follows those that it refers to; names that are not keys do not count.

    Names in a cycle stand in no order; those that refer to one do.
    """
    wanted = {name: {other for other in others if other in references} for name, others in references.items()}
    namers: dict[str, list[str]] = {name: [] for name in references}
    for name, others in wanted.items():
        for other in others:
            namers[other].append(name)
    ready = deque(name for name, others in wanted.items() if not others)
    left = {name: len(others) for name, others in wanted.items() if others}
    names: list[str] = []
    cycles: dict[str, tuple[str, ...]] = {}
    while ready or left:
        if not ready:
            cycle = _cycle(left, wanted)
            for name in cycle:
                del left[name]
            cycles |= {name: (*cycle[at:], *cycle[:at], name) for at, name in enumerate(cycle)}
            done = cycle
        else:
            done = [ready.popleft()]
            names += done
        for name in done:
            for namer in namers[name]:
                if namer in left:
                    left[namer] -= 1
                    if not left[namer]:
                        del left[namer]
                        ready.append(namer)
    return Order(tuple(names), cycles)


def shown(cycle: tuple[str, ...]) -> str:
    """Return `a -> b -> a`."""
    if len(cycle) > SHOWN_NAMES:
        cycle = (*cycle[: SHOWN_NAMES - 2], f"… {len(cycle) - SHOWN_NAMES + 1} more …", cycle[-1])
    return " -> ".join(cycle)


def _cycle(left: Mapping[str, int], wanted: Mapping[str, Iterable[str]]) -> list[str]:
    """Return a cycle among names all of which refer to at least one of themselves."""
    name = min(left)
    seen: dict[str, int] = {}
    while name not in seen:
        seen[name] = len(seen)
        name = min(other for other in wanted[name] if other in left)
    return list(seen)[seen[name] :]
