"""Looks for stored events by their place, and by what they are. Every call has a cursor of its own."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from weft.model.event import EventFilter, RefusedEvent, StoredEvent
from weft.model.identifier import Identifier
from weft.storage.duckdb_arrow import fetch, microseconds
from weft.storage.duckdb_warehouse import Warehouse, read_meta

FOUND_MOST = 1_000
"""Most events that one look returns."""

SEARCHED_BY_TEXT = 1_000_000
"""Positions, back from the newest, in which a part of an identifier is looked for: there is no index of parts."""

WINDOWS = (4_000, 100_000, 1_000_000, 10_000_000)
"""How far back each further look goes, so that the newest events are found without reading all of them."""

SET = {
    name: f"SET VARIABLE {name} = ?"
    for name in ("after", "before", "wanted_type", "wanted_name", "wanted_source", "wanted_text", "place")
}


class EventsSql(NamedTuple):
    """The compiled statements; they read what is wanted from variables, so that nothing is compiled for a question."""

    found: str
    found_by_text: str
    at: str
    refused_at: str


class DuckdbEvents:
    """Reads events in the warehouse."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def find(
        self, wanted: EventFilter, limit: int, *, after: int = 0, before: int | None = None
    ) -> Sequence[StoredEvent]:
        """Return the newest events between two positions, newest first, at most `limit` (up to FOUND_MOST)."""
        cursor, sql = self._warehouse.cursor(), self._sql()
        head = int(read_meta(cursor, "position") or 0) + 1
        before = head if before is None else min(before, head)
        statement = sql.found
        if wanted.text:
            statement, after = sql.found_by_text, max(after, head - SEARCHED_BY_TEXT)
            _set(cursor, "wanted_text", wanted.text)
        for name, value in (("type", wanted.type), ("name", wanted.name), ("source", wanted.source)):
            _set(cursor, f"wanted_{name}", value)
        found: list[StoredEvent] = []
        for first, last in _windows(after, before):
            _set(cursor, "after", first)
            _set(cursor, "before", last)
            found += _events(fetch(cursor, statement))
            if len(found) >= limit:
                break
        return found[:limit]

    def at(self, position: int) -> StoredEvent | None:
        """Return the event at a position; None when it was refused or a repeat, or is not stored yet."""
        cursor = self._warehouse.cursor()
        _set(cursor, "place", position)
        found = _events(fetch(cursor, self._sql().at))
        return found[0] if found else None

    def refused_at(self, position: int) -> RefusedEvent | None:
        """Return the refused event at a position."""
        cursor = self._warehouse.cursor()
        _set(cursor, "place", position)
        rows = fetch(cursor, self._sql().refused_at)
        if not rows.num_rows:
            return None
        (received,), (replayed,) = microseconds(rows["received_at"]), microseconds(rows["replayed_at"])
        shown: dict[str, Any] = rows.drop_columns(["received_at", "replayed_at"]).to_pylist()[0]
        return RefusedEvent(received_us=received, replayed_us=replayed, **shown)

    def _sql(self) -> EventsSql:
        return events_statements(self._warehouse)


def events_statements(warehouse: Warehouse) -> EventsSql:
    """Return the statements, compiled once."""

    def make() -> EventsSql:
        from weft.storage.ibis_events import events_sql

        return events_sql()

    return warehouse.statements(EventsSql, None, make)


def _set(cursor: duckdb.DuckDBPyConnection, variable: str, value: object) -> None:
    cursor.execute(SET[variable], [str(value)])


def _windows(after: int, before: int) -> Iterator[tuple[int, int]]:
    """Yield ranges (exclusive at both ends) from `before` down to `after`, each larger than the one before."""
    for size in (*WINDOWS, before):
        if before <= after + 1:
            return
        first = max(after, before - 1 - size)
        yield first, before
        before = first + 1


def _events(rows: pa.Table) -> list[StoredEvent]:
    times = zip(microseconds(rows["occurred_at"]), microseconds(rows["received_at"]), strict=True)
    shown: list[dict[str, Any]] = rows.drop_columns(["occurred_at", "received_at"]).to_pylist()
    return [
        StoredEvent(
            occurred_us=occurred,
            received_us=received,
            identifiers=tuple(
                Identifier(each["namespace"], each["value"]) for each in row.pop("identifiers")
            ),
            **row,
        )
        for row, (occurred, received) in zip(shown, times, strict=True)
    ]
