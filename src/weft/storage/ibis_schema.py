"""The statements that make the warehouse's tables and columns."""

from collections.abc import Sequence

import ibis

from weft.model.measure import PropertyColumn
from weft.storage.duckdb_schema import TABLES
from weft.storage.duckdb_warehouse import SchemaSql
from weft.storage.ibis_property import column_type, extract_all
from weft.storage.ibis_statement import add_column, create_table, create_view_with, table, update_columns


def schema_sql() -> SchemaSql:
    """Return the statements that make the tables that are missing."""
    return SchemaSql(tuple(create_table(name, columns) for name, columns in TABLES.items()))


def event_with(missing: Sequence[PropertyColumn], catalog: str) -> str:
    """Return the statement after which `event`, on one connection, has typed columns that its table lacks.

    catalog: what DuckDB calls the file.
    """
    event = ibis.table(TABLES["event"], name="event", catalog=catalog, database="main")
    return create_view_with("event", event.select(**extract_all(missing, event)))


def property_columns(missing: Sequence[PropertyColumn]) -> list[str]:
    """Return the statements that give events typed columns and fill them from the JSON."""
    event = table("event")
    columns = [add_column("event", column.column_name, column_type(column)) for column in missing]
    return [*columns, update_columns(event.select(**extract_all(missing, event)))]
