"""Columns that grow, and sorted keys that take new ones at once."""

from itertools import chain
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

FIRST_ROOM = 1_024
LOOSE_MOST = 8_192
"""Entries that stand outside of the sorted runs before they become one themselves."""

IN_ORDER = 256
"""From so many on keys are sorted before they are looked up."""

HALF, LOW = np.uint64(32), np.uint64(0xFFFF_FFFF)

Hashes = NDArray[np.uint64]
Rows = NDArray[np.int64]
Key = TypeVar("Key", np.uint32, np.uint64)


class Grown:
    """A numpy column that grows at its end."""

    def __init__(self, dtype: type[np.generic]) -> None:
        self._room: NDArray[Any] = np.empty(FIRST_ROOM, dtype)
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


class GrownTable:
    """Numpy columns of one type that grow together; `values` has a row for each column."""

    def __init__(self, columns: int, dtype: type[np.generic]) -> None:
        self._room: NDArray[Any] = np.empty((columns, FIRST_ROOM), dtype)
        self.count = 0

    @property
    def values(self) -> NDArray[Any]:
        """The values so far; a view, valid until the next `extend`."""
        return self._room[:, : self.count]

    def extend(self, values: NDArray[Any]) -> None:
        """Append values, shape (columns, more)."""
        end = self.count + values.shape[1]
        if end > self._room.shape[1]:
            room = np.empty((len(self._room), max(end, 2 * self._room.shape[1])), self._room.dtype)
            room[:, : self.count] = self.values
            self._room = room
        self._room[:, self.count : end] = values
        self.count = end


class Places:
    """64-bit hash → number, for hashes of which each stands for one thing; 12 bytes each once they are sorted.

    Sorted runs that are merged when they grow alike (a log-structured index), and a dictionary for the newest.
    """

    def __init__(self) -> None:
        self._runs: list[tuple[Hashes, NDArray[np.int32]]] = []
        self._loose: dict[int, int] = {}

    def find(self, hashes: Hashes) -> Rows:
        """Return the number of each, -1 for one that is not there."""
        found = np.full(len(hashes), -1, np.int64)
        for keys, numbers in self._runs:
            at = places_in(keys, hashes)
            same = (keys.take(at, mode="clip") == hashes).nonzero()[0]
            if len(same):
                found[same] = numbers[at[same]]
        if self._loose:
            loose = self._loose
            for place in np.flatnonzero(found < 0).tolist():
                found[place] = loose.get(int(hashes[place]), -1)
        return found

    def add(self, hashes: Hashes, numbers: Rows) -> None:
        """Add hashes that are not there, each once."""
        self._loose.update(zip(hashes.tolist(), numbers.tolist(), strict=True))
        if len(self._loose) > LOOSE_MOST:
            self._sort_in()

    def compact(self) -> None:
        """Make one run of all: worth it after many were added, and before many are looked up."""
        if self._loose or len(self._runs) > 1:
            self._sort_in(everything=True)

    def _sort_in(self, *, everything: bool = False) -> None:
        keys = np.fromiter(self._loose, np.uint64, len(self._loose))
        found = np.fromiter(self._loose.values(), np.int32, len(self._loose))
        self._loose = {}
        while self._runs and (everything or len(self._runs[-1][0]) <= 2 * len(keys)):
            before = self._runs.pop()
            keys, found = np.concatenate((before[0], keys)), np.concatenate((before[1], found))
        order = np.argsort(keys)
        self._runs.append((keys[order], found[order]))


class Run(NamedTuple):
    """Sorted distinct keys (32 bits), and their rows. starts: where the rows of each key begin, and the end."""

    keys: NDArray[np.uint32]
    starts: NDArray[np.uint32]
    rows: NDArray[np.int32]

    def entries(self) -> Hashes:
        """Return each row with its key in the high half."""
        counts = np.diff(self.starts)
        return (np.repeat(self.keys, counts).astype(np.uint64) << HALF) | self.rows.astype(np.uint64)


class Groups:
    """32-bit key → the rows that have it; at most 12 bytes an entry once they are sorted. Built as `Places` is.

    Two texts may share a key by chance: who asks for the rows of a key gets some that do not have it.
    """

    def __init__(self) -> None:
        self._runs: list[Run] = []
        self._loose: dict[int, list[int]] = {}
        self._loose_count = 0

    def add(self, keys: Hashes, rows: Rows) -> None:
        """Add entries. keys: below 2^32."""
        if len(keys) > LOOSE_MOST:
            self._sort_in((keys << HALF) | rows.astype(np.uint64))
            return
        loose = self._loose
        for key, row in zip(keys.tolist(), rows.tolist(), strict=True):
            there = loose.get(key)
            if there is None:
                loose[key] = [row]
            else:
                there.append(row)
        self._loose_count += len(keys)
        if self._loose_count > LOOSE_MOST:
            self._sort_in(self._no_longer_loose())

    def compact(self) -> None:
        """Make one run of all (see `Places.compact`)."""
        self._sort_in(self._no_longer_loose(), everything=True)

    def _no_longer_loose(self) -> Hashes:
        counts = [len(each) for each in self._loose.values()]
        every = np.repeat(np.fromiter(self._loose, np.uint64, len(counts)), counts)
        flat = (row for each in self._loose.values() for row in each)
        entries = (every << HALF) | np.fromiter(flat, np.uint64, self._loose_count)
        self._loose, self._loose_count = {}, 0
        return entries

    def _sort_in(self, entries: Hashes, *, everything: bool = False) -> None:
        while self._runs and (everything or len(self._runs[-1].rows) <= 2 * len(entries)):
            entries = np.concatenate((self._runs.pop().entries(), entries))
        if not len(entries):
            return
        entries.sort()
        keys = (entries >> HALF).astype(np.uint32)
        first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
        starts = np.append(first, len(keys)).astype(np.uint32)
        self._runs.append(Run(keys[first], starts, (entries & LOW).astype(np.int32)))

    def sizes(self, keys: Hashes) -> "Sizes":
        """Return how many rows there are of each key, and where."""
        spans: list[tuple[Rows, Rows]] = []
        total = np.zeros(len(keys), np.int64)
        wanted = keys.astype(np.uint32)
        for run in self._runs:
            at = np.minimum(places_in(run.keys, wanted), len(run.keys) - 1)
            begin = run.starts[at].astype(np.int64)
            count = np.where(run.keys[at] == wanted, run.starts[at + 1] - begin, 0)
            spans.append((begin, count))
            total += count
        if self._loose:
            loose = self._loose
            total += np.fromiter((len(loose.get(key, ())) for key in keys.tolist()), np.int64, len(keys))
        return Sizes(total, spans)

    def rows(self, keys: Hashes, sizes: "Sizes", wanted: Rows) -> tuple[Rows, Rows]:
        """Return the rows of the keys at the wanted places, and for each row the place of its key."""
        found: list[Rows] = []
        owners: list[Rows] = []
        for run, (begin, count) in zip(self._runs, sizes.spans, strict=True):
            many = count[wanted]
            ends = many.cumsum()
            if not len(ends) or not ends[-1]:
                continue
            within = np.arange(int(ends[-1])) - np.repeat(ends - many, many)
            found.append(run.rows[np.repeat(begin[wanted], many) + within].astype(np.int64))
            owners.append(np.repeat(wanted, many))
        if self._loose:
            there = [self._loose.get(key, ()) for key in keys[wanted].tolist()]
            owners.append(np.repeat(wanted, [len(each) for each in there]))
            found.append(np.fromiter(chain.from_iterable(there), np.int64, len(owners[-1])))
        if not found:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        return np.concatenate(found), np.concatenate(owners)


def places_in(run: NDArray[Key], wanted: NDArray[Key]) -> Rows:
    """Return where keys stand in a sorted run. Many are looked up in their order, which goes through memory once."""
    if len(wanted) < IN_ORDER:
        return run.searchsorted(wanted)
    order = wanted.argsort()
    found = np.empty(len(wanted), np.int64)
    found[order] = run.searchsorted(wanted[order])
    return found


class Sizes(NamedTuple):
    """How many rows keys have. spans: for each sorted run where they begin in it and how many they are."""

    total: Rows
    spans: list[tuple[Rows, Rows]]
