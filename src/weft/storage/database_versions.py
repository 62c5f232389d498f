"""Every state of every definition that was in force, and who saw to it."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Integer, String, Table, Text, and_, func, select

from weft.definitions import Definition, version_of
from weft.model.definition import Author, DefinitionVersion, How, Key
from weft.storage.database import metadata

definition_version = Table(
    "definition_version",
    metadata,
    Column("kind", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("body", Text),  # JSON; NULL: deleted
    Column("path", String, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("who", String, nullable=False),
    Column("how", String, nullable=False),
    sqlite_with_rowid=False,
)
_OF_ONE = ("kind", "name")


def latest_versions(connection: Connection) -> dict[Key, DefinitionVersion]:
    """Return the newest state of every definition that ever was; deleted ones too."""
    row = definition_version.c
    newest = select(row.kind, row.name, func.max(row.number).label("number")).group_by(row.kind, row.name)
    last = newest.subquery()
    is_last = and_(*(row[name] == last.c[name] for name in (*_OF_ONE, "number")))
    found = connection.execute(select(definition_version).join(last, is_last))
    return {(each.kind, each.name): _version(each) for each in found}


def versions_of(connection: Connection, kind: str, name: str) -> Sequence[DefinitionVersion]:
    """Return all states of a definition, the newest first."""
    row = definition_version.c
    mine = select(definition_version).where(row.kind == kind, row.name == name)
    return [_version(each) for each in connection.execute(mine.order_by(row.number.desc()))]


def record_versions(
    connection: Connection,
    definitions: Iterable[tuple[str, Definition]],
    held: Collection[Key],
    author: Author,
    at_us: int,
) -> int:
    """Write down what differs from the newest states inside the caller's transaction; return how many.

    definitions: those in force, each with the path of its file. held: definitions that are neither in force nor
    deleted: they fail.
    """
    latest = latest_versions(connection)
    rows: list[dict[str, Any]] = []
    present: set[Key] = set()
    for path, each in definitions:
        key = (each.kind, each.name)
        present.add(key)
        before = latest.get(key)
        if before is None or before.body is None or version_of(before.body) != version_of(each.body):
            rows.append(_row(key, before, msgspec.json.encode(each.body).decode(), path, author, at_us))
        elif before.path != path:
            _move(connection, before, path)
    rows += [
        _row(key, before, None, before.path, author, at_us)
        for key, before in latest.items()
        if before.body is not None and key not in present and key not in held
    ]
    if rows:
        connection.execute(definition_version.insert(), rows)
    return len(rows)


def _row(
    key: Key, before: DefinitionVersion | None, body: str | None, path: str, author: Author, at_us: int
) -> dict[str, Any]:
    return {
        "kind": key[0],
        "name": key[1],
        "number": 1 if before is None else before.number + 1,
        "body": body,
        "path": path,
        "at_us": at_us,
        "who": author.who,
        "how": author.how.value,
    }


def _move(connection: Connection, version: DefinitionVersion, path: str) -> None:
    """Note that a definition stands in another file now."""
    row = definition_version.c
    mine = and_(row.kind == version.kind, row.name == version.name, row.number == version.number)
    connection.execute(definition_version.update().where(mine).values(path=path))


def _version(row: Any) -> DefinitionVersion:
    body = None if row.body is None else msgspec.json.decode(row.body, type=dict[str, Any])
    author = Author(row.who, How(row.how))
    return DefinitionVersion(row.kind, row.name, row.number, body, row.path, row.at_us, author)
