"""Which gear the project worker runs in: increments while it keeps up, a rebuild when it is far behind."""

import time
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from weft.identity.live.person import PersonFields
from weft.ports import EventLog
from weft.storage.database import read_fact, transaction, write_fact
from weft.storage.database_profiles import index_profiles
from weft.storage.database_worker import get_position
from weft.storage.defined import Defined
from weft.storage.duckdb_evaluate import Evaluator
from weft.storage.duckdb_project import ProjectStore
from weft.storage.duckdb_rebuild import RebuildStore
from weft.storage.duckdb_warehouse import Warehouse
from weft.workers.project import PROJECT, Projector, Wrote
from weft.workers.rebuild import Rebuilder

BULK_EVENTS = 200_000
"""From here on the touched profiles are rebuilt instead. Chosen, not measured: four times the largest tick."""

BULK_WAIT_SECONDS = 600.0
"""Longest wait for the tick to finish an import, so that profiles are rebuilt once and not after each chunk.

Live events lose nothing by it: they stand in the log behind the import."""

LIVE_EVENTS = 10_000
"""So many events of the log are no import any more but what live traffic always has before the tick."""

DEFINITIONS = "definitions_hash"


class Projecting:
    """The project worker's step. clock: the time as UTC without a zone."""

    def __init__(
        self,
        database: Engine,
        warehouse: Warehouse,
        log: EventLog,
        defined: Defined,
        persons: PersonFields,
        clock: Callable[[], datetime],
        done: Callable[[], None] = lambda: None,
        wrote: Wrote = lambda _: None,
    ) -> None:
        self._database = database
        self._warehouse = warehouse
        self._log = log
        self._defined = defined
        self._store = ProjectStore(warehouse, defined.survival)
        evaluator = Evaluator(warehouse, defined)
        self._projector = Projector(database, self._store, evaluator, defined, persons, clock, wrote)
        rebuild = RebuildStore(warehouse, defined)
        self._rebuilder = Rebuilder(database, rebuild, defined, persons, clock, wrote)
        self._done = done
        self._settled = False
        self._waiting_since: float | None = None

    def step(self) -> int:
        """Bring profiles up to date with the warehouse; return how many were written."""
        written = self._catch_up() if not self._settled else self._follow()
        if written:
            self._done()
        return written

    def _catch_up(self) -> int:
        """On the first step: rebuild everybody if the definitions changed, or finish a rebuild that was cut off."""
        index_profiles(self._database)
        changed = self._definitions() != self._defined.hash
        written = 0
        if changed:  # cut off, it is everybody's turn again, also when the old definitions are back by then
            self._define("")
        if changed or self._rebuilder.unfinished():
            written = self._rebuild(everybody=changed)
            self._define(self._defined.hash)
        self._settled = True
        return written

    def _follow(self) -> int:
        if self._behind() < BULK_EVENTS:
            self._waiting_since = None
            return self._projector.step()
        now = time.monotonic()
        if self._waiting_since is None:
            self._waiting_since = now
        coming = self._log.backlog().head - self._store.position
        if coming >= LIVE_EVENTS and now - self._waiting_since < BULK_WAIT_SECONDS:
            return 0
        self._waiting_since = None
        return self._rebuild(everybody=False)

    def _rebuild(self, *, everybody: bool) -> int:
        with self._warehouse.bulk():
            return self._rebuilder.run(everybody=everybody)

    def _behind(self) -> int:
        with self._database.execution_options(read_only=True).begin() as connection:
            return self._store.position - get_position(connection, PROJECT)

    def _define(self, content: str) -> None:
        with transaction(self._database) as connection:
            write_fact(connection, DEFINITIONS, content)

    def _definitions(self) -> str | None:
        with self._database.execution_options(read_only=True).begin() as connection:
            return read_fact(connection, DEFINITIONS)
