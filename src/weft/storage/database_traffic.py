"""Counts of events by minute and source in the database, so that a graph never scans events."""

from collections.abc import Mapping, Sequence

from sqlalchemy import BigInteger, Column, Connection, Engine, String, Table, case, delete, func, select

from weft.model.traffic import TAKEN, Came, SourceTotal
from weft.storage.database import metadata
from weft.storage.database_upsert import insert

KEPT_MINUTES = 8 * 24 * 60
HOUR_MINUTES = 60

traffic = Table(
    "traffic",
    metadata,
    Column("minute", BigInteger, primary_key=True, autoincrement=False),
    Column("source", String, primary_key=True),
    Column("outcome", String, primary_key=True),
    Column("events", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
source_total = Table(
    "source_total",
    metadata,
    Column("source", String, primary_key=True),
    Column("events", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("first_us", BigInteger, nullable=False),
    Column("last_us", BigInteger, nullable=False),
)

Counts = Mapping[tuple[int, str, str], int]
"""(minute, source, outcome) → events."""

Seen = Mapping[str, tuple[int, int]]
"""Source → first and last time, in microseconds, at which something of it was received."""


def add_traffic(connection: Connection, counts: Counts, seen: Seen) -> None:
    """Add to what was counted, inside the caller's transaction. seen: of every source in counts."""
    if not counts:
        return
    statement = insert(traffic)
    statement = statement.on_conflict_do_update(
        index_elements=["minute", "source", "outcome"],
        set_={"events": traffic.c.events + statement.excluded.events},
    )
    rows = [
        {"minute": minute, "source": source, "outcome": outcome, "events": events}
        for (minute, source, outcome), events in counts.items()
    ]
    connection.execute(statement, rows)
    _add_totals(connection, counts, seen)


def trim_traffic(connection: Connection, before_minute: int) -> None:
    """Forget the minutes before this one; the totals of sources stay."""
    connection.execute(delete(traffic).where(traffic.c.minute < before_minute))


class DatabaseTraffic:
    """Reads what was counted; safe from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(read_only=True)

    def minutes(self, since_minute: int) -> Sequence[Came]:
        """Return what came in from this minute on, the oldest first."""
        statement = select(traffic).where(traffic.c.minute >= since_minute).order_by(traffic.c.minute)
        with self._engine.begin() as connection:
            return [Came(*row) for row in connection.execute(statement)]

    def hours(self, since_minute: int) -> Sequence[Came]:
        """Return the same with `minute` the first one of its hour, and one row for each hour."""
        hour = (traffic.c.minute - traffic.c.minute % HOUR_MINUTES).label("hour")
        columns = (hour, traffic.c.source, traffic.c.outcome)
        statement = (
            select(*columns, func.sum(traffic.c.events))
            .where(traffic.c.minute >= since_minute)
            .group_by(*columns)
            .order_by(hour)
        )
        with self._engine.begin() as connection:
            return [
                Came(minute, source, outcome, int(events))
                for minute, source, outcome, events in connection.execute(statement)
            ]

    def totals(self) -> Sequence[SourceTotal]:
        """Return every source that ever sent something, by name."""
        with self._engine.begin() as connection:
            rows = connection.execute(select(source_total).order_by(source_total.c.source))
            return [SourceTotal(*row) for row in rows]


def _add_totals(connection: Connection, counts: Counts, seen: Seen) -> None:
    events, refused = dict.fromkeys(seen, 0), dict.fromkeys(seen, 0)
    for (_, source, outcome), number in counts.items():
        events[source] += number
        if outcome not in TAKEN:
            refused[source] += number
    statement = insert(source_total)
    new, old = statement.excluded, source_total.c
    statement = statement.on_conflict_do_update(
        index_elements=["source"],
        set_={
            "events": old.events + new.events,
            "refused": old.refused + new.refused,
            "first_us": case((new.first_us < old.first_us, new.first_us), else_=old.first_us),
            "last_us": case((new.last_us > old.last_us, new.last_us), else_=old.last_us),
        },
    )
    rows = [
        {
            "source": source,
            "events": events[source],
            "refused": refused[source],
            "first_us": first,
            "last_us": last,
        }
        for source, (first, last) in seen.items()
    ]
    connection.execute(statement, rows)
