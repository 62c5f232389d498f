"""The catalogue in the warehouse: each tick appends what it saw, and from time to time equal rows become one."""

from collections.abc import Sequence
from datetime import datetime

import duckdb
import pyarrow as pa

from weft.model.catalogue import Learned
from weft.storage.duckdb_arrow import insert_rows

FOLDED = """
CREATE OR REPLACE TEMP TABLE folded AS
SELECT type, name, property, json_type, sum(count)::BIGINT AS count,
    coalesce(arg_min(example, first_seen_at) FILTER (example <> ''), '') AS example,
    min(first_seen_at) AS first_seen_at, max(last_seen_at) AS last_seen_at
FROM catalogue GROUP BY type, name, property, json_type
"""
EMPTY = "DELETE FROM catalogue"
REFILL = "INSERT INTO catalogue BY NAME SELECT * FROM folded"
FIELDS = ("type", "name", "property", "json_type", "count", "example")


def add_to_catalogue(cursor: duckdb.DuckDBPyConnection, rows: Sequence[Learned], seen_at: datetime) -> None:
    """Append what a batch taught."""
    if not rows:
        return
    columns: dict[str, list[object]] = {field: [getattr(row, field) for row in rows] for field in FIELDS}
    learned, seen = pa.table(columns), pa.array([seen_at] * len(rows), pa.timestamp("us"))
    dated = learned.append_column("first_seen_at", seen).append_column("last_seen_at", seen)
    insert_rows(cursor, "catalogue", dated)


def fold_catalogue(cursor: duckdb.DuckDBPyConnection) -> None:
    """Make one row of those that tell of the same property and type, inside the caller's transaction."""
    for statement in (FOLDED, EMPTY, REFILL):
        cursor.execute(statement)
