"""From scored pairs to people: union-find where nothing conflicts, a re-solve of the component where something does."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from weft.identity.clustering.agglomerate import LEAST_BITS, MOST_BITS, agglomerate
from weft.identity.clustering.components import Numbers, components, members_by_size

WHOLE = 60
"""Up to this many members every pair of a component is looked at, above it only the pairs that were scored."""
SCORED_AT_ONCE = 500_000

Bits = NDArray[np.float32]
Score = Callable[[Numbers, Numbers], Bits]


def people_of(
    nodes: int, left: Numbers, right: Numbers, bits: Bits, score: Score, least: float = 0.0
) -> Numbers:
    """Return a person's number for each node.

    bits: log2-odds of the pairs. score: gives those of further pairs. least: the bits from which two records
    are one person.
    """
    strong = bits > least
    labels = components(nodes, left[strong], right[strong])
    for size, groups in members_by_size(labels, 3):
        if size > WHOLE:
            for group in groups:
                owners = agglomerate(size, _inner(nodes, group, left, right, bits), least)
                labels[group] = group[np.asarray(owners)]
            continue
        step = max(1, SCORED_AT_ONCE // (size * (size - 1) // 2))
        for start in range(0, len(groups), step):
            _solve_alike(labels, groups[start : start + step], score, least)
    return labels


def _solve_alike(labels: Numbers, groups: Numbers, score: Score, least: float) -> None:
    """Solve components of one size, in which some pair speaks against being one person. groups: one per row."""
    size = groups.shape[1]
    low, high = np.triu_indices(size, 1)
    bits = score(groups[:, low].ravel(), groups[:, high].ravel()).reshape(len(groups), -1)
    bad = np.flatnonzero(bits.min(axis=1) <= least)
    groups, bits = groups[bad], bits[bad]
    if size == 3:
        labels[groups] = np.take_along_axis(groups, _three(bits, least), axis=1)
        return
    keys = list(zip(low.tolist(), high.tolist(), strict=True))
    for group, own in zip(groups, bits.tolist(), strict=True):
        labels[group] = group[np.asarray(agglomerate(size, dict(zip(keys, own, strict=True)), least))]


def _three(bits: Bits, least: float) -> NDArray[np.int64]:
    """Return what `agglomerate` does with three members each: the surest pair, and the third if both say so.

    bits: a row per component: those of the pairs 0-1, 0-2, 1-2.
    """
    cut = np.clip(bits, LEAST_BITS, MOST_BITS)
    best = cut.argmax(axis=1)
    owners = np.array([[0, 0, 2], [0, 1, 0], [0, 1, 1]])[best]
    rest = (cut.sum(axis=1) - cut.max(axis=1)) / 2
    owners[rest > least] = 0
    return owners


def _inner(
    nodes: int, group: Numbers, left: Numbers, right: Numbers, bits: Bits
) -> dict[tuple[int, int], float]:
    place = np.full(nodes, -1, np.int32)
    place[group] = np.arange(len(group))
    inside = np.flatnonzero((place[left] >= 0) & (place[right] >= 0))
    low = np.minimum(place[left[inside]], place[right[inside]]).tolist()
    high = np.maximum(place[left[inside]], place[right[inside]]).tolist()
    return dict(zip(zip(low, high, strict=True), bits[inside].tolist(), strict=True))
