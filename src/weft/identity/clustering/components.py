"""Connected components of a large graph, in whole-array steps."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int32]


def components(nodes: int, left: Numbers, right: Numbers) -> Numbers:
    """Return for each node the lowest node of its component, given edges as two columns of nodes.

    Each round hangs the higher root of every edge below the lower one and then shortens all paths; rounds
    grow with the logarithm of the longest path.
    """
    labels = np.arange(nodes, dtype=np.int32)
    one, other = left, right
    while len(one):
        above, below = labels[one], labels[other]
        open_ = above != below
        one, other = one[open_], other[open_]
        low, high = np.minimum(above[open_], below[open_]), np.maximum(above[open_], below[open_])
        np.minimum.at(labels, high, low)
        while True:
            shorter = labels[labels]
            if np.array_equal(shorter, labels):
                break
            labels = shorter
    return labels


def members_by_size(labels: Numbers, least: int) -> Iterator[tuple[int, Numbers]]:
    """Give the components of at least `least` nodes by their size: the size, and the members, one row each."""
    sizes = np.bincount(labels, minlength=len(labels))[labels]
    within = np.flatnonzero(sizes >= least).astype(np.int32)
    within = within[np.lexsort((labels[within], sizes[within]))]
    ends = np.flatnonzero(np.diff(sizes[within], append=0)) + 1
    start = 0
    for end in ends.tolist():
        size = int(sizes[within[start]])
        yield size, within[start:end].reshape(-1, size)
        start = end
