"""Replay: a new warehouse from the log (and, before its window, from the events kept), then the profiles from it."""

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Engine

from weft.collect.catalogue import learn
from weft.collect.drafts import Rules
from weft.config import Settings
from weft.errors import Misconfigured
from weft.identity.live.person import PersonFields
from weft.identity.rules import Rules as IdentityRules
from weft.ports import EventLog
from weft.storage.database import transaction
from weft.storage.database_person import Scores
from weft.storage.database_steward import StewardEdges
from weft.storage.database_worker import set_position
from weft.storage.defined import Defined
from weft.storage.duckdb_export import export_events, exported_events
from weft.storage.duckdb_facts import DuckdbQuarantine
from weft.storage.duckdb_hash import WarehouseHash, warehouse_hash
from weft.storage.duckdb_rebuild import RebuildStore
from weft.storage.duckdb_tick import Batch, TickStore
from weft.storage.duckdb_warehouse import Warehouse
from weft.workers.project import CHANGES, PROJECT
from weft.workers.rebuild import Rebuilder
from weft.workers.tick import Ticker

Show = Callable[[str, int, int | None], None]


class Replayed(msgspec.Struct, frozen=True):
    """What a replay came to. before: the hash of the warehouse that was there, None if none could be read.

    positions: of the log, kept events included. profiles: rebuilt; 0 where only compared.
    """

    positions: int
    profiles: int
    before: WarehouseHash | None
    after: WarehouseHash

    @property
    def same(self) -> bool:
        """Say whether the new warehouse says what the old one said."""
        return self.before is None or self.before == self.after


class Present(msgspec.Struct, frozen=True):
    """What the present warehouse tells before it is replaced."""

    hash: WarehouseHash
    replayed: pa.Table
    kept: Path | None


class Replay(msgspec.Struct, frozen=True):
    """One replay of a workspace that does not run."""

    present: Path
    log: EventLog
    database: Engine
    defined: Defined
    rules: Rules
    settings: Settings
    identity: IdentityRules
    data: Path
    node_key: str
    clock: Callable[[], datetime]
    show: Show

    def run(self, kept: Path | None, *, check: bool) -> Replayed:
        """Build the new warehouse; unless `check`, rebuild the profiles from it and put it in place."""
        entries = self.log.read(0, 1)
        begins = entries[0].first if entries else None
        present = self._look(begins, export=kept is None)
        fresh = self.present.with_suffix(".replay")
        _remove(fresh)
        warehouse = Warehouse(fresh, self.settings.storage.warehouse_memory_mb)
        try:
            events = self._fill(warehouse, kept or (present and present.kept), begins)
            if present is not None:
                DuckdbQuarantine(warehouse).restore_replayed(present.replayed)
            after = warehouse_hash(warehouse)
            profiles = 0 if check else self._project(warehouse)
        finally:
            warehouse.close()
            if present is not None and present.kept is not None:
                present.kept.unlink()
        if check:
            _remove(fresh)
        else:
            _put_in_place(fresh, self.present)
        return Replayed(events, profiles, present.hash if present else None, after)

    def _look(self, begins: int | None, *, export: bool) -> Present | None:
        """Read what must survive of the present warehouse; None if it is not there or cannot be read."""
        if not self.present.exists():
            return None
        try:
            warehouse = Warehouse(self.present, self.settings.storage.warehouse_memory_mb)
        except Misconfigured:
            if begins != 1:
                raise  # the log alone cannot replace it
            return None
        try:
            kept = self.data / "replay.parquet" if export and begins != 1 else None
            if kept is not None:
                self.show("keeping what the log no longer has", 0, None)
                export_events(warehouse, kept)
            return Present(warehouse_hash(warehouse), DuckdbQuarantine(warehouse).replayed(), kept)
        finally:
            warehouse.close()

    def _fill(self, warehouse: Warehouse, kept: Path | None, begins: int | None) -> int:
        """Apply the kept events that are older than the log, then the whole log; return the position reached."""
        total = self.log.backlog().head
        columns = self.defined.property_columns
        warehouse.add_properties(columns)
        said, scored = StewardEdges(self.database), Scores(self.database)
        store = TickStore(warehouse, self.data, self.node_key, self.identity, columns, said, scored)
        for staged in _before(exported_events(kept), begins) if kept else ():
            position = int(staged["position"][-1].as_py())
            store.apply(Batch(position, self.clock(), staged=staged), learn)
            self.show("replaying kept events", position, total)
        ticker = Ticker(self.log, store, self.rules, self.settings.engine, self.clock)
        while ticker.step():
            self.show("replaying the log", store.position, total)
        return store.position

    def _project(self, warehouse: Warehouse) -> int:
        rebuild = RebuildStore(warehouse, self.defined)
        with transaction(self.database) as connection:
            set_position(connection, PROJECT, 0)
            set_position(connection, CHANGES, 0)
        persons = PersonFields(self.identity.fields, self.identity.country)
        rebuilder = Rebuilder(self.database, rebuild, self.defined, persons, self.clock)
        return rebuilder.run(
            everybody=True, progress=lambda done: self.show("rebuilding profiles", done, None)
        )


def _before(batches: Iterator[pa.Table], begins: int | None) -> Iterator[pa.Table]:
    for staged in batches:
        older = staged if begins is None else staged.filter(pc.field("position") < begins)
        if older.num_rows:
            yield older


def _put_in_place(fresh: Path, present: Path) -> None:
    """Replace the warehouse in one step; what was there stays under another name."""
    aside = present.with_suffix(".before-replay")
    _remove(aside)
    if present.exists():
        os.link(present, aside)
    _wal(present).unlink(missing_ok=True)  # closing the present warehouse has folded it into the file
    fresh.replace(present)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    _wal(path).unlink(missing_ok=True)


def _wal(path: Path) -> Path:
    return path.with_name(path.name + ".wal")
