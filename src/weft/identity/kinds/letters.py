"""How many letters two texts can have in common at the most: tells most unlike texts apart without comparing them.

Texts are compared as bags of letters, of which each text has its counts. What two bags share bounds the Jaro-Winkler
similarity (Winkler 1990: a third of the shares of letters that match, and up to .4 of the rest for a common
beginning) from above and the edit distance from below.
"""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from weft.identity.kinds.steps import raw

Places = NDArray[np.int32]

BAGS = 32
"""Letters are put together by the last five bits of their bytes: a to z stay apart."""
LONGEST_BYTES = 63
"""Longer texts are never said to be unlike: so eight counts, and then their sum, fit into 64 bits."""
AT_ONCE = 32_768
PREFIX_GAIN = 0.4
ROUNDING = 1e-5


class Letters:
    """The letters of distinct texts, none of them missing or empty."""

    def __init__(self, values: pa.StringArray) -> None:
        _, offsets, data = raw(values)
        sizes = np.diff(offsets)
        self._counts = np.empty((len(values), BAGS), np.uint8)
        for start in range(0, len(values), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            bytes_ = data[offsets[start] : offsets[min(start + AT_ONCE, len(values))]]
            rows = len(self._counts[part])
            bag = np.repeat(np.arange(rows, dtype=np.int32) * BAGS, sizes[part])
            bag += bytes_ & (BAGS - 1)
            self._counts[part] = np.bincount(bag, minlength=rows * BAGS).reshape(rows, BAGS)
        chars = pc.utf8_length(values).to_numpy(zero_copy_only=False)
        self._chars = np.where(sizes > LONGEST_BYTES, 0, chars).astype(np.float32)
        self._first = data[offsets[:-1]] if len(values) else np.empty(0, np.uint8)

    def maybe_like(self, left: Places, right: Places, cutoff: float) -> NDArray[np.intp]:
        """Return where the Jaro-Winkler similarity of two texts may reach the cutoff."""
        one, other, shared = self._shared(left, right)
        with np.errstate(divide="ignore", invalid="ignore"):
            most = (shared / one + shared / other + 1) / 3
        most += np.where(self._first[left] == self._first[right], PREFIX_GAIN * (1 - most), 0)
        return np.flatnonzero(~(most < cutoff - ROUNDING))

    def maybe_near(self, left: Places, right: Places, most: int) -> NDArray[np.intp]:
        """Return where no more than so many edits may make one text of the other."""
        one, other, shared = self._shared(left, right)
        return np.flatnonzero((np.maximum(one, other) - shared <= most) | (one == 0) | (other == 0))

    def _shared(
        self, left: Places, right: Places
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Return the lengths (0: too long to tell) and how many letters match at the most."""
        both = np.minimum(self._counts[left], self._counts[right]).view(np.uint64)
        total = both[:, 0] + both[:, 1] + both[:, 2] + both[:, 3]
        total = (total * np.uint64(0x0101010101010101)) >> np.uint64(56)
        one, other = self._chars[left], self._chars[right]
        return one, other, np.minimum(total.astype(np.float32), np.minimum(one, other))
