"""The tick: a group of the log becomes facts in the warehouse, position and effects in one transaction."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from weft.clock import us_of
from weft.collect.catalogue import learn
from weft.collect.drafts import Rules
from weft.collect.normalise import normalise
from weft.collect.pipeline import Meter
from weft.config import EngineSettings
from weft.model.accepted import Chunk, Entry
from weft.ports import EventLog
from weft.storage.duckdb_tick import Batch, TickStore

if TYPE_CHECKING:
    from weft.workers.traffic import Traffic

MARK_SECONDS = 0.25
"""How often the log is told how far the engine is (for back-pressure only)."""

TRIM_SECONDS = 60.0


class Ticker:
    """One step: read a group, normalise it, apply it. clock: the time as UTC without a zone."""

    def __init__(
        self,
        log: EventLog,
        store: TickStore,
        rules: Rules,
        settings: EngineSettings,
        clock: Callable[[], datetime],
        done: Callable[[], None] = lambda: None,
        traffic: "Traffic | None" = None,
    ) -> None:
        self.meter = Meter()
        self.counts: Counter[str] = Counter()
        self._log = log
        self._store = store
        self._rules = rules
        self._settings = settings
        self._clock = clock
        self._done = done
        self._traffic = traffic
        self._position: int | None = None
        self._marked = 0
        self._mark_after = 0.0
        self._trim_after = time.monotonic() + TRIM_SECONDS

    def step(self) -> int:
        """Apply the next group; return how many events of the log it took in."""
        position = self._begin() if self._position is None else self._position
        entries = _alike(self._log.read(position, self._settings.tick_events))
        if not entries and self._store.waits():
            self._take(Batch(position, self._clock()))
            return 1
        if not entries:
            self._mark(position, at_once=True)
            self._trim(position)
            return 0
        batch = self._batch(entries)
        self._take(batch)
        if self._traffic is not None:
            self._traffic.take(batch.position, entries, batch.staged, batch.quarantined)
        self._mark(batch.position, at_once=False)
        return batch.position - position

    def _take(self, batch: Batch) -> None:
        result = self._store.apply(batch, learn)
        self._position = batch.position
        self.counts.update(
            stored=result.stored,
            repeated=result.repeated,
            quarantined=result.quarantined,
            merged=result.merged,
            ticks=1,
        )
        self._done()

    def _begin(self) -> int:
        self._store.recall(self._clock() - timedelta(days=self._settings.dedupe_days))
        self._position = self._store.position
        if self._traffic is not None:
            self._traffic.begin(self._position)
        return self._position

    def _batch(self, entries: Sequence[Entry]) -> Batch:
        last = entries[-1]
        if isinstance(last.content, Chunk):
            return Batch(last.last, self._clock(), chunk=last)
        normalised = normalise(entries, self._rules)
        self.meter.add(normalised.meter)
        return Batch(last.last, self._clock(), staged=normalised.staged, quarantined=normalised.quarantined)

    def _mark(self, position: int, *, at_once: bool) -> None:
        now = time.monotonic()
        if position == self._marked or (now < self._mark_after and not at_once):
            return
        self._log.mark_consumed(position)
        self._marked, self._mark_after = position, now + MARK_SECONDS

    def _trim(self, position: int) -> None:
        now = time.monotonic()
        if now < self._trim_after:
            return
        self._trim_after = now + TRIM_SECONDS
        kept_since = self._clock() - timedelta(days=self._settings.replay_days)
        self._log.trim(position, us_of(kept_since))


def _alike(entries: Sequence[Entry]) -> Sequence[Entry]:
    """Return the entries up to the first of another sort: requests together, each chunk alone."""
    if not entries or isinstance(entries[0].content, Chunk):
        return entries[:1]
    for index, entry in enumerate(entries):
        if isinstance(entry.content, Chunk):
            return entries[:index]
    return entries
