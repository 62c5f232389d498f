"""Connected components of a large graph, in whole-array steps."""

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


def members_by_label(labels: Numbers, least: int) -> list[NDArray[np.int32]]:
    """Return the members of each component of at least `least` nodes."""
    sizes = np.bincount(labels, minlength=len(labels))
    within = np.flatnonzero(sizes[labels] >= least).astype(np.int32)
    within = within[np.argsort(labels[within], kind="stable")]
    starts = np.cumsum(sizes[sizes >= least])[:-1]
    return np.split(within, starts) if len(within) else []
