"""Reads Parquet in chunks whose ends depend on the file alone."""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false, reportUnknownParameterType=false

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from weft.errors import Rejected
from weft.sources.files.raw import CHUNK_BYTES, CHUNK_ROWS, LINE, Cursor, RawChunk, column
from weft.sources.files.shape import FileShape

BATCH_ROWS = 62_500
BATCH_BYTES = 16 << 20


class ParquetReader:
    """A Reader of Parquet; text, numbers and times keep their types."""

    def __init__(self, shape: FileShape) -> None:
        self._shape = shape

    def chunks(self, start: Cursor) -> Iterator[RawChunk]:
        """Yield the chunks from a cursor on."""
        try:
            with pq.ParquetFile(self._shape.path, pre_buffer=False, page_checksum_verification=True) as file:
                yield from self._chunks(file, start.rows)
        except (pa.ArrowException, OSError) as error:
            raise Rejected(
                f"{self._shape.path} is damaged and cannot be read further ({error}). What came before stays "
                "imported; write the file again and import that one.",
                code="broken_file",
            ) from error

    def _chunks(self, file: pq.ParquetFile, start: int) -> Iterator[RawChunk]:
        gathered: list[pa.RecordBatch] = []
        row = start
        for batch in _batches(file, start):
            gathered.append(batch)
            row += batch.num_rows
            size_bytes = sum(part.nbytes for part in gathered)
            if sum(part.num_rows for part in gathered) >= CHUNK_ROWS or size_bytes >= CHUNK_BYTES:
                yield self._chunk(gathered, row)
                gathered = []
        if gathered:
            yield self._chunk(gathered, row)

    def _chunk(self, batches: list[pa.RecordBatch], after: int) -> RawChunk:
        table = pa.Table.from_batches(batches)
        table = pa.table({column(index): _plain(values) for index, values in enumerate(table.itercolumns())})
        lines = np.arange(after - table.num_rows + 1, after + 1)
        return RawChunk(
            table=table.add_column(0, LINE, pa.array(lines)),
            bad=(),
            rows=table.num_rows,
            after=Cursor(rows=after),
            fraction=after / self._shape.rows,
        )


def _batches(file: pq.ParquetFile, start: int) -> Iterator[pa.RecordBatch]:
    """Yield the batches from a row on that ends one. They are cut anew in each row group, so always alike."""
    passed = 0
    for index in range(file.num_row_groups):
        group = file.metadata.row_group(index)
        if passed + group.num_rows <= start:
            passed += group.num_rows
            continue
        width_bytes = max(1, group.total_byte_size // max(1, group.num_rows))
        size = max(1_000, min(BATCH_ROWS, BATCH_BYTES // width_bytes))
        for batch in file.iter_batches(size, row_groups=[index]):
            if passed >= start:
                yield batch
            passed += batch.num_rows


def _plain(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column in a type that every engine knows; times in microseconds, bytes left out."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        return _plain(values.cast(kind.value_type))
    if pa.types.is_timestamp(kind) and kind.unit != "us":
        return values.cast(pa.timestamp("us", kind.tz), safe=False)
    if pa.types.is_date64(kind):
        return values.cast(pa.date32())
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return values.cast(pa.string())
    if pa.types.is_float16(kind):
        return values.cast(pa.float32())
    if pa.types.is_duration(kind) or pa.types.is_time(kind):
        return values.cast(pa.int64()) if pa.types.is_duration(kind) else values.cast(pa.string())
    if pa.types.is_null(kind) or _is_bytes(kind):
        return pa.chunked_array([pa.nulls(len(values), pa.string())])
    return values


def _is_bytes(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
