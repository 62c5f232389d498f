"""Arrow tables into DuckDB and out of it, and UUIDs without a Python object for each."""

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any, cast

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from weft.storage.duckdb_schema import TABLES
from weft.storage.key_index import Keys
from weft.storage.seen import Prefixes

IN_MEMORY = "1GB"


def in_memory(threads: int = 1) -> duckdb.DuckDBPyConnection:
    """Return a database of its own that keeps nothing, for expressions over tables that are handed in."""
    return duckdb.connect(
        ":memory:",
        config={"threads": threads, "memory_limit": IN_MEMORY, "arrow_lossless_conversion": "true"},
    )


def fetch(
    cursor: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object] | None = None
) -> pa.Table:
    """Run a query and return its rows as Arrow (UUIDs as the arrow.uuid extension)."""
    return cast(pa.Table, cursor.execute(sql, parameters).to_arrow_table())


@contextmanager
def registered(cursor: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> Generator[None]:
    """Make an Arrow table visible to SQL under a name while the block runs."""
    cursor.register(name, rows)
    try:
        yield
    finally:
        cursor.unregister(name)


def wanted_rows(cursor: duckdb.DuckDBPyConnection, query: str, ids: Iterable[bytes]) -> pa.Table:
    """Run a query that reads the ids from `wanted`."""
    with registered(cursor, "wanted", pa.table([uuid_array(list(ids))], names=["id"])):
        return fetch(cursor, query)


def insert_rows(cursor: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    """Append Arrow rows to a table of the warehouse by column name; quicker than by way of `registered`."""
    cursor.from_arrow(rows.select(list(TABLES[name]))).insert_into(name)


def uuid_array(keys: Sequence[bytes | None]) -> "pa.Array[Any]":
    """Return 16-byte keys as an Arrow column that DuckDB reads as UUID (None becomes NULL)."""
    storage = pa.array(keys, pa.binary(16))
    return cast("pa.Array[Any]", pa.ExtensionArray.from_storage(pa.uuid(), storage))


def uuid_bytes(column: "pa.ChunkedArray[Any]") -> list[bytes]:
    """Return a UUID column without nulls as 16-byte keys."""
    return cast("list[bytes]", _raw(column, np.dtype("V16")).tolist())


def uuid_prefixes(column: "pa.ChunkedArray[Any]") -> Prefixes:
    """Return the first 64 bits of each UUID of a column without nulls."""
    return _raw(column, np.dtype(">u8")).reshape(-1, 2)[:, 0].astype(np.uint64)


def uuid_keys(column: "pa.ChunkedArray[Any]") -> Keys:
    """Return both halves of each UUID of a column without nulls."""
    return _raw(column, np.dtype(">u8")).reshape(-1, 2).astype(np.uint64)


def epoch_us(column: "pa.ChunkedArray[Any]") -> NDArray[np.int64]:
    """Return a timestamp column without nulls as microseconds since 1970 UTC."""
    return np.asarray(column.cast(pa.timestamp("us")).cast(pa.int64())).astype(np.int64, copy=False)


def microseconds(column: "pa.ChunkedArray[Any]") -> list[Any]:
    """Return a timestamp column as microseconds since 1970 UTC (None stays None)."""
    values: list[Any] = column.cast(pa.timestamp("us")).cast(pa.int64()).to_pylist()
    return values


def booleans(column: "pa.ChunkedArray[Any]") -> NDArray[np.bool_]:
    """Return a boolean column without nulls."""
    return np.asarray(column).astype(np.bool_)


def _raw(column: "pa.ChunkedArray[Any]", dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    parts: list[np.ndarray[Any, Any]] = []
    for chunk in column.chunks:
        storage = cast(Any, chunk).storage
        data = storage.buffers()[1]
        if data is None or not len(storage):
            continue
        whole = np.frombuffer(data, dtype=np.uint8)
        start = storage.offset * 16
        parts.append(np.frombuffer(whole[start : start + len(storage) * 16].tobytes(), dtype=dtype))
    return np.concatenate(parts) if parts else np.empty(0, dtype=dtype)
