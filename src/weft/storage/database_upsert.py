"""INSERT … ON CONFLICT: SQLAlchemy keeps it in a dialect, which is named here only."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, Table
from sqlalchemy.dialects.sqlite import Insert, insert

__all__ = ["insert", "insert_new", "upsert", "upsert_rows"]


def insert_new(table: Table) -> Insert:
    """Return an INSERT that passes over rows which are already there."""
    return insert(table).on_conflict_do_nothing()


def upsert(table: Table, keys: Iterable[str], columns: Iterable[str]) -> Insert:
    """Return an INSERT that replaces `columns` of the row with the same `keys`."""
    statement = insert(table)
    return statement.on_conflict_do_update(
        index_elements=list(keys), set_={name: statement.excluded[name] for name in columns}
    )


def upsert_rows(
    connection: Connection,
    table: Table,
    keys: tuple[str, ...],
    columns: tuple[str, ...],
    rows: Sequence[tuple[object, ...]],
) -> None:
    """Insert rows (the keys' values, then the columns', in the order of the table), or replace those that are there.

    The compiled statement goes to the driver as it is: SQLAlchemy's way, which makes a dictionary and a list of each
    row, costs as much again as the write. So no column may have a type that converts its values.
    """
    if not rows:
        return
    compiled = upsert(table, keys, columns).compile(dialect=connection.dialect, column_keys=[*keys, *columns])
    assert compiled.positiontup == [*keys, *columns]
    connection.exec_driver_sql(str(compiled), list(rows))
