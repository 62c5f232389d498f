"""INSERT … ON CONFLICT, which SQLite and PostgreSQL spell alike and SQLAlchemy keeps in two dialects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

    Insert: TypeAlias = postgresql.Insert | sqlite.Insert


def insert(connection: Connection, table: Table) -> Insert:
    """Return an INSERT that can say what to do on conflict, in the dialect of the connection."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql  # a tenth of a start where it is not used

        return postgresql.insert(table)
    return sqlite.insert(table)


def insert_new(connection: Connection, table: Table) -> Insert:
    """Return an INSERT that passes over rows which are already there."""
    return insert(connection, table).on_conflict_do_nothing()


def upsert(connection: Connection, table: Table, keys: Iterable[str], columns: Iterable[str]) -> Insert:
    """Return an INSERT that replaces `columns` of the row with the same `keys`."""
    statement = insert(connection, table)
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
    statement = upsert(connection, table, keys, columns)
    compiled = statement.compile(dialect=connection.dialect, column_keys=[*keys, *columns])
    names = compiled.positiontup if compiled.positional else None
    if names is None:
        named = [dict(zip((*keys, *columns), row, strict=True)) for row in rows]
        connection.exec_driver_sql(str(compiled), named)
        return
    assert names == [*keys, *columns]
    connection.exec_driver_sql(str(compiled), list(rows))
