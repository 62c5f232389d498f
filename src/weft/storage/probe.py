"""Looks at a machine's disk and at the stores without changing them: what `weft doctor` measures."""

import os
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Literal

import duckdb
from msgspec import Struct

from weft.storage.sqlite_log import APPLICATION_ID

SYNC_BYTES = 4096
SYNC_ROUNDS = 50

_SCHEMA_VERSION = "SELECT value FROM meta WHERE key = 'schema_version'"
_LOG = (
    "SELECT coalesce((SELECT max(last) FROM groups), 0), coalesce(max(position), 0),"
    " coalesce(max(position) FILTER (WHERE name = 'consumed'), 0),"
    " (SELECT received_at_us FROM groups ORDER BY last DESC LIMIT 1) FROM marks"
)


class StoreProbe(Struct, frozen=True):
    """What a store's file looks like from outside. `fault` is the driver's own word, when there is one."""

    path: Path
    state: Literal["absent", "readable", "in_use", "broken"]
    schema_version: str | None = None
    fault: str = ""


class LogProbe(Struct, frozen=True):
    """The log's file, how many events the engine has yet to read, and when the newest came in."""

    store: StoreProbe
    behind_events: int = 0
    newest_at_us: int | None = None


def sync_ms(folder: Path, rounds: int = SYNC_ROUNDS) -> list[float]:
    """Append a page and wait until it is on disk, `rounds` times; return each wait in milliseconds.

    Uses a file of its own in `folder` and removes it. Raises OSError when the folder cannot be written.
    """
    waits: list[float] = []
    page = os.urandom(SYNC_BYTES)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as file:
        for _ in range(rounds):
            os.write(file.fileno(), page)
            started = time.perf_counter()
            os.fdatasync(file.fileno())
            waits.append((time.perf_counter() - started) * 1_000)
    return waits


def probe_sqlite(path: Path) -> StoreProbe:
    """Open an SQLite file read-only and read which schema it has."""
    return _probe(path, _sqlite_version)


def probe_log(path: Path) -> LogProbe:
    """Open the event log read-only and read how far it is."""
    found: list[LogProbe] = []

    def look(path: Path) -> str | None:
        with closing(_read_only(path)) as connection:
            if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                return None
            schema = str(connection.execute("PRAGMA user_version").fetchone()[0])
            head, marked, consumed, newest = connection.execute(_LOG).fetchone()
        behind = max(head, marked) - consumed
        found.append(LogProbe(StoreProbe(path, "readable", schema), behind, newest))
        return schema

    store = _probe(path, look)
    return found[0] if found else LogProbe(store)


def probe_duckdb(path: Path) -> StoreProbe:
    """Open a DuckDB file read-only and read which schema it has. A running engine holds it (`in_use`)."""
    return _probe(path, _duckdb_version)


def versions() -> dict[str, str]:
    """Return the versions of the two engines that write the files."""
    return {"duckdb": duckdb.__version__, "sqlite": sqlite3.sqlite_version}


def _probe(path: Path, read_version: Callable[[Path], str | None]) -> StoreProbe:
    if not path.exists():
        return StoreProbe(path, "absent")
    try:
        return StoreProbe(path, "readable", read_version(path))
    except (sqlite3.Error, duckdb.Error) as error:
        held = isinstance(error, duckdb.IOException) and "lock" in str(error).lower()
        return StoreProbe(path, "in_use" if held else "broken", fault=str(error).splitlines()[0])


def _sqlite_version(path: Path) -> str | None:
    with closing(_read_only(path)) as connection:
        row = connection.execute(_SCHEMA_VERSION).fetchone()
    return None if row is None else str(row[0])


def _read_only(path: Path) -> sqlite3.Connection:
    # A closed file has no write-ahead log beside it; `immutable` keeps SQLite from making an empty one.
    mode = "mode=ro" if Path(f"{path}-wal").exists() else "mode=ro&immutable=1"
    return sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True, timeout=2)


def _duckdb_version(path: Path) -> str | None:
    with duckdb.connect(str(path), read_only=True) as connection:
        row = connection.execute(_SCHEMA_VERSION).fetchone()
    return None if row is None else str(row[0])
