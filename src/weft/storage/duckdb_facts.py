"""What the API reads of the warehouse: timelines with sessions, live events, quarantine, catalogue.

What is asked at the start or at fixed times has its statements kept; a person's question waits for the compiler once.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

import duckdb
import msgspec
import numpy as np
import pyarrow as pa

from weft.model.catalogue import Learned, Volume
from weft.model.event import TimelineEvent
from weft.model.identifier import node_id
from weft.model.profile import Membership, Origin, ProfileDocument, TimelineQuery
from weft.model.quarantine import Quarantined
from weft.storage.database_audiences import DatabaseMemberships
from weft.storage.duckdb_arrow import epoch_us, fetch, microseconds, registered, uuid_array, uuid_bytes
from weft.storage.duckdb_places import set_upto
from weft.storage.duckdb_warehouse import Warehouse, transaction
from weft.storage.key_index import Rows

SHOWN = ("position", "message_id", "type", "name", "source", "session", "properties", "context")

SET = {
    name: f"SET VARIABLE {name} = ?"
    for name in (
        "wanted_type",
        "wanted_name",
        "wanted_source",
        "wanted_record",
        "first",
        "last",
    )
}

FIT_WINDOWS = (1_000, 20_000)
"""Of how many of a person's last events is asked whether they fit, before all others are."""


class FactsSql(NamedTuple):
    """The compiled statements: refused events by reason, those sent again and how to note them, what was learned,
    where keys came from, where a profile's events are and which fit, the events at places, whose a record is.
    """

    refused: str
    replayed: str
    restore_replayed: str
    learned: str
    origins: str
    places: str
    fitting: str
    shown: str
    holders: str


class DuckdbFacts:
    """The `Facts` port. Every call takes a cursor of its own, so any thread may ask."""

    def __init__(
        self, warehouse: Warehouse, memberships: DatabaseMemberships, node_key: str, session_idle: timedelta
    ) -> None:
        self._warehouse = warehouse
        self._memberships = memberships
        self._node_key = node_key
        self._session_idle = session_idle

    def timeline(self, profile: ProfileDocument, query: TimelineQuery) -> Sequence[TimelineEvent]:
        """Return a profile's events, newest first."""
        cursor = self._warehouse.cursor()
        positions, sessions = self._page(cursor, profile, query)
        wanted = pa.table({"position": np.unique(np.concatenate((positions, sessions)))})
        with registered(cursor, "wanted", wanted):
            rows = fetch(cursor, self._sql.shown)
        rows = rows.append_column("session", pa.array([""] * len(rows)))
        found = {each.position: each for each in _events(rows)}
        return [
            msgspec.structs.replace(found[position], session=found[session].message_id)
            for position, session in zip(positions.tolist(), sessions.tolist(), strict=True)
        ]

    @cached_property
    def _sql(self) -> FactsSql:
        return facts_statements(self._warehouse)

    def _page(
        self, cursor: duckdb.DuckDBPyConnection, profile: ProfileDocument, query: TimelineQuery
    ) -> tuple[Rows, Rows]:
        """Return the positions of a page, newest first, and of each the position at which its session began."""
        positions, times = self._places(cursor, profile)
        idle_us = self._session_idle // timedelta(microseconds=1)
        begins = np.diff(times, prepend=times[:1] - idle_us - 1) > idle_us
        begun = np.maximum.accumulate(np.where(begins, np.arange(len(times)), 0))
        end = len(times)
        if query.before is not None:
            at, position = query.before
            end = int(np.searchsorted(times, at, "left"))
            end += int(np.searchsorted(positions[end : np.searchsorted(times, at, "right")], position))
        page = self._fitting(cursor, positions[:end], query)
        return positions[page], positions[begun[page]]

    def _places(self, cursor: duckdb.DuckDBPyConnection, profile: ProfileDocument) -> tuple[Rows, Rows]:
        """Return position and time of all events of a profile, by time."""
        set_upto(cursor)
        nodes = uuid_array([node_id(self._node_key, each).bytes for each in profile.identifiers])
        with registered(cursor, "wanted", pa.table([nodes], names=["node_id"])):
            places = fetch(cursor, self._sql.places)
        times, positions = epoch_us(places["occurred_at"]), np.asarray(places["position"]).astype(np.int64)
        order = np.lexsort((positions, times))
        return positions[order], times[order]

    def _fitting(self, cursor: duckdb.DuckDBPyConnection, positions: Rows, query: TimelineQuery) -> Rows:
        """Return the indices of the last positions whose events fit, the last first: one page."""
        if not (query.type or query.name or query.source):
            return np.arange(len(positions))[::-1][: query.limit]
        for name, value in (("type", query.type), ("name", query.name), ("source", query.source)):
            cursor.execute(SET[f"wanted_{name}"], [value or ""])
        found: Rows = np.empty(0, np.int64)
        end = len(positions)
        for size in (*FIT_WINDOWS, end):
            first = max(0, end - size)
            with registered(cursor, "wanted", pa.table({"position": positions[first:end]})):
                fits = fetch(cursor, self._sql.fitting)["position"]
            fitting = np.flatnonzero(np.isin(positions[first:end], np.asarray(fits))) + first
            found, end = np.concatenate((found, fitting[::-1])), first
            if not end or len(found) >= query.limit:
                break
        return found[: query.limit]

    def named(self, event: str, limit: int) -> Sequence[TimelineEvent]:
        """Return the newest `track` events of a name, newest first."""
        from weft.storage.ibis_facts import named_sql

        return _events(fetch(self._warehouse.cursor(), named_sql(event, limit)))

    def origins(self, message_keys: Collection[bytes], first_us: int, last_us: int) -> Mapping[bytes, Origin]:
        """Return, of events that occurred between two times, where those with these keys came from."""
        cursor = self._warehouse.cursor()
        _bound(cursor, first_us, last_us)
        keys = pa.table([uuid_array(list(message_keys))], names=["message_key"])
        with registered(cursor, "wanted", keys):
            rows = fetch(cursor, self._sql.origins)
        found = zip(
            uuid_bytes(rows["message_key"]), rows.drop_columns(["message_key"]).to_pylist(), strict=True
        )
        return {key: Origin(**row) for key, row in found}

    def nodes_of_record(self, record_id: str) -> Sequence[bytes]:
        """Return the nodes to which records of any kind with this id belong, a few at most."""
        cursor = self._warehouse.cursor()
        cursor.execute(SET["wanted_record"], [record_id])
        return uuid_bytes(fetch(cursor, self._sql.holders)["node_id"])

    def latest(self, after_position: int, limit: int) -> Sequence[TimelineEvent]:
        """Return the newest events of anyone behind a position, oldest first."""
        from weft.storage.ibis_facts import latest_sql

        return _events(fetch(self._warehouse.cursor(), latest_sql(after_position, limit)))[::-1]

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
        rows = fetch(self._warehouse.cursor(), facts_statements(self._warehouse).refused)
        return dict(zip(rows["reason"].to_pylist(), rows["count"].to_pylist(), strict=True))

    def read(
        self, after: int, limit: int, *, reason: str | None = None, source: str | None = None
    ) -> Sequence[Quarantined]:
        """Return refused events behind a position that were not sent again, oldest first."""
        from weft.storage.ibis_facts import refused_sql

        rows = fetch(self._warehouse.cursor(), refused_sql(after, limit, reason, source))
        received = microseconds(rows["received_at"])
        return [
            Quarantined(received_us=at, **row)
            for at, row in zip(received, rows.drop_columns(["received_at"]).to_pylist(), strict=True)
        ]

    def mark_replayed(self, positions: Sequence[int], at_us: int) -> None:
        """Note that these were sent again, so that they are listed no more."""
        times = pa.array([time_of(at_us)] * len(positions), pa.timestamp("us"))
        rows = {"position": pa.array(positions, pa.int64()), "replayed_at": times}
        self.restore_replayed(pa.table(rows))

    def replayed(self) -> pa.Table:
        """Return which refused events were sent again, as rows for `restore_replayed`."""
        return fetch(self._warehouse.cursor(), facts_statements(self._warehouse).replayed)

    def restore_replayed(self, rows: pa.Table) -> None:
        """Note which refused events were sent again, and when, e.g. as another warehouse of the same log says."""
        cursor = self._warehouse.cursor()
        with transaction(cursor), registered(cursor, "kept", rows):
            cursor.execute(facts_statements(self._warehouse).restore_replayed)


class DuckdbCatalogue:
    """What event names and properties were learned."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def known(self) -> Sequence[Learned]:
        """Return every event name and property, by type, name and property."""
        rows = fetch(self._warehouse.cursor(), facts_statements(self._warehouse).learned)
        seen = zip(microseconds(rows["first_seen_at"]), microseconds(rows["last_seen_at"]), strict=True)
        learned = rows.drop_columns(["first_seen_at", "last_seen_at"]).to_pylist()
        return [
            Learned(**row, first_seen_us=first, last_seen_us=last)
            for row, (first, last) in zip(learned, seen, strict=True)
        ]

    def volumes(self, since_us: int) -> Sequence[Volume]:
        """Count the events of each name by the day they occurred on. It reads all of them since then."""
        from weft.storage.ibis_facts import volumes_sql

        rows = fetch(self._warehouse.cursor(), volumes_sql(time_of(since_us)))
        return [Volume(**row) for row in rows.to_pylist()]


def facts_statements(warehouse: Warehouse) -> FactsSql:
    """Return the statements that need no more than the tables."""

    def make() -> FactsSql:
        from weft.storage.ibis_facts import facts_sql

        return facts_sql()

    return warehouse.statements(FactsSql, None, make)


def time_of(at_us: int) -> datetime:
    """Return microseconds since 1970 as the warehouse knows times: UTC without a zone."""
    return datetime.fromtimestamp(0, UTC).replace(tzinfo=None) + timedelta(microseconds=at_us)


def _bound(cursor: duckdb.DuckDBPyConnection, first_us: int, last_us: int) -> None:
    for name, at_us in (("first", first_us), ("last", last_us)):
        cursor.execute(SET[name], [time_of(at_us).isoformat(" ")])


def _events(rows: pa.Table) -> list[TimelineEvent]:
    shown: list[dict[str, Any]] = rows.select(list(SHOWN)).to_pylist()
    times = zip(microseconds(rows["occurred_at"]), microseconds(rows["received_at"]), strict=True)
    return [
        TimelineEvent(occurred_us=occurred, received_us=received, **row)
        for row, (occurred, received) in zip(shown, times, strict=True)
    ]
