"""One-to-one linking of sources that hold nobody twice."""

import numpy as np
from numpy.typing import NDArray


def mutual_best(
    nodes: int, left: NDArray[np.int32], right: NDArray[np.int32], bits: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Return which pairs a greedy assignment, strongest first, keeps; each node is in at most one of them.

    Done in rounds: a pair that is the best of both its nodes is what the greedy would take, whatever the rest.
    """
    kept = np.zeros(len(left), np.bool_)
    order = np.lexsort((right, left, -bits)).astype(np.int64)
    free = np.ones(nodes, np.bool_)
    while len(order):
        order = order[free[left[order]] & free[right[order]]]
        first = np.full(nodes, len(order), np.int64)
        places = np.arange(len(order))
        np.minimum.at(first, left[order], places)
        np.minimum.at(first, right[order], places)
        best = order[(first[left[order]] == places) & (first[right[order]] == places)]
        kept[best] = True
        free[left[best]] = False
        free[right[best]] = False
    return kept
