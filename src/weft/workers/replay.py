"""Replay: a new warehouse from the log (and, before its window, from the events kept), then the profiles from it."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Engine

from weft.collect.catalogue import learn
from weft.collect.drafts import Rules
from weft.config import EngineSettings
from weft.identity.resolve import Limits
from weft.ports import EventLog
from weft.storage.database import transaction
from weft.storage.database_worker import set_position
from weft.storage.duckdb_export import exported_events
from weft.storage.duckdb_hash import WarehouseHash, warehouse_hash
from weft.storage.duckdb_project import ProjectStore
from weft.storage.duckdb_rebuild import RebuildStore
from weft.storage.duckdb_tick import Batch, TickStore
from weft.storage.duckdb_warehouse import Warehouse
from weft.storage.ibis_compiled import Compiled
from weft.workers.project import NAME
from weft.workers.rebuild import Rebuilder
from weft.workers.tick import Ticker


class Replayed(msgspec.Struct, frozen=True):
    """What a replay came to. before: the hash of the warehouse that was there, None if there was none."""

    events: int
    profiles: int
    before: WarehouseHash | None
    after: WarehouseHash

    @property
    def same(self) -> bool:
        """Say whether the new warehouse says what the old one said."""
        return self.before is None or self.before == self.after


class Replay:
    """Fills a fresh warehouse. kept: a Parquet file of exported events for what the log no longer has."""

    def __init__(
        self,
        warehouse: Warehouse,
        log: EventLog,
        compiled: Compiled,
        rules: Rules,
        settings: EngineSettings,
        limits: Limits,
        data: Path,
        node_key: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._warehouse = warehouse
        self._log = log
        self._compiled = compiled
        self._clock = clock
        warehouse.add_properties(compiled.property_columns)
        self._store = TickStore(warehouse, data, node_key, limits, compiled.property_columns)
        self._ticker = Ticker(log, self._store, rules, settings, clock)

    def fill(self, kept: Path | None, progress: Callable[[int], None]) -> int:
        """Apply the kept events that are older than the log, then the whole log; return how many positions that is."""
        entries = self._log.read(0, 1)
        begins = entries[0].first if entries else None
        if kept is not None:
            for staged in _before(exported_events(kept), begins):
                position = int(staged["position"][-1].as_py())
                self._store.apply(Batch(position, self._clock(), staged=staged), learn)
                progress(position)
        while self._ticker.step():
            progress(self._store.position)
        return self._store.position

    def project(self, engine: Engine, progress: Callable[[int], None]) -> int:
        """Rebuild every served profile from the new warehouse; return how many there are."""
        store = ProjectStore(self._warehouse, self._compiled)
        rebuild = RebuildStore(self._warehouse, self._compiled)
        with transaction(engine) as connection:
            set_position(connection, NAME, 0)
        return Rebuilder(engine, rebuild, store, self._compiled, self._clock).run(
            everybody=True, progress=progress
        )

    def hash(self) -> WarehouseHash:
        """Return the hash of the new warehouse."""
        return warehouse_hash(self._warehouse)


def _before(batches: Iterator[pa.Table], begins: int | None) -> Iterator[pa.Table]:
    for staged in batches:
        older = staged if begins is None else staged.filter(pc.less(staged["position"], begins))
        if older.num_rows:
            yield older
