"""A sample of a file: its first rows and some from further on, as plain values by column."""

import csv
from collections.abc import Iterator
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from weft.errors import Rejected
from weft.sources.files.shape import FileShape
from weft.sources.files.text.rows import split_rows
from weft.sources.files.text.stream import TextStream

HEAD_BYTES = 256 * 1024
PLACES = 8
PLACE_BYTES = 64 * 1024
ROWS = 2_000
GROUP_ROWS = 500


class Sample(msgspec.Struct, frozen=True):
    """Some rows of a file. values: column → what stands in it, without the empty ones, in order."""

    shape: FileShape
    rows: int
    values: dict[str, list[Any]]


def read_sample(shape: FileShape) -> Sample:
    """Read a sample. Raises Rejected if the file cannot be read."""
    rows = _parquet_rows(shape) if shape.format == "parquet" else _text_rows(shape)
    values: dict[str, list[Any]] = {name: [] for name in shape.columns}
    count = 0
    for row in rows:
        count += 1
        for name, value in row.items():
            if value is not None and value != "" and name in values:
                values[name].append(value)
    return Sample(shape, count, values)


def _text_rows(shape: FileShape) -> Iterator[dict[str, Any]]:
    for text in _places(shape):
        delimiter = shape.delimiter if shape.format == "csv" else None
        rows = split_rows(text, delimiter, final=False)
        for start, end, fields in list(zip(rows.starts, rows.ends, rows.fields, strict=True))[:ROWS]:
            line = text[start:end].decode("utf-8", "replace")
            if delimiter is None:
                yield from _object(line)
            elif fields == len(shape.columns):
                cells = next(csv.reader([line], delimiter=delimiter), [])
                yield dict(zip(shape.columns, map(str.strip, cells), strict=False))


def _object(line: str) -> Iterator[dict[str, Any]]:
    try:
        row: Any = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return
    if isinstance(row, dict):
        yield row


def _places(shape: FileShape) -> Iterator[bytes]:
    """Yield the beginning, then pieces from further on that begin after a line end."""
    with TextStream(shape.path, shape.encoding, shape.header_bytes) as stream:
        head = stream.read(HEAD_BYTES)
    yield head + b"\n" if len(head) < HEAD_BYTES else head
    if shape.encoding != "utf-8":
        return
    step = (shape.size_bytes - HEAD_BYTES) // PLACES
    for place in range(1, PLACES if step > PLACE_BYTES else 0):
        with TextStream(shape.path, shape.encoding, HEAD_BYTES + place * step) as stream:
            piece = stream.read(PLACE_BYTES)
        yield piece[piece.find(b"\n") + 1 :]


def _parquet_rows(shape: FileShape) -> Iterator[dict[str, Any]]:
    try:
        with pq.ParquetFile(shape.path) as file:
            groups = file.num_row_groups
            for index in sorted({0, groups // 2, groups - 1}):
                batch = next(file.iter_batches(GROUP_ROWS, row_groups=[index]), None)
                if batch is not None:
                    yield from batch.rename_columns(list(shape.columns)).to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise Rejected(
            f"{shape.path} cannot be read ({error}). Is it complete?", code="broken_file"
        ) from error
