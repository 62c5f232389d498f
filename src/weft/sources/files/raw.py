"""What a reader hands on: rows as they stand in the file, with their line numbers, and the rows that are none."""

from collections.abc import Iterator
from typing import Protocol

import msgspec
import pyarrow as pa

LINE = "__line"
"""The line a row begins in, counted from 1; of Parquet the number of the row."""
RAW = "__raw"
"""The text of the row as it stands in the file (text formats only)."""

CHUNK_ROWS = 250_000
CHUNK_BYTES = 64 << 20
ROW_BYTES = 1 << 20
RAW_SHOWN_CHARACTERS = 4_000


class Cursor(msgspec.Struct, frozen=True):
    """Where the next chunk begins: bytes of UTF-8 text (text formats), the next line, rows before it."""

    offset_bytes: int = 0
    line: int = 1
    rows: int = 0


class BadRow(msgspec.Struct, frozen=True):
    """A row that goes no further: its line, why, and its text."""

    line: int
    reason: str
    raw: str


class RawChunk(msgspec.Struct, frozen=True):
    """The rows of one chunk. table: `__line`, `__raw` (text formats), then the columns as c0, c1, ...

    rows: all that were read, bad ones too. after: where the next chunk begins. fraction: of the file, so far.
    """

    table: pa.Table
    bad: tuple[BadRow, ...]
    rows: int
    after: Cursor
    fraction: float


class Reader(Protocol):
    """Reads a file in chunks; the same cursor always gives the same chunk."""

    def chunks(self, start: Cursor) -> Iterator[RawChunk]:
        """Yield the chunks from a cursor on."""
        ...


def column(index: int) -> str:
    """Return the name of a column inside Weft; names of files may clash, be empty or very long."""
    return f"c{index}"
