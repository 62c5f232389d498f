"""The event log in one SQLite file: WAL, synchronous=FULL, one row per group that was flushed together.

Several processes append. They queue on a lock file (the kernel wakes them in order) instead of SQLite's busy
polling, which lets one writer starve the others. Open the log after a fork, never before: locks belong to an
open file.
"""

import fcntl
import itertools
import os
import sqlite3
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import msgspec
import zstandard

from weft.errors import Misconfigured, MustRestart, Transient
from weft.model.accepted import Accepted, Backlog, Chunk, Entry
from weft.ports import EventLog

APPLICATION_ID = 0x57454C47
"""Marks the file as a Weft log ("WELG")."""
SCHEMA_VERSION = 1
CHECKPOINT_PAGES = 4_000
PAGE_BYTES = 8_192
TRIM_GROUPS = 500
READ_GROUPS = 256
BUSY_MS = 10_000
RETRY_AFTER_SECONDS = 2

_SCHEMA = (
    "CREATE TABLE groups (last INTEGER PRIMARY KEY, count INTEGER NOT NULL, received_at_us INTEGER NOT NULL,"
    " is_chunk INTEGER NOT NULL, payload BLOB NOT NULL)",
    "CREATE TABLE chunks (key TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE marks (name TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID",
    "INSERT INTO marks VALUES ('consumed', 0), ('trimmed', 0)",
)
_HEAD = (
    "SELECT coalesce((SELECT max(last) FROM groups), 0),"
    " (SELECT position FROM marks WHERE name = 'trimmed'),"
    " (SELECT position FROM marks WHERE name = 'consumed')"
)
_APPEND = (
    "INSERT INTO groups SELECT max(coalesce((SELECT max(last) FROM groups), 0),"
    " (SELECT position FROM marks WHERE name = 'trimmed')) + ?, ?, ?, 0, ?"
)
"""One statement, so that a commit asks Python's lock for its turn as seldom as possible."""
_INSERT = "INSERT INTO groups VALUES (?, ?, ?, ?, ?)"
_READ = "SELECT last, count, is_chunk, payload FROM groups WHERE last > ? ORDER BY last LIMIT ?"
_CHUNK = "SELECT last FROM chunks WHERE key = ?"
_INSERT_CHUNK = "INSERT INTO chunks VALUES (?, ?)"
_MARK = "UPDATE marks SET position = max(position, ?) WHERE name = ?"
_OLDEST = "SELECT last, count, received_at_us FROM groups WHERE last <= ? ORDER BY last LIMIT ?"
_TRIM = "DELETE FROM groups WHERE last <= ?"

_LOST_WRITES = frozenset({sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC})
_FOREIGN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

_encode = msgspec.msgpack.Encoder().encode
_decode_group = msgspec.msgpack.Decoder(tuple[Accepted, ...]).decode
_decode_chunk = msgspec.msgpack.Decoder(Chunk).decode


def open_log(url: str, data: Path) -> EventLog:
    """Open (and on first use create) the log. Relative paths start at `data`.

    Raises Misconfigured for a URL that Weft does not know and for a file that is no log of this version.
    """
    prefix = "sqlite:///"
    if not url.startswith(prefix):
        raise Misconfigured(f"storage.log = {url!r} is not known. Use sqlite:///log.sqlite.")
    return SqliteEventLog(data.resolve() / url.removeprefix(prefix))


class SqliteEventLog:
    """An EventLog in one SQLite file with `<file>.lock` beside it. Safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writing = threading.Lock()
        self._reading = threading.Lock()
        self._broken = False
        self._compressor = zstandard.ZstdCompressor(level=1)
        self._decompressor = zstandard.ZstdDecompressor()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock_file = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Misconfigured(
                f"{path} cannot be opened ({error}). Check the folder and its permissions."
            ) from error
        try:
            with self._writer():
                self._writes = self._connect("FULL")
                self._prepare()
            self._reads = self._connect("NORMAL")
        except BaseException:
            os.close(self._lock_file)
            raise

    def append(self, requests: Sequence[Accepted]) -> int:
        """Write one group in one durable commit and return the position of its last event."""
        if not requests:
            return self.backlog().head
        count = sum(request.count for request in requests)
        with self._writing:
            payload = self._compressor.compress(_encode(requests))
        received_at_us = max(request.received_at_us for request in requests)
        with self._writer(), self._lost_writes(), _house_errors(self._path):
            row = (count, count, received_at_us, payload)
            return self._writes.execute(_APPEND, row).lastrowid or 0

    def append_chunk(self, chunk: Chunk) -> int:
        """Refer to an imported file once; the key is remembered even when its entry has been trimmed."""
        with self._transaction(self._writes) as connection:
            row = connection.execute(_CHUNK, (chunk.key,)).fetchone()
            if row is not None:
                return int(row[0])
            last = _head(connection) + chunk.count
            connection.execute(_INSERT, (last, chunk.count, chunk.received_at_us, 1, _encode(chunk)))
            connection.execute(_INSERT_CHUNK, (chunk.key, last))
        return last

    def read(self, after: int, limit_events: int) -> Sequence[Entry]:
        """Return entries behind `after` in order: at least one, then while they stay in the limit."""
        entries: list[Entry] = []
        events = 0
        position = after
        while True:
            with self._reading, _house_errors(self._path):
                rows: list[Any] = self._reads.execute(_READ, (position, READ_GROUPS)).fetchall()
            for last, count, is_chunk, payload in rows:
                if entries and events + count > limit_events:
                    return entries
                entries.append(Entry(last, count, self._content(payload, is_chunk=bool(is_chunk))))
                events += count
                position = last
            if len(rows) < READ_GROUPS or events >= limit_events:
                return entries

    def backlog(self) -> Backlog:
        """Return how far the log and its reader are."""
        with self._reading, _house_errors(self._path):
            last, trimmed, consumed = self._reads.execute(_HEAD).fetchone()
        return Backlog(head=max(last, trimmed), consumed=consumed)

    def mark_consumed(self, position: int) -> None:
        """Tell how far the engine is. Not fsynced: after a power loss the mark is older, never wrong."""
        with self._transaction(self._reads) as connection:
            connection.execute(_MARK, (position, "consumed"))

    def trim(self, position: int, before_us: int) -> int:
        """Delete the oldest entries, until one is behind `position` or not before `before_us`."""
        trimmed = 0
        while True:
            with self._transaction(self._reads) as connection:
                rows: list[Any] = connection.execute(_OLDEST, (position, TRIM_GROUPS)).fetchall()
                old = list(itertools.takewhile(lambda row: row[2] < before_us, rows))
                if old:
                    connection.execute(_TRIM, (old[-1][0],))
                    connection.execute(_MARK, (old[-1][0], "trimmed"))
            trimmed += sum(row[1] for row in old)
            if len(old) < TRIM_GROUPS:
                return trimmed

    def close(self) -> None:
        """Let go of the file."""
        with self._writing, self._reading:
            self._writes.close()
            self._reads.close()
            os.close(self._lock_file)

    def _content(self, payload: bytes, *, is_chunk: bool) -> tuple[Accepted, ...] | Chunk:
        try:
            if is_chunk:
                return _decode_chunk(payload)
            return _decode_group(self._decompressor.decompress(payload))
        except (msgspec.MsgspecError, zstandard.ZstdError) as error:
            raise _corrupt(self._path, error) from error

    def _connect(self, synchronous: str) -> sqlite3.Connection:
        with _house_errors(self._path):
            connection = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None)
            try:
                connection.execute(f"PRAGMA busy_timeout={BUSY_MS:d}")
                self._refuse_foreign(connection)
                for pragma in _pragmas(synchronous):
                    connection.execute(pragma)
            except BaseException:
                connection.close()
                raise
            return connection

    def _refuse_foreign(self, connection: sqlite3.Connection) -> None:
        """Look before anything is written: a file of another program stays as it is."""
        tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        identity = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if tables and identity != APPLICATION_ID:
            raise _corrupt(self._path, "it is a SQLite file of another program")
        if tables and version != SCHEMA_VERSION:
            raise Misconfigured(
                f"{self._path} has schema {version}, this Weft needs {SCHEMA_VERSION}. "
                "Use the Weft that the log was made with until the engine has read it, then move it away."
            )

    def _prepare(self) -> None:
        """Create the tables in an empty file; make durable what a crash left in the journal."""
        with _house_errors(self._path):
            if not self._writes.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                self._create()
            self._writes.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _create(self) -> None:
        self._writes.execute("BEGIN IMMEDIATE")
        self._writes.execute(f"PRAGMA application_id={APPLICATION_ID:d}")
        self._writes.execute(f"PRAGMA user_version={SCHEMA_VERSION:d}")
        for statement in _SCHEMA:
            self._writes.execute(statement)
        self._writes.execute("COMMIT")
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)  # the journal of this first commit must not come back after a power cut
        finally:
            os.close(folder)

    @contextmanager
    def _writer(self) -> Generator[None]:
        """Wait for our turn among all threads and processes."""
        with self._writing:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._lock_file, fcntl.LOCK_UN)

    @contextmanager
    def _transaction(self, connection: sqlite3.Connection) -> Generator[sqlite3.Connection]:
        guard = self._reading if connection is self._reads else nullcontext()
        with self._writer(), guard, self._lost_writes(), _house_errors(self._path):
            yield from _atomic(connection)

    @contextmanager
    def _lost_writes(self) -> Generator[None]:
        """After a failed fsync every further write is refused: it could seem to succeed."""
        if self._broken:
            raise MustRestart(f"{self._path} could not be synced; this process must be restarted.")
        try:
            yield
        except MustRestart:
            self._broken = True
            raise


def _atomic(connection: sqlite3.Connection) -> Generator[sqlite3.Connection]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _pragmas(synchronous: str) -> tuple[str, ...]:
    return (
        f"PRAGMA page_size={PAGE_BYTES:d}",
        "PRAGMA journal_mode=WAL",
        f"PRAGMA synchronous={synchronous}",
        f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES:d}",
        "PRAGMA cache_size=-16384",
    )


def _head(connection: sqlite3.Connection) -> int:
    last, trimmed, _consumed = connection.execute(_HEAD).fetchone()
    return max(last, trimmed)


def _corrupt(path: Path, why: object) -> Misconfigured:
    return Misconfigured(
        f"{path} is not a readable Weft log ({why}). Restore it from a backup, or move it away and start "
        "again: what the engine had read is in the warehouse, what it had not is in the moved file.",
        code="corrupt_log",
    )


@contextmanager
def _house_errors(path: Path) -> Generator[None]:
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0)
        if code in _LOST_WRITES:
            raise MustRestart(
                f"{path} could not be synced ({error}); this process must be restarted."
            ) from error
        if code & 0xFF in _FOREIGN:
            raise _corrupt(path, error) from error
        raise Transient(
            f"{path} cannot be used now ({error}). Is the disk full?", retry_after_seconds=RETRY_AFTER_SECONDS
        ) from error
