"""What one tick does to the warehouse: a batch is staged, then its effects and the log position commit together."""

import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from weft.clock import utc_now, utc_of
from weft.identity.rules import Rules
from weft.identity.steward import StewardEdge
from weft.model.accepted import Chunk, Entry
from weft.model.catalogue import Learned
from weft.model.identifier import Identifier, node_id
from weft.model.measure import PropertyColumn
from weft.storage import duckdb_tick_sql as constant
from weft.storage.database_person import ScoreEdge, Scores
from weft.storage.duckdb_arrow import (
    fetch,
    insert_rows,
    registered,
    uuid_bytes,
    uuid_keys,
    uuid_prefixes,
)
from weft.storage.duckdb_catalogue import add_to_catalogue, fold_catalogue
from weft.storage.duckdb_everybody import resolve_all
from weft.storage.duckdb_identity import (
    Resolved,
    Supposed,
    Tick,
    identity_statements,
    suppose,
    update_identity,
)
from weft.storage.duckdb_log_ins import Known as KnownDevices
from weft.storage.duckdb_log_ins import LogInStep, Names
from weft.storage.duckdb_recall import Memory, maybe_known, recall_memory
from weft.storage.duckdb_stay_step import place_devices
from weft.storage.duckdb_stays import Placed, stay_statements, write_stays
from weft.storage.duckdb_steward import Stewardship
from weft.storage.duckdb_tick_sql import tick_statements
from weft.storage.duckdb_warehouse import Warehouse, alive, read_meta, transaction, write_meta
from weft.storage.seen import SeenKeys

STEWARD_POSITION = "steward_position"
"""The fact that tells which edges of stewards the map reflects."""
SCORE_POSITION = "score_position"
"""The fact that tells which scores of pairs the map reflects."""
SCORES_AT_ONCE = 5_000
RULES_VERSION = "identity_rules"
"""The fact that tells by which rules the map was made."""
LARGE_EVENTS = 10_000
"""From here on a tick takes every core."""
FOLD_TICKS = 1_000
"""Ticks after which the catalogue's rows are folded."""


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
    """Applies batches; one thread at a time. What it remembers is loaded from the warehouse.

    said: returns the edges of stewards behind a number; they take effect with the next batch. scored: the stream of
    scores of pairs; None where nothing matches people.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        data: Path,
        node_key: str,
        rules: Rules,
        columns: tuple[PropertyColumn, ...],
        said: Callable[[int], Sequence[StewardEdge]],
        scored: Scores | None = None,
    ) -> None:
        self._data = data
        self._rules = rules
        self._said = said
        self._scored = scored
        self._score_position = 0
        self._node_key = node_key
        self._turn = threading.Lock()
        self._warehouse = warehouse
        self._cursor = warehouse.cursor()
        self._cursor.execute(constant.SET_NODE_KEY, [node_key])
        self._sql = tick_statements(warehouse, columns, rules)
        self._stay_sql = stay_statements(warehouse, rules)
        self._identity = identity_statements(warehouse)
        self.memory: Memory | None = None
        self._since = utc_of(0)
        self._ticks = 0

    @property
    def position(self) -> int:
        """The log position that the warehouse reflects."""
        return self._warehouse.position

    def recall(self, since: datetime) -> None:
        """Load what a batch is compared with: messages received since then, every record, link and node."""
        with self._turn:
            self._recall(since)

    def _recall(self, since: datetime) -> None:
        self._since = since
        cursor = self._cursor
        heard = int(read_meta(cursor, STEWARD_POSITION) or 0)
        self._score_position = int(read_meta(cursor, SCORE_POSITION) or 0)
        edges = [edge for edge in self._said(0) if edge.number <= heard]
        stewardship = Stewardship(edges, self._node_of)
        self.memory = recall_memory(cursor, since, stewardship, self._stay_sql, self._rules)
        self._keep_rules(self.memory)

    def _keep_rules(self, memory: Memory) -> None:
        """Solve everybody again if the rules are others than the warehouse was made with."""
        cursor = self._cursor
        if read_meta(cursor, RULES_VERSION) == self._rules.version:
            return
        self.memory = None
        with transaction(cursor):
            if len(memory.identity.map.index):
                now, position = utc_now(), self._warehouse.position
                resolve_all(cursor, memory.identity, memory.links, self._rules, now, position)
            write_meta(cursor, RULES_VERSION, self._rules.version)
        self.memory = memory

    def waits(self) -> bool:
        """Say whether stewards or the model said something that no batch has taken in yet."""
        memory = self.memory
        if memory is None:
            return False
        return bool(self._scores(self.position, 1) or self._said(memory.identity.stewardship.head))

    def _scores(self, position: int, most: int) -> Sequence[ScoreEdge]:
        """Return scores that were not taken in yet, of nodes that are known at a position of the log."""
        return self._scored(self._score_position, position, most) if self._scored else ()

    def suppose(self, said: Sequence[StewardEdge], at: datetime) -> list[Supposed]:
        """Return where nodes would be if stewards said this too, of all that might move. Nothing changes."""
        with self._turn, alive():
            if self.memory is None:
                self._recall(self._since)
            memory = self.memory
            assert memory is not None
            return suppose(
                self._cursor,
                self._identity,
                memory.identity,
                memory.links,
                self._rules,
                Tick(at, 0, said=said),
            )

    def _node_of(self, identifier: Identifier) -> bytes:
        return node_id(self._node_key, identifier).bytes

    def apply(self, batch: Batch, learn: Callable[[pa.Table], Sequence[Learned]]) -> TickResult:
        """Store a batch; the position, the effects and the change feed commit together or not at all.

        learn: says what a sample of staged rows teaches the catalogue.
        """
        with self._turn, alive(), self._warehouse.bulk() if _is_large(batch) else nullcontext():
            if self.memory is None:
                self._recall(self._since)
            memory, self.memory = self.memory, None  # until it commits, memory is ahead of the warehouse
            assert memory is not None
            result = self._apply(batch, learn, memory)
        self.memory = memory
        return result

    def _apply(
        self, batch: Batch, learn: Callable[[pa.Table], Sequence[Learned]], memory: Memory
    ) -> TickResult:
        cursor = self._cursor
        stored, keys, placed, resolved = 0, None, None, Resolved(0, 0)
        said = self._said(memory.identity.stewardship.head)
        # staged before the transaction begins: DuckDB reads its own uncommitted rows with one thread only
        incoming = self._stage(batch)
        if incoming:
            keys = self._drop_repeats(None if batch.chunk is not None else memory.messages)
            stored = keys.num_rows
            placed = self._place(batch, memory) if stored else None
        scores = self._scores(batch.position, SCORES_AT_ONCE)
        with transaction(cursor):
            overlooked = self._overlooked(memory, placed)
            tick = Tick(batch.at, batch.position, said=said, scores=[*overlooked, *scores])
            if keys is not None and placed is not None:
                tick = self._store(tick, memory, keys, placed)
            if stored or said or scores:
                resolved = update_identity(
                    cursor, self._identity, memory.identity, memory.links, self._rules, tick
                )
            if stored:
                self._learn(batch, learn, whole=stored == incoming)
            if said:
                write_meta(cursor, STEWARD_POSITION, str(said[-1].number))
            if scores:
                write_meta(cursor, SCORE_POSITION, str(scores[-1].number))
            if batch.quarantined is not None and batch.quarantined.num_rows:
                insert_rows(cursor, "quarantine", batch.quarantined)
            if batch.position != self.position:
                write_meta(cursor, "position", str(batch.position))
        self._warehouse.committed(batch.position, resolved.change)
        self._score_position = scores[-1].number if scores else self._score_position
        if keys is not None:
            memory.add(keys)
        quarantined = 0 if batch.quarantined is None else batch.quarantined.num_rows
        return TickResult(stored, incoming - stored, quarantined, resolved.merged)

    def _learn(self, batch: Batch, learn: Callable[[pa.Table], Sequence[Learned]], *, whole: bool) -> None:
        """Add to the catalogue. whole: nothing of the batch was a repeat."""
        if whole and batch.staged is not None:
            learned = learn(batch.staged)
        else:
            counts = {
                (kind, name): count for kind, name, count in self._cursor.execute(constant.COUNTS).fetchall()
            }
            sampled = learn(fetch(self._cursor, constant.SAMPLE))
            exact = [Learned(kind, name, "", "object", count) for (kind, name), count in counts.items()]
            learned = exact + [row for row in sampled if row.property]
        add_to_catalogue(self._cursor, learned, batch.at)
        if self._ticks % FOLD_TICKS == 0:
            fold_catalogue(self._cursor)
        self._ticks += 1

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
        incoming = batch.staged  # the statement finds it by this name
        cursor.execute(self._sql.stage)
        return incoming.num_rows

    def _drop_repeats(self, seen: SeenKeys | None) -> pa.Table:
        """Delete from `staged` what the warehouse has; return the keys of what is left.

        seen: keys that it may have; None to ask it for every one.
        """
        keys = fetch(self._cursor, self._sql.keys)
        prefixes = uuid_prefixes(keys["message_key"])
        within = len(np.unique(prefixes)) < len(prefixes)
        if within:
            self._cursor.execute(constant.DROP_REPEATS_WITHIN)
        before = maybe_known(keys["message_key"], seen)
        if before.num_rows:
            with registered(self._cursor, "maybe_known", before):
                self._cursor.execute(self._sql.repeats)
            self._cursor.execute(constant.DROP_REPEATS)
        return fetch(self._cursor, self._sql.keys) if within or before.num_rows else keys

    def _place(self, batch: Batch, memory: Memory) -> Placed:
        """Say which nodes and links the tick brings, and give device events to who was logged in."""
        known = KnownDevices(memory.stays, memory.links, memory.identity.map)
        names = Names(fetch(self._cursor, self._sql.nodes))
        step = LogInStep(self._cursor, self._stay_sql, known, self._rules, names, self._node_key)
        return place_devices(step, fetch(self._cursor, self._sql.pairs), batch.staged)

    def _overlooked(self, memory: Memory, placed: Placed | None) -> Sequence[ScoreEdge]:
        """Return what was scored of pairs before events linked them; it was too little to make a link of its own."""
        if placed is None or self._scored is None or not self._score_position:
            return ()
        links, nodes = placed.links, memory.identity.map.index
        ends = [links[name] for name in ("left_node", "right_node")]
        fresh = memory.links.index.find(uuid_keys(links["link_key"])) < 0
        for end in ends:
            fresh &= nodes.find(uuid_keys(end)) >= 0
        left, right = (uuid_bytes(end.filter(pa.array(fresh))) for end in ends)
        return self._scored.of(list(zip(left, right, strict=True)), self._score_position) if left else ()

    def _store(self, tick: Tick, memory: Memory, keys: pa.Table, placed: Placed) -> Tick:
        """Store the staged facts; return the tick with their nodes and links."""
        cursor, sql = self._cursor, self._sql
        restated = self._supersede(keys["record_key"].drop_null(), memory.records)
        cursor.execute(sql.insert_events)
        write_stays(cursor, self._node_key, placed, tick.position)
        new = memory.identity.map.index.find(uuid_keys(placed.nodes["node_id"])) < 0
        return tick._replace(
            new_nodes=placed.nodes.filter(pa.array(new)),
            links=placed.links,
            restated=list(dict.fromkeys((*restated, *placed.restated))),
        )

    def _supersede(self, keys: "pa.ChunkedArray[Any]", seen: SeenKeys) -> list[bytes]:
        """Note which facts a newer version of their record replaces; return the nodes they belong to."""
        cursor, sql = self._cursor, self._sql
        if not len(keys):
            return []
        with registered(cursor, "maybe_known", maybe_known(keys, seen)):
            cursor.execute(sql.supersede)
        cursor.execute(sql.supersede_within)
        if not _count(cursor, constant.COUNT_SUPERSEDED):
            return []
        nodes = uuid_bytes(fetch(cursor, sql.restated_nodes).column(0))
        cursor.execute(constant.INSERT_SUPERSEDED)
        return nodes


def _is_large(batch: Batch) -> bool:
    return batch.chunk is not None or (batch.staged is not None and batch.staged.num_rows >= LARGE_EVENTS)


def _count(cursor: duckdb.DuckDBPyConnection, query: str) -> int:
    row: Any = cursor.execute(query).fetchone()
    return int(row[0])
