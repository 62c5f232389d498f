"""Columns of text and numbers, made in bulk: drawn, joined, spelt out, and written to files that are always alike."""

# pyarrow has no types.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from weft.clock import SECOND_US

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


_HEX = np.frombuffer(b"".join(b"%02x" % value for value in range(256)), np.uint8).reshape(256, 2)
_DASHES = (8, 12, 16, 20)


def pick(draw: np.random.Generator, shares: Sequence[float], size: int) -> Ints:
    """Draw so many indexes into shares, each as often as its share says (they need not add up to 1)."""
    edges = np.cumsum(shares) / sum(shares)
    return np.searchsorted(edges[:-1], draw.random(size), side="right").astype(np.int64)


def ranks(counts: Ints) -> Ints:
    """Return 0, 1, 2 … within each group, for groups of these sizes."""
    ends = np.cumsum(counts)
    return np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - counts, counts)


def joined(*parts: Any) -> pa.Array:
    """Join columns and plain text, row by row; a null anywhere makes a null."""
    texts = [part if isinstance(part, str) else pc.cast(pa.array(part), pa.string()) for part in parts]
    return pc.binary_join_element_wise(*texts, "")


def where(mask: Bools, one: Any, other: Any = None) -> pa.Array:
    """Return `one` where the mask holds, else `other` (null if not said); each a column or a value."""
    other = pa.scalar(None, pa.string()) if other is None else other
    return pc.if_else(pa.array(mask), one, other)


def take(values: Sequence[str], index: Ints) -> pa.Array:
    """Return a text for each index."""
    return pa.array(values, pa.string()).take(pa.array(index))


def choose(options: Sequence[pa.Array], which: Ints) -> pa.Array:
    """Return, row by row, the value of the column whose number stands in `which`."""
    return pc.choose(pa.array(which), *options)


def digits(numbers: Ints, width: int) -> pa.Array:
    """Return numbers as text with leading zeros."""
    return pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), width, "0")


def times(at_us: Ints) -> pa.Array:
    """Return microseconds since 1970 as UTC times."""
    return pa.array(at_us, pa.timestamp("us", "UTC"))


def iso(at_us: Ints, *, offset_seconds: int = 0, form: str = "%Y-%m-%dT%H:%M:%SZ") -> pa.Array:
    """Return times as text, to the second."""
    local = pa.array(at_us // SECOND_US + offset_seconds, pa.timestamp("s"))
    return pc.strftime(local, form)


def salt_of(mark: str) -> int:
    """Return a number for a mark, 0 for none: what happens on another day has other ids."""
    return int.from_bytes(hashlib.sha256(mark.encode()).digest()[:6]) if mark else 0


def uuids(*parts: Ints, salt: int) -> pa.Array:
    """Return texts in the form of a UUID that depend on these columns and the salt alone."""
    mixed = _mixed(parts, salt)
    words = np.stack([mixed, _mix(mixed + np.uint64(0x9E3779B97F4A7C15))], axis=1)
    text = _HEX[np.ascontiguousarray(words).view(np.uint8)].reshape(len(mixed), 32)
    text = np.insert(text, _DASHES, ord("-"), axis=1)
    text[:, 14], text[:, 19] = ord("4"), ord("a")
    return pa.array(np.ascontiguousarray(text).view("S36").ravel(), pa.binary()).cast(pa.string())


def chances(*parts: Ints, salt: int) -> Floats:
    """Return even chances from 0 to 1 that depend on these columns and the salt alone."""
    return (_mixed(parts, salt) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mixed(parts: Sequence[Ints], salt: int) -> NDArray[np.uint64]:
    mixed = np.full(len(parts[0]), _mix(np.uint64(salt) + np.uint64(0x9E37)), np.uint64)
    for part in parts:
        mixed = _mix(mixed ^ part.astype(np.uint64))
    return mixed


def _mix(value: Any) -> Any:
    """Scatter 64 bits (the finaliser of splitmix64)."""
    with np.errstate(over="ignore"):
        value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return value ^ (value >> np.uint64(31))


class Sink:
    """A file that grows block by block: Parquet, CSV or JSON lines, as its name ends; `.txt` is CSV with semicolons.

    It has its name only once it is whole. keep_empty: it is there even without a row.
    """

    def __init__(self, path: Path, *, encoding: str = "utf-8", keep_empty: bool = True) -> None:
        self.path = path
        self.rows = 0
        self._fresh = path.with_name(path.name + ".new")
        self._encoding, self._keep_empty = encoding, keep_empty
        self._parquet: pq.ParquetWriter | None = None
        self._file: io.BufferedWriter | None = None
        path.parent.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        for each in (self._parquet, self._file):
            if each:
                each.close()
        if kind is None and self._fresh.exists():
            if self.rows or self._keep_empty:
                self._fresh.replace(self.path)
            else:
                self._fresh.unlink()

    def write(self, table: pa.Table) -> None:
        """Add rows. Tables of one file have the same columns."""
        if not table.num_rows and self.path.suffix != ".parquet" and self._file:
            return
        if self.path.suffix == ".parquet":
            if self._parquet is None:
                self._parquet = pq.ParquetWriter(
                    self._fresh, table.schema, compression="zstd", compression_level=1
                )
            self._parquet.write_table(table)
        elif self.path.suffix == ".jsonl":
            self._write(b"".join(line.encode() + b"\n" for line in table[0].to_pylist()))
        else:
            self._write(self._csv(table, header=self._file is None))
        self.rows += table.num_rows

    def _csv(self, table: pa.Table, *, header: bool) -> bytes:
        options = pa_csv.WriteOptions(
            include_header=header,
            delimiter=";" if self.path.suffix == ".txt" else ",",
            quoting_style="needed",
        )
        buffer = io.BytesIO()
        pa_csv.write_csv(table, buffer, options)
        return buffer.getvalue()

    def _write(self, text: bytes) -> None:
        if self._file is None:
            self._file = self._fresh.open("wb")
        if self._encoding != "utf-8":
            text = text.decode("utf-8").encode(self._encoding)
        self._file.write(text)
