"""Opens the three stores that a workspace's settings name."""

from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import msgspec
from sqlalchemy import Engine

from weft.config import Settings
from weft.errors import Misconfigured
from weft.ports import EventLog
from weft.storage import (
    database_batches,
    database_consent,
    database_frequencies,
    database_history,
    database_homes,
    database_housemates,
    database_identity_days,
    database_keys,
    database_lists,
    database_memory,
    database_movement,
    database_outbox,
    database_outside,
    database_person,
    database_slots,
    database_steward,
    database_thresholds,
    database_traffic,
    database_versions,
    database_worker,
)
from weft.storage.database import open_database
from weft.storage.database_audiences import DatabaseMemberships
from weft.storage.database_profiles import DatabaseProfiles, DatabaseSignals
from weft.storage.duckdb_warehouse import Warehouse
from weft.storage.sqlite_log import open_log

DUCKDB = "duckdb:///"
TABLES_OF = (
    database_batches,
    database_consent,
    database_frequencies,
    database_history,
    database_homes,
    database_housemates,
    database_identity_days,
    database_keys,
    database_lists,
    database_memory,
    database_movement,
    database_outbox,
    database_outside,
    database_person,
    database_slots,
    database_steward,
    database_thresholds,
    database_traffic,
    database_versions,
    database_worker,
)
"""Modules that declare tables: loaded before the database is opened, because opening it makes the tables."""


class Stores(msgspec.Struct, frozen=True):
    """The opened stores of an engine, and what reads the database."""

    log: EventLog
    warehouse: Warehouse
    database: Engine
    profiles: DatabaseProfiles
    signals: DatabaseSignals
    memberships: DatabaseMemberships
    close: Callable[[], None]


def open_stores(settings: Settings, data: Path, node_key: str) -> Stores:
    """Open (on first use create) log, warehouse and database. Raises Misconfigured, leaving nothing open."""
    storage = settings.storage
    with ExitStack() as opened:
        database = open_database(storage.database, data)
        opened.callback(database.dispose)
        log = opened.enter_context(closing(open_log(storage.log, data)))
        warehouse = Warehouse(warehouse_path(storage.warehouse, data), storage.warehouse_memory_mb)
        opened.callback(warehouse.close)
        return Stores(
            log,
            warehouse,
            database,
            DatabaseProfiles(database, node_key),
            DatabaseSignals(database),
            DatabaseMemberships(database),
            opened.pop_all().close,
        )


def warehouse_path(url: str, data: Path) -> Path:
    """Return the file that a warehouse URL names. Raises Misconfigured for another engine."""
    if not url.startswith(DUCKDB):
        raise Misconfigured(
            f"storage.warehouse: `{url.partition(':')[0]}` is no engine that this Weft knows. "
            f"Use {DUCKDB}warehouse.duckdb."
        )
    return data / url.removeprefix(DUCKDB)
