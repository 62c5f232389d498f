"""From scored pairs to people: union-find where nothing conflicts, a re-solve of the component where something does."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from weft.identity.clustering.agglomerate import agglomerate
from weft.identity.clustering.components import Numbers, components, members_by_label

WHOLE = 60
"""Up to this many members every pair of a component is looked at, above it only the pairs that were scored."""

Score = Callable[[Numbers, Numbers], NDArray[np.float32]]


def solve(
    nodes: int, left: Numbers, right: Numbers, bits: NDArray[np.float32], score: Score, least: float = 0.0
) -> Numbers:
    """Return a person's number for each node. bits: log2-odds of the pairs; score: gives those of further pairs."""
    strong = bits > least
    labels = components(nodes, left[strong], right[strong])
    groups = members_by_label(labels, 3)
    if not groups:
        return labels
    small = [one for one in groups if len(one) <= WHOLE]
    for group, pairs in _whole(small, score):
        if min(pairs.values()) <= least:
            _write(labels, group, agglomerate(len(group), pairs, least))
    for group in groups:
        if len(group) > WHOLE:
            _write(labels, group, agglomerate(len(group), _inner(nodes, group, left, right, bits), least))
    return labels


def _whole(groups: list[Numbers], score: Score):
    """Give each group with the bits of all its pairs. Groups of one size are scored together."""
    by_size: dict[int, list[Numbers]] = {}
    for group in groups:
        by_size.setdefault(len(group), []).append(group)
    for size, same in by_size.items():
        low, high = np.triu_indices(size, 1)
        members = np.stack(same)
        bits = score(members[:, low].ravel(), members[:, high].ravel()).reshape(len(same), -1)
        bad = np.flatnonzero(bits.min(axis=1) <= 0)
        keys = list(zip(low.tolist(), high.tolist(), strict=True))
        for place in bad:
            yield same[place], dict(zip(keys, bits[place].tolist(), strict=True))


def _inner(
    nodes: int, group: Numbers, left: Numbers, right: Numbers, bits: NDArray[np.float32]
) -> dict[tuple[int, int], float]:
    place = np.full(nodes, -1, np.int32)
    place[group] = np.arange(len(group))
    inside = np.flatnonzero((place[left] >= 0) & (place[right] >= 0))
    low = np.minimum(place[left[inside]], place[right[inside]]).tolist()
    high = np.maximum(place[left[inside]], place[right[inside]]).tolist()
    return dict(zip(zip(low, high, strict=True), bits[inside].tolist(), strict=True))


def _write(labels: Numbers, group: Numbers, owners: list[int]) -> None:
    labels[group] = group[np.asarray(owners)]
