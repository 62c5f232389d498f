"""Counts what the tick took in, by minute and source, and writes it down every second.

The tick must not wait for the database, so the counts follow it: they carry the log position that they reach, and at a
start what lies between that and the tick's own position is counted again.
"""

import threading
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from sqlalchemy import Engine

from weft.clock import MINUTE_US
from weft.collect.drafts import Rules
from weft.collect.normalise import normalise
from weft.model.accepted import Accepted, Chunk, Entry
from weft.model.traffic import ACCEPTED, ANONYMOUS, IMPORTED
from weft.ports import EventLog
from weft.profile.naming import DEVICES
from weft.storage.database import transaction
from weft.storage.database_traffic import KEPT_MINUTES, add_traffic, trim_traffic
from weft.storage.database_worker import get_position, set_position
from weft.storage.duckdb_arrow import microseconds

TRAFFIC = "traffic"
RECOUNT_EVENTS = 200_000
"""A wider gap (a workspace of an older Weft) is not counted again; its graphs begin at the start."""

READ_EVENTS = 10_000


class Tally:
    """Counts by (minute, source, outcome), and when each source was first and last seen."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[int, str, str]] = Counter()
        self.seen: dict[str, tuple[int, int]] = {}

    def add(self, received_us: int, source: str, outcome: str, events: int) -> None:
        """Count events."""
        self.counts[received_us // MINUTE_US, source, outcome] += events
        first, last = self.seen.get(source, (received_us, received_us))
        self.seen[source] = min(first, received_us), max(last, received_us)

    def add_entries(
        self, entries: Sequence[Entry], staged: pa.Table | None, quarantined: pa.Table | None
    ) -> None:
        """Count the events of a batch. staged: those of its requests that were taken; quarantined: the refused."""
        for entry in entries:
            content = entry.content
            if isinstance(content, Chunk):
                self.add(content.received_at_us, content.source, IMPORTED, content.count)
                continue
            for accepted in content:
                self._add_request(accepted)
        if staged is not None:
            anonymous = _anonymous(staged).select(["received_at", "source"])
            self._move(anonymous.append_column("outcome", pa.repeat(ANONYMOUS, len(anonymous))))
        if quarantined is not None:
            refused = quarantined.select(["received_at", "source", "reason"])
            self._move(refused.rename_columns(["received_at", "source", "outcome"]))

    def _move(self, events: pa.Table) -> None:
        """Count accepted events under another outcome instead."""
        if not events.num_rows:  # as most ticks of live traffic
            return
        received_us = np.asarray(microseconds(events["received_at"]), np.int64)
        timed = events.append_column("us", pa.array(received_us)).append_column(
            "minute", pa.array(received_us // MINUTE_US)
        )
        groups = timed.group_by(["minute", "source", "outcome"]).aggregate(
            [("us", "min"), ("us", "max"), ("us", "count")]
        )
        for each in groups.to_pylist():
            minute, source, outcome = each["minute"], each["source"], each["outcome"]
            self.add(each["us_min"], source, outcome, each["us_count"])
            self.add(each["us_max"], source, outcome, 0)
            self.counts[minute, source, ACCEPTED] -= each["us_count"]

    def _add_request(self, accepted: Accepted) -> None:
        self.add(accepted.received_at_us, accepted.source, ACCEPTED, accepted.count)

    def add_tally(self, other: "Tally") -> None:
        """Add what another one counted."""
        for key, events in other.counts.items():
            self.counts[key] += events
        for source, (first, last) in other.seen.items():
            before = self.seen.get(source, (first, last))
            self.seen[source] = min(first, before[0]), max(last, before[1])


def _anonymous(staged: pa.Table) -> pa.Table:
    """Return the events that nothing but browsers and devices names."""
    identifiers = staged["identifiers"].combine_chunks()
    namespaces = identifiers.flatten().field("namespace").dictionary_encode()
    names = np.array([name not in DEVICES for name in namespaces.dictionary.to_pylist()], bool)
    rows = identifiers.value_parent_indices().to_numpy()
    anonymous = np.ones(staged.num_rows, bool)
    anonymous[rows[names[namespaces.indices.to_numpy()]]] = False
    return staged.filter(pa.array(anonymous))


class Traffic:
    """Told by the tick's thread, writes in its own."""

    def __init__(self, database: Engine, log: EventLog, rules: Rules) -> None:
        self._database = database
        self._log = log
        self._rules = rules
        self._lock = threading.Lock()
        self._tally = Tally()
        self._position = 0
        self._trimmed = 0

    def begin(self, position: int) -> None:
        """Count again what lies between the last written count and the tick's position."""
        with self._database.execution_options(read_only=True).begin() as connection:
            done = get_position(connection, TRAFFIC)
        tally = Tally()
        if position - done <= RECOUNT_EVENTS:
            while done < position:
                entries = [each for each in self._log.read(done, READ_EVENTS) if each.last <= position]
                if not entries:
                    break
                again = normalise(entries, self._rules)
                tally.add_entries(entries, again.staged, again.quarantined)
                done = entries[-1].last
        with self._lock:
            self._tally, self._position = tally, position

    def take(
        self,
        position: int,
        entries: Sequence[Entry],
        staged: pa.Table | None,
        quarantined: pa.Table | None,
    ) -> None:
        """Count a batch that the tick has applied. position: the log's after it."""
        with self._lock:
            self._tally.add_entries(entries, staged, quarantined)
            self._position = position

    def step(self) -> int:
        """Write what was counted since; it returns 0, so that the next step waits its time."""
        with self._lock:
            tally, position = self._tally, self._position
            self._tally = Tally()
        if not tally.counts:
            return 0
        try:
            with transaction(self._database) as connection:
                add_traffic(connection, +tally.counts, tally.seen)
                set_position(connection, TRAFFIC, position)
                newest = max(minute for minute, _, _ in tally.counts)
                if newest > self._trimmed:
                    trim_traffic(connection, newest - KEPT_MINUTES)
        except BaseException:
            with self._lock:
                self._tally.add_tally(tally)
            raise
        self._trimmed = max(self._trimmed, newest)
        return 0
