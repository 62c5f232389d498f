"""The read-only views of SQL traits: their columns are stable, and everything else of the stores is out of reach.

`properties`, `context` and the `value` of a trait are JSON as text; times are UTC without a zone.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, Engine

from weft.model.profile import ProfileDocument
from weft.storage.database_profiles import every_body
from weft.storage.duckdb_arrow import uuid_array
from weft.storage.duckdb_warehouse import transaction

ID, TEXT, TIME, NUMBER = "uuid", "varchar", "timestamp", "bigint"


class View(NamedTuple):
    """What a view is, and column → its type."""

    what: str
    columns: Mapping[str, str]


VIEWS: Mapping[str, View] = {
    "events": View(
        "The events of everybody; `type` is `track`, `page`, `identify`, …",
        {
            "profile_id": ID, "message_id": TEXT, "type": TEXT, "name": TEXT, "occurred_at": TIME, "received_at": TIME,
            "source": TEXT, "properties": TEXT, "context": TEXT,
        },
    ),
    "records": View(
        "Orders, tickets and other records of systems, each in its newest version",
        {
            "profile_id": ID, "object": TEXT, "record_id": TEXT, "occurred_at": TIME, "received_at": TIME,
            "source": TEXT, "properties": TEXT,
        },
    ),
    "identifiers": View(
        "The identifiers that belong to a profile", {"profile_id": ID, "namespace": TEXT, "value": TEXT}
    ),
    "profiles": View(
        "One row a profile",
        {"profile_id": ID, "first_seen_at": TIME, "last_seen_at": TIME, "events": NUMBER},
    ),
    "traits": View(
        "The traits as they are served: told, computed, and what SQL traits last came to",
        {"profile_id": ID, "name": TEXT, "value": TEXT},
    ),
    "memberships": View(
        "Who is in which audience since when", {"profile_id": ID, "audience": TEXT, "since_at": TIME}
    ),
}  # fmt: skip

OF_WAREHOUSE = {
    "events": """
SELECT profile_id, message_id, type, name, occurred_at, received_at, source, properties, context
FROM event JOIN identity_map USING (node_id) WHERE type <> 'record'
""",
    "records": """
SELECT profile_id, name AS object, record_id, occurred_at, received_at, source, properties
FROM event JOIN identity_map USING (node_id)
WHERE type = 'record' AND position NOT IN (SELECT position FROM superseded)
""",
    "identifiers": """
SELECT profile_id, identity_map.namespace, value FROM identity_map JOIN node USING (node_id)
""",
}
"""Of them only the columns are written that a statement names."""

BATCH = 5_000
MOMENT = pa.timestamp("us")


def write_views(
    names: frozenset[str],
    columns: frozenset[str] | None,
    cursor: duckdb.DuckDBPyConnection,
    database: Engine,
    folder: Path,
) -> None:
    """Write views as Parquet files `<name>.parquet`. columns: those that are needed, None for all."""
    if served := names - OF_WAREHOUSE.keys():
        with database.connect().execution_options(read_only=True) as connection:
            _write_served(served, connection, folder)
    with transaction(cursor):  # one moment of the warehouse
        for name in sorted(names & OF_WAREHOUSE.keys()):
            needed = [each for each in VIEWS[name].columns if columns is None or each in columns]
            wanted = needed or ["profile_id"]
            rows = cursor.sql(OF_WAREHOUSE[name]).select(*map(duckdb.ColumnExpression, wanted))
            rows.write_parquet(str(folder / f"{name}.parquet"), compression="zstd")


def _write_served(names: frozenset[str], connection: Connection, folder: Path) -> None:
    """Write the views that are made of the served documents."""
    writers = {name: pq.ParquetWriter(folder / f"{name}.parquet", SCHEMAS[name]) for name in names}
    try:
        for rows in every_body(connection, BATCH):
            documents = [_decode(body) for _, body in rows]
            for name, writer in writers.items():
                columns: list[Any] = [list(column) for column in zip(*_rows(name, documents), strict=True)]
                if columns:
                    columns[0] = uuid_array(columns[0])
                    writer.write_table(pa.table(columns, schema=SCHEMAS[name]))
    finally:
        for writer in writers.values():
            writer.close()


def _rows(name: str, documents: list[ProfileDocument]) -> Iterator[tuple[Any, ...]]:
    for each in documents:
        key = each.profile_id.bytes
        if name == "profiles":
            yield key, each.first_seen_us, each.last_seen_us, each.events
        elif name == "traits":
            for trait, value in each.traits.items():
                yield key, trait, _encode(value).decode()
        else:
            for audience, since_us in each.audiences.items():
                yield key, audience, since_us


_ARROW = {ID: pa.uuid(), TEXT: pa.string(), TIME: MOMENT, NUMBER: pa.int64()}
SCHEMAS = {
    name: pa.schema([(column, _ARROW[kind]) for column, kind in view.columns.items()])
    for name, view in VIEWS.items()
    if name not in OF_WAREHOUSE
}
_decode = msgspec.json.Decoder(ProfileDocument).decode
_encode = msgspec.json.Encoder().encode
