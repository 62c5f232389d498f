"""The catalogue in the warehouse: a small table that each tick adds to."""

from collections.abc import Sequence
from datetime import datetime

import duckdb
import pyarrow as pa

from weft.model.catalogue import Learned
from weft.storage.duckdb_arrow import registered

UPDATE_KNOWN = """
UPDATE catalogue SET count = catalogue.count + learned.count, last_seen_at = learned.seen_at,
    example = CASE WHEN catalogue.example = '' THEN learned.example ELSE catalogue.example END
FROM learned WHERE catalogue.type = learned.type AND catalogue.name = learned.name
    AND catalogue.property = learned.property AND catalogue.json_type = learned.json_type
"""
INSERT_UNKNOWN = """
INSERT INTO catalogue SELECT type, name, property, json_type, count, example, seen_at, seen_at
FROM learned ANTI JOIN catalogue USING (type, name, property, json_type)
"""
FIELDS = ("type", "name", "property", "json_type", "count", "example")


def add_to_catalogue(cursor: duckdb.DuckDBPyConnection, rows: Sequence[Learned], seen_at: datetime) -> None:
    """Add what a batch taught; rows are unique by type, name, property and JSON type."""
    if not rows:
        return
    columns: dict[str, list[object]] = {field: [getattr(row, field) for row in rows] for field in FIELDS}
    learned = pa.table({**columns, "seen_at": pa.array([seen_at] * len(rows), pa.timestamp("us"))})
    with registered(cursor, "learned", learned):
        cursor.execute(UPDATE_KNOWN)
        cursor.execute(INSERT_UNKNOWN)
