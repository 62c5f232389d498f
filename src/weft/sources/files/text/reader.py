"""Reads CSV and JSON lines: pieces of bytes, cut into rows, checked, parsed by columns."""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false, reportUnknownParameterType=false

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from weft.sources.files.raw import (
    CHUNK_BYTES,
    CHUNK_ROWS,
    LINE,
    RAW,
    RAW_SHOWN_CHARACTERS,
    ROW_BYTES,
    BadRow,
    Cursor,
    RawChunk,
    column,
)
from weft.sources.files.shape import FileShape
from weft.sources.files.text.rows import Mask, Rows, split_rows
from weft.sources.files.text.stream import REPLACEMENT, TextStream

PIECE_BYTES = 4 << 20


class _Piece(NamedTuple):
    """The good rows of one piece, its bad ones, and how far it went."""

    table: pa.Table
    bad: list[BadRow]
    rows: int
    bytes: int
    lines: int


class TextReader:
    """A Reader of CSV (columns of text) or JSON lines (no columns, only `__raw`)."""

    def __init__(self, shape: FileShape) -> None:
        self._shape = shape
        self._csv = shape.format == "csv"
        self._columns = [column(index) for index in range(len(shape.columns))] if self._csv else []

    def chunks(self, start: Cursor) -> Iterator[RawChunk]:
        """Yield the chunks from a cursor on."""
        if start == Cursor():
            start = Cursor(self._shape.header_bytes, self._shape.header_lines + 1)
        with TextStream(self._shape.path, self._shape.encoding, start.offset_bytes) as stream:
            gathered: list[_Piece] = []
            cursor = start
            for piece in self._pieces(stream, start.line):
                gathered.append(piece)
                cursor = Cursor(
                    cursor.offset_bytes + piece.bytes, cursor.line + piece.lines, cursor.rows + piece.rows
                )
                if _full(gathered):
                    yield self._chunk(gathered, cursor, stream.raw_bytes)
                    gathered = []
            if gathered:
                yield self._chunk(gathered, cursor, stream.raw_bytes)

    def _chunk(self, pieces: list[_Piece], after: Cursor, raw_bytes: int) -> RawChunk:
        return RawChunk(
            table=pa.concat_tables([piece.table for piece in pieces]),
            bad=tuple(row for piece in pieces for row in piece.bad),
            rows=sum(piece.rows for piece in pieces),
            after=after,
            fraction=raw_bytes / max(1, self._shape.size_bytes),
        )

    def _pieces(self, stream: TextStream, line: int) -> Iterator[_Piece]:
        """Cut the stream. A piece begins at a row, so that a restart cuts the same ones."""
        rest = b""
        final = False
        while not final or rest:
            if not final:
                fresh = stream.read(PIECE_BYTES - len(rest))
                final = len(rest) + len(fresh) < PIECE_BYTES
                rest += fresh
                if not rest:
                    return
            rows = split_rows(rest, self._shape.delimiter if self._csv else None, final=final)
            piece = self._piece(rest, rows, line)
            rest = rest[piece.bytes :]
            if len(rest) > ROW_BYTES or (final and rest):
                piece, rest = _without_line(
                    piece, rest, stream, line + piece.lines, open_quote=rows.open_quote
                )
            line += piece.lines
            yield piece

    def _piece(self, text: bytes, rows: Rows, line: int) -> _Piece:
        faults = self._faults(text, rows)
        filled = rows.ends > rows.starts
        good = filled & (faults == "")
        lines = rows.lines + line
        bad = [
            BadRow(int(lines[row]), str(faults[row]), _shown(text[rows.starts[row] : rows.ends[row]]))
            for row in np.flatnonzero(filled & (faults != ""))
        ]
        columns = self._parse(text, rows, good)
        table = pa.table({LINE: pa.array(lines[good]), RAW: _texts(text, rows, good), **columns})
        used = rows.used_bytes
        return _Piece(table, bad, int(filled.sum()), used, text.count(b"\n", 0, used))

    def _faults(self, text: bytes, rows: Rows) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
        """Return why each row is no row, or ""."""
        faults = np.full(len(rows.stops), "", dtype="U80")
        if self._csv:
            expected = len(self._shape.columns)
            for count in np.unique(rows.fields[rows.fields != expected]):
                faults[rows.fields == count] = f"{count} fields where the header has {expected}"
            faults[rows.lone_return] = "a carriage return that ends no line"
        faults[rows.ends - rows.starts > ROW_BYTES] = f"longer than {ROW_BYTES} bytes"
        faults[_holding(text, rows, b"\0")] = "a NUL byte"
        if self._shape.encoding == "utf-8":
            faults[_not_utf8(text, rows)] = "not UTF-8"
        else:
            faults[_holding(text, rows, REPLACEMENT)] = f"not {self._shape.encoding}"
        return faults

    def _parse(self, text: bytes, rows: Rows, good: Mask) -> dict[str, pa.ChunkedArray]:
        if not self._csv:
            return {}
        if not good.any():
            return {name: pa.chunked_array([], pa.string()) for name in self._columns}
        content = text[: rows.used_bytes] if good.all() else _joined(text, rows, good)
        table = pa_csv.read_csv(
            pa.BufferReader(content),
            pa_csv.ReadOptions(column_names=self._columns, block_size=len(content) + 1),
            pa_csv.ParseOptions(delimiter=self._shape.delimiter, newlines_in_values=True),
            pa_csv.ConvertOptions(
                column_types=dict.fromkeys(self._columns, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                check_utf8=False,
            ),
        )
        return {name: pc.utf8_trim_whitespace(table[name]) for name in self._columns}


def _full(pieces: list[_Piece]) -> bool:
    return (
        sum(piece.rows for piece in pieces) >= CHUNK_ROWS
        or sum(piece.bytes for piece in pieces) >= CHUNK_BYTES
    )


def _without_line(
    piece: _Piece, rest: bytes, stream: TextStream, line: int, *, open_quote: bool
) -> tuple[_Piece, bytes]:
    """Reject the line that the rest begins with: it opens a quote that nobody closes, or it is too long."""
    end = rest.find(b"\n") + 1
    passed = end or len(rest) + stream.skip_line()
    reason = "a quote that is never closed" if open_quote else f"longer than {ROW_BYTES} bytes"
    bad = BadRow(line, reason, _shown(rest[: end or len(rest)]))
    without = _Piece(piece.table, [*piece.bad, bad], piece.rows + 1, piece.bytes + passed, piece.lines + 1)
    return without, rest[end:] if end else b""


def _shown(row: bytes) -> str:
    text = row[: RAW_SHOWN_CHARACTERS * 4].decode("utf-8", "replace").rstrip("\r\n").replace("\0", "�")
    return text if len(text) <= RAW_SHOWN_CHARACTERS else text[:RAW_SHOWN_CHARACTERS] + "…"


def _holding(text: bytes, rows: Rows, mark: bytes) -> list[int]:
    """Return the rows in which a mark stands; usually none, and then this costs one search."""
    found: set[int] = set()
    place = text.find(mark)
    while 0 <= place < rows.used_bytes:
        row = int(np.searchsorted(rows.stops, place, side="right"))
        found.add(row)
        place = text.find(mark, int(rows.stops[row]))
    return sorted(found)


def _not_utf8(text: bytes, rows: Rows) -> list[int]:
    try:
        text[: rows.used_bytes].decode()
    except UnicodeDecodeError:
        return [
            row for row in range(len(rows.stops)) if not _is_utf8(text[rows.starts[row] : rows.stops[row]])
        ]
    return []


def _is_utf8(row: bytes) -> bool:
    try:
        row.decode()
    except UnicodeDecodeError:
        return False
    return True


def _joined(text: bytes, rows: Rows, good: Mask) -> bytes:
    """Return the good rows alone, cut in runs."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(np.int8)))
    return b"".join(text[rows.starts[first] : rows.stops[last - 1]] for first, last in edges.reshape(-1, 2))


def _texts(text: bytes, rows: Rows, good: Mask) -> pa.Array:
    """Return the good rows as an Arrow column that shares the bytes of the piece."""
    count = len(rows.stops)
    if not good.any():
        return pa.array([], pa.string())
    offsets = np.concatenate([rows.starts[:1], rows.stops]).astype(np.int32)
    whole = pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(text))
    return whole.filter(pa.array(good))
