"""The worst mistakes: the surest wrong pairs that were put together, and the surest right ones that were not."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int32]


def worst(
    left: Numbers, right: Numbers, bits: NDArray[np.float32], found: Numbers, truth: Numbers, most: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return places of pairs: merged wrongly, and kept apart wrongly; the surest first, `most` of each.

    found, truth: by record; a truth of -1 is not known and not counted.
    """
    known = (truth[left] >= 0) & (truth[right] >= 0)
    together = found[left] == found[right]
    same = truth[left] == truth[right]
    merged = np.flatnonzero(known & together & ~same)
    apart = np.flatnonzero(known & ~together & same)
    return merged[np.argsort(-bits[merged])][:most], apart[np.argsort(-bits[apart])][:most]
