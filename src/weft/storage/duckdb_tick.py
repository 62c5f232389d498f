"""What one tick does to the warehouse, in one transaction with the log position."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from weft.identity.resolve import Limits
from weft.model.accepted import Chunk, Entry
from weft.model.catalogue import Learned
from weft.model.measure import PropertyColumn
from weft.storage import duckdb_tick_sql as constant
from weft.storage.duckdb_arrow import fetch, registered, uuid_array, uuid_bytes, uuid_prefixes
from weft.storage.duckdb_catalogue import add_to_catalogue
from weft.storage.duckdb_identity import IdentitySql, insert_rows, update_identity
from weft.storage.duckdb_tick_sql import TickSql
from weft.storage.duckdb_warehouse import Warehouse, read_meta, transaction, write_meta
from weft.storage.seen import SeenKeys

SET_NODE_KEY = "SET VARIABLE node_key = ?"
"""The statements read it by name, so that no secret stands in their text."""
SEEN_SINCE = "SELECT message_key FROM event WHERE received_at >= ?"
SEEN_RECORDS = (
    "SELECT DISTINCT md5(name || chr(31) || record_id)::UUID AS key FROM event WHERE record_id IS NOT NULL"
)
SEEN_LINKS = "SELECT link_key FROM link"
COUNT_STAGED = "SELECT count(*) FROM staged"
COUNTS = "SELECT type, name, count(*) FROM staged GROUP BY type, name"
SAMPLE = (
    "SELECT type, name, identifiers, properties FROM staged "
    "QUALIFY row_number() OVER (PARTITION BY type, name ORDER BY position) <= 200"
)
INSERT_SUPERSEDED = "INSERT INTO superseded SELECT * FROM staged_superseded"
COUNT_SUPERSEDED = "SELECT count(*) FROM staged_superseded"


class Batch(NamedTuple):
    """What a tick takes in: normalised events (or a chunk file), what was refused, and where the log then stands."""

    position: int
    at: datetime
    staged: pa.Table | None = None
    chunk: Entry | None = None
    quarantined: pa.Table | None = None


class TickResult(NamedTuple):
    """Counts of one tick, in events."""

    stored: int
    repeated: int
    quarantined: int
    merged: int


class TickStore:
    """Applies batches. Belongs to the tick's thread; the sets of known keys are rebuilt from the warehouse."""

    def __init__(
        self,
        warehouse: Warehouse,
        data: Path,
        node_key: str,
        limits: Limits,
        columns: tuple[PropertyColumn, ...],
    ) -> None:
        self._data = data
        self._limits = limits
        self._cursor = warehouse.cursor()
        self._cursor.execute(SET_NODE_KEY, [node_key])
        self._sql = tick_statements(warehouse, columns)
        self._identity = identity_statements(warehouse)
        self._messages, self._records, self._links = SeenKeys(), SeenKeys(), SeenKeys()

    @property
    def position(self) -> int:
        """The log position that the warehouse reflects."""
        return int(read_meta(self._cursor, "position") or 0)

    def recall(self, since: datetime) -> None:
        """Load the keys that a repeat is recognised by: messages received since then, every record and link."""
        for seen, query, parameters in (
            (self._messages, SEEN_SINCE, [since]),
            (self._records, SEEN_RECORDS, None),
            (self._links, SEEN_LINKS, None),
        ):
            reader = self._cursor.execute(query, parameters).to_arrow_reader(1_000_000)
            for piece in reader:
                seen.add(uuid_prefixes(pa.table([piece.column(0)], names=["key"]).column(0)))

    def apply(self, batch: Batch, learn: Callable[[pa.Table], Sequence[Learned]]) -> TickResult:
        """Store a batch; the position, the effects and the change feed commit together or not at all.

        learn: says what a sample of staged rows teaches the catalogue.
        """
        cursor = self._cursor
        with transaction(cursor):
            incoming = self._stage(batch)
            stored, merged = 0, 0
            if incoming:
                self._drop_repeats(every=batch.chunk is not None)
                stored = _count(cursor, COUNT_STAGED)
            if stored:
                merged = self._store(batch)
                self._learn(batch.at, learn)
            self._put_aside(batch.quarantined)
            write_meta(cursor, "position", str(batch.position))
        if stored:
            self._remember()
        quarantined = 0 if batch.quarantined is None else batch.quarantined.num_rows
        return TickResult(stored, incoming - stored, quarantined, merged)

    def _learn(self, at: datetime, learn: Callable[[pa.Table], Sequence[Learned]]) -> None:
        counts = {(kind, name): count for kind, name, count in self._cursor.execute(COUNTS).fetchall()}
        learned = learn(fetch(self._cursor, SAMPLE))
        exact = [Learned(kind, name, "", "object", count) for (kind, name), count in counts.items()]
        add_to_catalogue(self._cursor, exact + [row for row in learned if row.property], at)

    def _stage(self, batch: Batch) -> int:
        cursor = self._cursor
        if batch.chunk is not None:
            content = batch.chunk.content
            assert isinstance(content, Chunk)
            cursor.execute(constant.CHUNK_FIRST, [batch.chunk.first])
            rows = cursor.read_parquet(str(self._data / content.path), file_row_number=True)
            rows.create_view("incoming_file", replace=True)
            cursor.execute(constant.CHUNK_VIEW)
            cursor.execute(self._sql.stage)
            cursor.execute(constant.DROP_CHUNK_VIEW)
            return content.count
        if batch.staged is None or not batch.staged.num_rows:
            return 0
        with registered(cursor, "incoming", batch.staged):
            cursor.execute(self._sql.stage)
        return batch.staged.num_rows

    def _drop_repeats(self, *, every: bool) -> None:
        """Delete from `staged` what the warehouse has. every: ask the whole warehouse, not only the known keys."""
        keys = fetch(self._cursor, self._sql.message_keys)
        prefixes = uuid_prefixes(keys.column(0))
        if len(np.unique(prefixes)) < len(prefixes):
            self._cursor.execute(constant.DROP_REPEATS_WITHIN)
        if self._lookup(keys, None if every else self._messages, self._sql.repeats):
            self._cursor.execute(constant.DROP_REPEATS)

    def _lookup(self, keys: pa.Table, seen: SeenKeys | None, statement: str) -> bool:
        """Run a statement over those keys that may be known (table `maybe_known`); False when none may be."""
        column = keys.column(0)
        if seen is not None:
            maybe = seen.maybe(uuid_prefixes(column))
            column = column.filter(pa.array(maybe))
        if not len(column):
            return False
        with registered(self._cursor, "maybe_known", pa.table([column], names=["key"])):
            self._cursor.execute(statement)
        return True

    def _store(self, batch: Batch) -> int:
        cursor, sql = self._cursor, self._sql
        restated = self._supersede()
        cursor.execute(sql.insert_events)
        cursor.execute(sql.stage_nodes)
        cursor.execute(sql.touched_map)
        new_nodes = fetch(cursor, sql.new_nodes)
        cursor.execute(sql.stage_links)
        with registered(cursor, "maybe_known", _no_keys()):
            cursor.execute(sql.known_links)
        self._lookup(fetch(cursor, sql.link_keys), self._links, sql.known_links)
        cursor.execute(sql.earlier_links)
        changed = fetch(cursor, sql.changed_links)
        cursor.execute(sql.insert_links)
        cursor.execute(constant.EARLIER_LINKS)
        return update_identity(
            cursor, self._identity, new_nodes, changed, restated, self._limits, batch.position
        )

    def _supersede(self) -> list[bytes]:
        """Note which facts a newer version of their record replaces; return the nodes they belong to."""
        cursor, sql = self._cursor, self._sql
        keys = fetch(cursor, sql.record_keys)
        if not keys.num_rows:
            return []
        with registered(cursor, "maybe_known", _no_keys()):
            cursor.execute(sql.supersede)
        self._lookup(keys, self._records, sql.supersede)
        cursor.execute(sql.supersede_within)
        if not _count(cursor, COUNT_SUPERSEDED):
            return []
        nodes = uuid_bytes(fetch(cursor, sql.restated_nodes).column(0))
        cursor.execute(INSERT_SUPERSEDED)
        return nodes

    def _remember(self) -> None:
        cursor, sql = self._cursor, self._sql
        for seen, query in (
            (self._messages, sql.message_keys),
            (self._records, sql.record_keys),
            (self._links, sql.link_keys),
        ):
            prefixes = uuid_prefixes(fetch(cursor, query).column(0))
            seen.add(prefixes[~seen.maybe(prefixes)] if seen is not self._messages else prefixes)

    def _put_aside(self, quarantined: pa.Table | None) -> None:
        if quarantined is not None and quarantined.num_rows:
            insert_rows(self._cursor, "quarantine", quarantined)


def tick_statements(warehouse: Warehouse, columns: tuple[PropertyColumn, ...]) -> TickSql:
    """Return the statements of the tick. columns: the typed columns that events carry for the definitions."""

    def make() -> TickSql:
        from weft.storage.ibis_tick import tick_sql

        return tick_sql(columns)

    return warehouse.statements(TickSql, columns, make)


def identity_statements(warehouse: Warehouse) -> IdentitySql:
    """Return the statements of the identity step."""

    def make() -> IdentitySql:
        from weft.storage.ibis_identity import identity_sql

        return identity_sql()

    return warehouse.statements(IdentitySql, None, make)


def _no_keys() -> pa.Table:
    return pa.table([uuid_array([])], names=["key"])


def _count(cursor: duckdb.DuckDBPyConnection, query: str) -> int:
    row: Any = cursor.execute(query).fetchone()
    return int(row[0])
