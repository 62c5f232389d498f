"""Which 128-bit keys are surely new: an exact negative answer without reading the warehouse."""

import numpy as np
from numpy.typing import NDArray

from weft.identity.live.grown import places_in

Prefixes = NDArray[np.uint64]

RUNS_MAX = 12


class SeenKeys:
    """The first 64 bits of every key, in sorted runs that are merged when they grow alike (a log-structured set).

    `maybe` has no false negatives; a false positive (about n / 2^64 a key) only costs a look into the warehouse.
    8 bytes a key: 160 MB for 20 million.
    """

    def __init__(self) -> None:
        self._runs: list[Prefixes] = []

    def __len__(self) -> int:
        return sum(len(run) for run in self._runs)

    def maybe(self, prefixes: Prefixes) -> NDArray[np.bool_]:
        """Say for each prefix whether it may have been added before."""
        found = np.zeros(len(prefixes), dtype=np.bool_)
        for run in self._runs:
            at = places_in(run, prefixes)
            at[at == len(run)] = len(run) - 1
            found |= run[at] == prefixes
        return found

    def add(self, prefixes: Prefixes) -> None:
        """Remember these prefixes."""
        if not len(prefixes):
            return
        self._runs.append(np.sort(prefixes))
        while len(self._runs) > 1 and (
            len(self._runs[-1]) * 2 >= len(self._runs[-2]) or len(self._runs) > RUNS_MAX
        ):
            last = self._runs.pop()
            self._runs[-1] = np.sort(np.concatenate((self._runs[-1], last)), kind="stable")
