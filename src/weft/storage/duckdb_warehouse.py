"""The DuckDB warehouse: one file, owned by one engine process."""

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import duckdb

from weft.errors import Misconfigured, MustRestart, Transient
from weft.model.measure import PropertyColumn
from weft.storage.duckdb_imports import spare_looking_for_pandas
from weft.storage.duckdb_schema import SCHEMA_VERSION, TABLES
from weft.storage.duckdb_upgrade import UPGRADES
from weft.storage.kept_sql import Sql, kept

CHECKPOINT_AT = "32MB"
"""Size of the write-ahead log at which DuckDB folds it into the file. After a kill a start replays it, at 20 to 26 ms
of CPU a MB, so for at most about a second; folding takes about as long, inside of a tick."""

VACUUM_TASKS = 0
"""A checkpoint joins no row groups that are not full: after an import of 5,000,000 events it rewrote most of them,
which stopped the tick for 23 s (0.8 s without)."""

META_GET = "SELECT value FROM meta WHERE key = ?"
META_UPDATE = "UPDATE meta SET value = ? WHERE key = ?"
META_PUT = "INSERT INTO meta VALUES (?, ?)"


class SchemaSql(NamedTuple):
    """The statements that make the tables."""

    tables: tuple[str, ...]


class Warehouse:
    """Opens the file, makes its tables, hands out cursors. A cursor belongs to one thread.

    position, change: the log position that it reflects and the last row of its change feed, as the tick last committed
    them: idle workers ask for them all the time.
    """

    def __init__(self, path: Path, memory_mb: int) -> None:
        self.path = path
        self._bulk = 0
        self._lock = threading.Lock()
        spare_looking_for_pandas()
        try:
            self._connection = duckdb.connect(
                str(path),
                config={
                    "memory_limit": f"{memory_mb}MB",
                    "threads": 1,
                    "max_vacuum_tasks": VACUUM_TASKS,
                    "checkpoint_threshold": CHECKPOINT_AT,
                    "preserve_insertion_order": False,
                    "arrow_lossless_conversion": "true",
                    "autoinstall_known_extensions": "false",
                },
            )
            self._prepare()
        except duckdb.Error as error:
            raise Misconfigured(_explain(path, error)) from error

    def committed(self, position: int, change: int) -> None:
        """Note how far the tick has come. change: 0 if it added nothing to the change feed."""
        self.change = change or self.change
        self.position = position

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a connection of its own to the same database."""
        return self._connection.cursor()

    @contextmanager
    def bulk(self) -> Generator[None]:
        """Use every core while the block runs.

        Otherwise there is one thread: of the small statements of a live tick a second one only makes each dearer
        (500 events: 215 ms of CPU with two, 135 with one).
        """
        with self._lock:
            self._bulk += 1
            if self._bulk == 1:
                self.cursor().execute("RESET threads")
        try:
            yield
        finally:
            with self._lock:
                self._bulk -= 1
                if not self._bulk:
                    self.cursor().execute("SET threads = 1")

    def close(self) -> None:
        """Write everything into the file and let go of it.

        DuckDB would write it only when the last cursor is gone too, and the next start would replay it.
        """
        with suppress(duckdb.Error):  # e.g. a full disk: then the write-ahead log stays
            self._connection.execute("CHECKPOINT")
        self._connection.close()

    def add_properties(self, columns: Sequence[PropertyColumn]) -> None:
        """Give events the typed columns that definitions need and fill the missing ones from the JSON."""
        present = set(self.columns("event"))
        missing = [column for column in columns if column.column_name not in present]
        if not missing:
            return
        from weft.storage.ibis_schema import property_columns

        with transaction(self.cursor()) as cursor:
            for statement in property_columns(missing):
                cursor.execute(statement)

    def statements(self, kind: type[Sql], about: object, make: Callable[[], Sql]) -> Sql:
        """Return compiled statements, made once for what they are `about` and kept beside the file."""
        return kept(self.path.parent / "statements", kind, about, make)

    def columns(self, table: str) -> list[str]:
        """Return the names of a table's columns."""
        return self.cursor().table(table).columns

    def _prepare(self) -> None:
        cursor = self.cursor()
        for statement in self.statements(SchemaSql, TABLES, _schema_sql).tables:
            cursor.execute(statement)
        version = read_meta(cursor, "schema_version")
        if version is None:
            write_meta(cursor, "schema_version", SCHEMA_VERSION)
        elif version.isdecimal() and 0 < int(version) < int(SCHEMA_VERSION):
            with transaction(cursor):
                for statement in chain.from_iterable(UPGRADES[int(version) - 1 :]):
                    cursor.execute(statement)
                write_meta(cursor, "schema_version", SCHEMA_VERSION)
        elif version != SCHEMA_VERSION:
            raise Misconfigured(
                f"{self.path} has schema {version}, this Weft needs {SCHEMA_VERSION}. "
                "Use the Weft it was made with, or run `weft replay` to build a new one from the log."
            )
        self.position = int(read_meta(cursor, "position") or 0)
        self.change = int(read_meta(cursor, "change_number") or 0)


def _schema_sql() -> SchemaSql:
    from weft.storage.ibis_schema import schema_sql

    return schema_sql()


def read_meta(cursor: duckdb.DuckDBPyConnection, key: str) -> str | None:
    """Return a fact about the warehouse, e.g. the log position that it reflects."""
    row = cursor.execute(META_GET, [key]).fetchone()
    return None if row is None else str(row[0])


def write_meta(cursor: duckdb.DuckDBPyConnection, key: str, value: str) -> None:
    """Set a fact about the warehouse."""
    row = cursor.execute(META_UPDATE, [value, key]).fetchone()
    if row is None or not row[0]:
        cursor.execute(META_PUT, [key, value])


@contextmanager
def transaction(cursor: duckdb.DuckDBPyConnection) -> Generator[duckdb.DuckDBPyConnection]:
    """All or nothing. A full disk is `Transient`: the same step is tried again."""
    cursor.execute("BEGIN")
    try:
        yield cursor
        cursor.execute("COMMIT")
    except (
        duckdb.IOException,
        duckdb.TransactionException,
    ) as error:  # the latter: a COMMIT that was not written
        _rollback(cursor)
        raise Transient(f"The warehouse cannot be written: {error}") from error
    except BaseException:
        _rollback(cursor)
        raise


@contextmanager
def alive() -> Generator[None]:
    """After a fatal error DuckDB refuses everything until the file is opened anew: that is `MustRestart`.

    A disk that fills up while it folds its write-ahead log into the file is one. What was committed is there.
    """
    try:
        yield
    except duckdb.FatalException as error:
        raise MustRestart(f"The warehouse must be opened anew: {error}") from error


def _rollback(cursor: duckdb.DuckDBPyConnection) -> None:
    try:
        cursor.execute("ROLLBACK")
    except duckdb.Error:  # the failed commit has already ended the transaction
        return


def _explain(path: Path, error: duckdb.Error) -> str:
    if "lock" in str(error).lower():
        return f"{path} is in use by another process. Stop the other `weft up` of this workspace first."
    return (
        f"{path} cannot be opened as Weft's warehouse ({str(error).splitlines()[0]}). Move it away and run "
        "`weft replay` to build a new one from the log, or restore it from a backup."
    )
