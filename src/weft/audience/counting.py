"""Counting the members of a rule, given as one truth value a profile. Pure; all columns have one row a profile."""

import math
from collections.abc import Callable, Mapping
from functools import reduce
from operator import and_, or_

import numpy as np
from numpy.typing import NDArray

from weft.model.audience import AllRule, AnyRule, Leaf, MemberRule, NotRule, Rule, parts
from weft.model.audience_preview import Bar, Clause, Overlap
from weft.model.measure import Condition, Operator

Flags = NDArray[np.bool_]
Numbers = NDArray[np.float64]

INSIDE_OTHER = ".audience"
"""In the path of what another audience says."""
BARS = 20
"""Most bars of a breakdown."""


def holding(rule: Rule, of_leaf: Callable[[Leaf], Flags]) -> Flags:
    """Return for whom a rule holds, given for whom each of its conditions does."""
    match rule:
        case AllRule(rules=rules):
            return reduce(and_, (holding(inner, of_leaf) for inner in rules))
        case AnyRule(rules=rules):
            return reduce(or_, (holding(inner, of_leaf) for inner in rules))
        case NotRule(rule=inner):
            return ~holding(inner, of_leaf)
        case MemberRule(rule=inner):
            return holding(inner, of_leaf)
        case _:
            return of_leaf(rule)


def clause_sizes(rule: Rule, of_leaf: Callable[[Leaf], Flags], living: Flags) -> tuple[Clause, ...]:
    """Return how many living profiles each part of the rule holds for; another audience is not taken apart."""
    return tuple(
        Clause(part.path, int(np.count_nonzero(holding(part.rule, of_leaf) & living)))
        for part in parts(rule)
        if INSIDE_OTHER not in part.path
    )


def overlap(name: str, members: Flags, others: Flags) -> Overlap:
    """Return how members lie to those of an audience."""
    size, both = int(np.count_nonzero(others)), int(np.count_nonzero(members & others))
    either = int(np.count_nonzero(members)) + size - both
    return Overlap(name, size, both, both / either if either else 0.0)


def frequent(counts: Mapping[str, int]) -> tuple[tuple[Bar, ...], int]:
    """Return the bars of the most frequent values, equally frequent ones in their order, and how many have others."""
    order = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    bars = tuple(Bar(value, count) for value, count in order[:BARS] if count)
    return bars, sum(counts.values()) - sum(bar.count for bar in bars)


def buckets(numbers: Numbers) -> tuple[Bar, ...]:
    """Return bars of numbers (none of them NaN): one a value while there are few, else equally wide ones.

    Wide ones reach from the 1st to the 99th percentile; the first and the last take in what lies beyond.
    """
    if not len(numbers):
        return ()
    values, counts = np.unique(numbers, return_counts=True)
    if len(values) <= BARS:
        return tuple(Bar(float(value), int(count)) for value, count in zip(values, counts, strict=True))
    low, high = np.percentile(numbers, [1, 99])
    if low == high:
        low, high = values[0], values[-1]
    edges = np.linspace(low, high, BARS + 1)
    if np.array_equal(values, np.floor(values)):
        edges = np.floor(low) + np.ceil((high - low) / BARS) * np.arange(BARS + 1)
        edges = edges[: np.searchsorted(edges, high) + 1]
    edges[0], edges[-1] = values[0], max(values[-1], edges[-1])
    counts, edges = np.histogram(numbers, edges)
    bars = zip(edges[:-1], counts, edges[1:], strict=True)
    return tuple(Bar(float(first), int(count), float(upto)) for first, count, upto in bars)


def threshold(numbers: Numbers, condition: Condition) -> float | None:
    """Return the number at or beyond which the share lies that a condition names in percent; None without numbers.

    Of n people who have a number (NaN and infinity are none), p percent are the first ceil(n × p / 100) and their
    equals.
    """
    ranked = np.sort(numbers[np.isfinite(numbers)])
    (percent,) = condition.operands
    assert isinstance(percent, int | float)
    within = math.ceil(len(ranked) * percent / 100)
    if not within:
        return None
    return float(ranked[-within if condition.operator is Operator.TOP_PERCENT else within - 1])


def spread(places: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return at most so many of the places, evenly spread."""
    if len(places) <= most:
        return places
    return places[np.linspace(0, len(places) - 1, most).astype(np.int64)]
