"""Records as columns of codes: each field keeps its distinct values once and an integer a record."""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

MISSING = -1

T = TypeVar("T")
R = TypeVar("R")

Codes = NDArray[np.int32]
Levels = NDArray[np.uint8]
Keys = NDArray[np.uint64]
Bits = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of all records. codes: a record's place in `values`, -1 where it says nothing."""

    name: str
    kind: str
    codes: Codes
    values: pa.StringArray


@dataclass(frozen=True, slots=True)
class Records:
    """Fields of equal length, and the source (file) that each record came from."""

    fields: tuple[Field, ...]
    sources: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.sources)

    def take(self, rows: NDArray[np.int64]) -> "Records":
        """Return the given records; the distinct values stay as they are."""
        fields = tuple(Field(one.name, one.kind, one.codes[rows], one.values) for one in self.fields)
        return Records(fields, self.sources[rows])


def text_of(one: Field, record: int) -> str | None:
    """Return what stands in a field of a record."""
    code = int(one.codes[record])
    return one.values[code].as_py() if code >= 0 else None


def encode(name: str, kind: str, values: pa.Array | pa.ChunkedArray) -> Field:
    """Return a field from one (normalised) text a record."""
    return recode(name, kind, *distinct(values))


def distinct(values: pa.Array | pa.ChunkedArray) -> tuple[Codes, pa.StringArray]:
    """Return codes and distinct values of a column; a null has the code -1."""
    whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if not pa.types.is_dictionary(whole.type):
        whole = pc.dictionary_encode(whole)
    codes = pc.fill_null(whole.indices.cast(pa.int32()), MISSING).to_numpy(zero_copy_only=False)
    return codes.astype(np.int32, copy=False), whole.dictionary


def recode(name: str, kind: str, codes: Codes, values: pa.StringArray) -> Field:
    """Return a field whose values may repeat or be null, with each value once. values: one per code."""
    inner, unique = distinct(values)
    return Field(name, kind, through(inner, codes), unique)


def through(table: Codes, codes: Codes) -> Codes:
    """Look codes up in a table of codes; what is missing stays missing."""
    if not len(table):
        return np.full(len(codes), MISSING, np.int32)
    found = table[codes]
    return np.where(codes < 0, np.int32(MISSING), found).astype(np.int32, copy=False)


def pack(left: Codes, right: Codes) -> Keys:
    """Put two non-negative codes into one key that no other two share."""
    return (left.astype(np.uint64) << np.uint64(32)) | right.astype(np.uint64)


def unpack(keys: Keys) -> tuple[Codes, Codes]:
    """Undo `pack`."""
    return (keys >> np.uint64(32)).astype(np.int32), (keys & np.uint64(0xFFFFFFFF)).astype(np.int32)


def sorted_unique(keys: Keys) -> Keys:
    """Sort in place and drop repeats. (numpy's unique hashes such keys, which is fifty times slower.)"""
    keys.sort()
    if not len(keys):
        return keys
    return keys[np.concatenate(([True], keys[1:] != keys[:-1]))]


def combined(columns: Sequence[Codes]) -> Codes:
    """Return one code per distinct row of several columns of codes (-1 counts as a value).

    Rows are told apart by a hash of 64 bits; among a million rows two that differ meet with a chance of 3e-8.
    """
    total = np.zeros(len(columns[0]), np.uint64)
    for one in columns:
        total ^= one.astype(np.uint64)
        total *= np.uint64(0x9E3779B97F4A7C15)
        total ^= total >> np.uint64(29)
    return pc.dictionary_encode(pa.array(total)).indices.to_numpy()


def side_by_side(function: Callable[[T], R], tasks: Iterable[T]) -> list[R]:
    """Do tasks in as many threads as there are cores; the results stand in the order of the tasks.

    Threads gain where numpy, Arrow or rapidfuzz do the work, which let others run. How work is cut into tasks must
    not depend on the cores, so that nothing else does.
    """
    with ThreadPoolExecutor(_cores()) as pool:
        return list(pool.map(function, tasks))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
