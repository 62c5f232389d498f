"""Solving one component again: average linkage over what every pair of its members says.

Clusters are merged best first while the mean log-odds between their members is above zero, so a chain of
lucky pairs does not tie people together whose other records speak against it (correlation clustering; Bansal,
Blum, Chawla 2004, by its usual greedy agglomeration).
"""

import heapq
from collections.abc import Mapping

UNKNOWN_BITS = -4.0
LEAST_BITS = -4.0
MOST_BITS = 10.0
"""Odds are cut to these: no pair outvotes all others, and two records that each got something else wrong do not speak
against a third that agrees with both as loudly as it speaks for them."""


def agglomerate(size: int, bits: Mapping[tuple[int, int], float], least: float = 0.0) -> list[int]:
    """Return a cluster number for each of `size` members.

    bits: log2-odds of pairs (lower, higher); pairs that are not there count as UNKNOWN_BITS.
    least: the mean from which clusters are merged.
    """
    sums: list[dict[int, float]] = [{} for _ in range(size)]
    for (low, high), value in bits.items():
        cut = max(LEAST_BITS, min(MOST_BITS, value)) - UNKNOWN_BITS
        sums[low][high] = sums[high][low] = cut
    weight = [1] * size
    owner = list(range(size))
    heap = [
        (-(cut + UNKNOWN_BITS), low, high, 1, 1)
        for low in range(size)
        for high, cut in sums[low].items()
        if low < high
    ]
    heapq.heapify(heap)
    while heap and -heap[0][0] > least:
        _, low, high, one, other = heapq.heappop(heap)
        if owner[low] != low or owner[high] != high or weight[low] != one or weight[high] != other:
            continue
        _merge(low, high, sums, weight, owner)
        for near, total in sums[low].items():
            mean = total / (weight[low] * weight[near]) + UNKNOWN_BITS
            if mean > least:
                first, last = min(low, near), max(low, near)
                heapq.heappush(heap, (-mean, first, last, weight[first], weight[last]))
    return [_root(owner, one) for one in range(size)]


def _merge(low: int, high: int, sums: list[dict[int, float]], weight: list[int], owner: list[int]) -> None:
    owner[high] = low
    weight[low] += weight[high]
    for near, total in sums[high].items():
        del sums[near][high]
        if near != low:
            sums[low][near] = sums[near][low] = sums[low].get(near, 0.0) + total
    sums[high] = {}


def _root(owner: list[int], one: int) -> int:
    while owner[one] != one:
        one = owner[one]
    return one
