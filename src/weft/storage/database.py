"""The database store: one SQLAlchemy engine, one metadata, one way to open a transaction."""

from collections.abc import Generator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    Connection,
    Dialect,
    Engine,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
    create_engine,
    delete,
    event,
    inspect,
    select,
)
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.schema import DDL, DDLElement, DropTable

from weft.errors import Misconfigured, Transient


class Bytes(TypeDecorator[bytes]):
    """A BLOB whose values go to the driver as they are; LargeBinary wraps each, a third of the cost of a bulk write."""

    impl = LargeBinary
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> None:
        """Bind bytes untouched."""

    def result_processor(self, dialect: Dialect, coltype: object) -> None:
        """Return what the driver gives: bytes."""


Key = Bytes(16)
"""A 128-bit id as 16 bytes (`UUID.bytes`)."""

Unanswering = OperationalError
"""What the driver raises when the database is busy or cannot be read."""

metadata = MetaData()


class Upgrade(NamedTuple):
    """What to do to a table that is there."""

    table: str
    statement: DDLElement


UPGRADES: tuple[tuple[Upgrade, ...], ...] = (
    # how people are found; the project worker fills the new table
    (Upgrade("profile_search", DropTable(Table("profile_search", MetaData()))),),
    # the tick asks for the scores of pairs that events link
    (Upgrade("score", DDL("CREATE INDEX IF NOT EXISTS score_by_pair ON score (left_node, right_node)")),),
    # why a profile is looked at again, and how many members of an audience became one with another
    (
        Upgrade(
            "changed_outside",
            DDL("ALTER TABLE changed_outside ADD COLUMN cause VARCHAR NOT NULL DEFAULT 'outside'"),
        ),
        Upgrade(
            "audience_hour", DDL("ALTER TABLE audience_hour ADD COLUMN joined BIGINT NOT NULL DEFAULT 0")
        ),
    ),
)
"""What makes a database of version 1, of version 2 and so on one of the next; tables that are then absent are made as
always. An upgrade says where a database of that version needs more than new tables."""

SCHEMA_VERSION = str(len(UPGRADES) + 1)

meta = Table(
    "meta", metadata, Column("key", String, primary_key=True), Column("value", String, nullable=False)
)
"""Facts about the file itself: the schema version, the workspace id."""


def open_database(url: str, data: Path) -> Engine:
    """Open (and on first use create) the database. Relative SQLite paths start at `data`.

    One of an older version is brought to this one. Raises Misconfigured for a file that is no Weft database or one
    from a newer version.
    """
    if not url.startswith("sqlite:"):
        raise Misconfigured(
            f"storage.database: `{url.partition(':')[0]}` is no database that this Weft knows. "
            "Use sqlite:///database.sqlite."
        )
    engine = create_engine(_absolute(url, data))
    event.listen(engine, "connect", _sqlite_pragmas)
    event.listen(engine, "begin", _sqlite_begin)
    try:
        _check_ours(engine, url)
        with engine.begin() as connection:  # all or nothing, and one process at a time
            meta.create(connection, checkfirst=True)
            _upgrade(connection, url)
            metadata.create_all(connection)
    except DatabaseError as error:
        engine.dispose()
        raise Misconfigured(
            f"{url} cannot be opened as Weft's database ({error.orig}). Restore it from a backup. Without one, move it "
            "away and run `weft replay`: profiles come back from the log, but write keys, tokens, suppressions and "
            "consent given by the API live only in that file."
        ) from error
    return engine


@contextmanager
def transaction(engine: Engine) -> Generator[Connection]:
    """Open a write transaction; all or nothing. A locked or full database is `Transient`."""
    try:
        with engine.begin() as connection:
            yield connection
    except OperationalError as error:
        raise Transient(f"The database is busy or cannot be written ({error.orig}).") from error


def read_fact(connection: Connection, key: str) -> str | None:
    """Return a fact about this database (`meta`)."""
    return connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar()


def write_fact(connection: Connection, key: str, value: str) -> None:
    """Set a fact about this database (`meta`)."""
    connection.execute(delete(meta).where(meta.c.key == key))
    connection.execute(meta.insert().values(key=key, value=value))


def _absolute(url: str, data: Path) -> str:
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith(prefix + "/"):
        return prefix + str(data.resolve() / url.removeprefix(prefix))
    return url


def _sqlite_pragmas(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "busy_timeout=10000",
        "foreign_keys=ON",
        "cache_size=-65536",
        "journal_size_limit=268435456",  # an import's journal of gigabytes would stay on the disk
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    if connection.get_execution_options().get("read_only"):
        connection.exec_driver_sql("BEGIN")
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _check_ours(engine: Engine, url: str) -> None:
    tables = inspect(engine).get_table_names()
    if tables and meta.name not in tables:
        raise Misconfigured(
            f"{url} is a database of something else (it has the table `{tables[0]}`). Move it away, or name another "
            "file in [storage] database."
        )


def _upgrade(connection: Connection, url: str) -> None:
    """Bring a database of an older version to this one. Raises Misconfigured for one of a newer version."""
    version = read_fact(connection, "schema_version")
    if version is None:
        connection.execute(meta.insert().values(key="schema_version", value=SCHEMA_VERSION))
        return
    if not version.isdecimal() or not 0 < int(version) <= int(SCHEMA_VERSION):
        raise Misconfigured(
            f"{url} has schema {version}, this Weft needs {SCHEMA_VERSION}. Use the Weft it was made with."
        )
    if version != SCHEMA_VERSION:
        tables = inspect(connection).get_table_names()
        for upgrade in chain.from_iterable(UPGRADES[int(version) - 1 :]):
            if upgrade.table in tables:
                connection.execute(upgrade.statement)
        write_fact(connection, "schema_version", SCHEMA_VERSION)
