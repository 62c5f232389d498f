"""What the API reads of the warehouse: timelines with sessions, live events, quarantine, catalogue."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportOperatorIssue=false
# pyright: reportGeneralTypeIssues=false
# (Ibis gives a column no more type than `Column`)

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from weft.model.catalogue import Learned
from weft.model.identifier import node_id
from weft.model.profile import Membership, ProfileDocument, TimelineEvent
from weft.model.quarantine import Quarantined
from weft.storage.database_profiles import DatabaseMemberships
from weft.storage.duckdb_arrow import fetch, microseconds, registered, uuid_array
from weft.storage.duckdb_warehouse import Warehouse, transaction
from weft.storage.ibis_statement import insert_into, select, table

SHOWN = ("position", "message_id", "type", "name", "source", "session", "properties", "context")


class DuckdbFacts:
    """The `Facts` port. Every call takes a cursor of its own, so any thread may ask."""

    def __init__(
        self, warehouse: Warehouse, memberships: DatabaseMemberships, node_key: str, session_idle: timedelta
    ) -> None:
        self._warehouse = warehouse
        self._memberships = memberships
        self._node_key = node_key
        self._session_idle = session_idle

    def timeline(
        self, profile: ProfileDocument, before_position: int | None, limit: int
    ) -> Sequence[TimelineEvent]:
        """Return a profile's events, newest first."""
        nodes = uuid_array([node_id(self._node_key, each).bytes for each in profile.identifiers])
        event, wanted = _facts(), ibis.table({"node_id": "uuid"}, name="wanted")
        mine = with_sessions(event.semi_join(wanted, "node_id"), self._session_idle)
        if before_position is not None:
            mine = mine.filter(mine.position < before_position)
        newest = mine.order_by(ibis.desc("occurred_at"), ibis.desc("position")).limit(limit)
        cursor = self._warehouse.cursor()
        with registered(cursor, "wanted", pa.table([nodes], names=["node_id"])):
            return _events(fetch(cursor, select(newest)))

    def latest(self, after_position: int, limit: int) -> Sequence[TimelineEvent]:
        """Return the newest events of anyone behind a position, oldest first."""
        event = table("event")
        newest = (
            event.filter(event.position > after_position)
            .mutate(session=ibis.literal(""))
            .order_by(ibis.desc("position"))
            .limit(limit)
        )
        return _events(fetch(self._warehouse.cursor(), select(newest)))[::-1]

    def members(self, audience: str, after: UUID | None, limit: int) -> Sequence[Membership]:
        """Return current members in the order of their profile ids."""
        return self._memberships.members(audience, after, limit)

    def sizes(self) -> dict[str, int]:
        """Return audience → number of current members."""
        return self._memberships.sizes()


class DuckdbQuarantine:
    """What was refused and why."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def counts(self) -> Mapping[str, int]:
        """Return reason → number of refused events that were not sent again."""
        waiting = _waiting()
        rows = fetch(self._warehouse.cursor(), select(waiting.group_by("reason").agg(count=waiting.count())))
        return dict(zip(rows["reason"].to_pylist(), rows["count"].to_pylist(), strict=True))

    def read(
        self, after: int, limit: int, *, reason: str | None = None, source: str | None = None
    ) -> Sequence[Quarantined]:
        """Return refused events behind a position that were not sent again, oldest first."""
        waiting = _waiting()
        waiting = waiting.filter(waiting.position > after)
        if reason is not None:
            waiting = waiting.filter(waiting.reason == reason)
        if source is not None:
            waiting = waiting.filter(waiting.source == source)
        rows = fetch(self._warehouse.cursor(), select(waiting.order_by("position").limit(limit)))
        received = microseconds(rows["received_at"])
        return [
            Quarantined(received_us=at, **row)
            for at, row in zip(received, rows.drop_columns(["received_at"]).to_pylist(), strict=True)
        ]

    def mark_replayed(self, positions: Sequence[int], at_us: int) -> None:
        """Note that these were sent again, so that they are listed no more."""
        at = datetime.fromtimestamp(at_us / 1_000_000, UTC).replace(tzinfo=None)
        rows = pa.table({"position": pa.array(positions, pa.int64())})
        replayed = ibis.table({"position": "int64"}, name="replayed").mutate(replayed_at=ibis.literal(at))
        cursor = self._warehouse.cursor()
        with transaction(cursor), registered(cursor, "replayed", rows):
            cursor.execute(insert_into("quarantine_replayed", replayed))

    def replayed(self) -> pa.Table:
        """Return which refused events were sent again, as rows for `restore_replayed`."""
        return fetch(self._warehouse.cursor(), select(table("quarantine_replayed")))

    def restore_replayed(self, rows: pa.Table) -> None:
        """Take over from another warehouse of the same log which refused events were sent again."""
        cursor = self._warehouse.cursor()
        kept = ibis.table(table("quarantine_replayed").schema(), name="kept")
        with transaction(cursor), registered(cursor, "kept", rows):
            cursor.execute(insert_into("quarantine_replayed", kept))


class DuckdbCatalogue:
    """What event names and properties were learned."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def known(self) -> Sequence[Learned]:
        """Return every event name and property, by type, name and property."""
        columns = ["type", "name", "property", "json_type", "count", "example"]
        rows = fetch(
            self._warehouse.cursor(), select(table("catalogue").select(*columns).order_by(columns[:4]))
        )
        return [Learned(**row) for row in rows.to_pylist()]


def with_sessions(event: ir.Table, idle: timedelta) -> ir.Table:
    """Add `session`: the message_id that began it. A pause of `idle` ends a session; the events are of one profile."""
    order = ["occurred_at", "position"]
    before = event.occurred_at.lag().over(order_by=order)
    begins = before.isnull() | (event.occurred_at - before > ibis.literal(idle))
    marked = event.mutate(begins=begins.cast("int64"))
    numbered = marked.mutate(number=marked.begins.sum().over(order_by=order, rows=(None, 0)))
    inside = ibis.window(group_by="number", order_by=order)
    return numbered.mutate(session=numbered.message_id.first().over(inside)).drop("number", "begins")


def _facts() -> ir.Table:
    event, superseded = table("event"), table("superseded")
    return event.anti_join(superseded, "position")


def _waiting() -> ir.Table:
    return table("quarantine").anti_join(table("quarantine_replayed"), "position")


def _events(rows: pa.Table) -> list[TimelineEvent]:
    shown: list[dict[str, Any]] = rows.select(list(SHOWN)).to_pylist()
    times = zip(microseconds(rows["occurred_at"]), microseconds(rows["received_at"]), strict=True)
    return [
        TimelineEvent(occurred_us=occurred, received_us=received, **row)
        for row, (occurred, received) in zip(shown, times, strict=True)
    ]
