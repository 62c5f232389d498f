"""Row numbers of 128-bit keys, in memory: what a tick would otherwise scan the warehouse for."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
"""Shape (n, 2): the high and the low half of each key."""
Rows = NDArray[np.int64]

RUNS_MAX = 12
FIRST_ROOM = 1_024


class Grown:
    """A numpy column that grows at its end."""

    def __init__(self, dtype: type[np.generic]) -> None:
        self._room = np.empty(FIRST_ROOM, dtype)
        self.count = 0

    @property
    def values(self) -> NDArray[Any]:
        """The values so far; a view, valid until the next `extend`."""
        return self._room[: self.count]

    def extend(self, values: NDArray[Any]) -> None:
        """Append values."""
        end = self.count + len(values)
        if end > len(self._room):
            room = np.empty(max(end, 2 * len(self._room)), self._room.dtype)
            room[: self.count] = self.values
            self._room = room
        self._room[self.count : end] = values
        self.count = end


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
            at = np.searchsorted(halves, keys[:, 0])
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
