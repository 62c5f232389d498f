"""Row numbers of 128-bit keys, in memory: what a tick would otherwise scan the warehouse for."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from weft.identity.live.grown import Grown, places_in

Keys = NDArray[np.uint64]
"""Shape (n, 2): the high and the low half of each key."""
Rows = NDArray[np.int64]

RUNS_MAX = 12


class KeyIndex:
    """Finds the row of a key, of keys whose high halves are as good as random (hashes). Exact: both are compared.

    The high halves stand in sorted runs that are merged when they grow alike (a log-structured index); 28 bytes a key.
    """

    def __init__(self) -> None:
        self._high, self._low = Grown(np.uint64), Grown(np.uint64)
        self._runs: list[tuple[NDArray[np.uint64], NDArray[np.int32]]] = []

    def __len__(self) -> int:
        return self._high.count

    def find(self, keys: Keys) -> Rows:
        """Return the row of each key, -1 where it was never added."""
        found = np.full(len(keys), -1, np.int64)
        low = self._low.values
        for halves, rows in self._runs:
            at = places_in(halves, keys[:, 0])
            for place in (at, at + 1):  # two keys of a run may share their high half
                inside = np.minimum(place, len(halves) - 1)
                row = rows[inside]
                same = (halves[inside] == keys[:, 0]) & (low[row] == keys[:, 1])
                found[same] = row[same]
        return found

    def add(self, keys: Keys) -> Rows:
        """Give rows to keys that are new and distinct."""
        first = len(self)
        rows = np.arange(first, first + len(keys), dtype=np.int64)
        if not len(keys):
            return rows
        self._high.extend(keys[:, 0])
        self._low.extend(keys[:, 1])
        self._add_run(rows.astype(np.int32))
        while len(self._runs) > 1 and (
            len(self._runs[-1][1]) * 2 >= len(self._runs[-2][1]) or len(self._runs) > RUNS_MAX
        ):
            last, before = self._runs.pop(), self._runs.pop()
            self._add_run(np.concatenate((before[1], last[1])))
        return rows

    def keys(self, rows: Rows) -> Keys:
        """Return the keys of rows."""
        return np.stack((self._high.values[rows], self._low.values[rows]), axis=1)

    def _add_run(self, rows: NDArray[np.int32]) -> None:
        halves = self._high.values[rows]
        order = np.argsort(halves, kind="stable")
        self._runs.append((halves[order], rows[order]))


def key_bytes(keys: Keys) -> list[bytes]:
    """Return each key as its 16 bytes."""
    raw = np.ascontiguousarray(keys.astype(">u8")).view("V16").ravel()
    found: list[bytes] = raw.tolist()
    return found


def byte_keys(keys: Iterable[bytes]) -> Keys:
    """Return keys of 16 bytes as their halves."""
    return np.frombuffer(b"".join(keys), ">u8").reshape(-1, 2).astype(np.uint64)
