"""What the pages ask of the stores, over an engine that took events in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.workers.engine import NOW, Engine, event

from weft.clock import us_of
from weft.model.event import EventFilter
from weft.storage import duckdb_events
from weft.storage.database_movement import DatabaseMovements
from weft.storage.database_people import count_people
from weft.storage.duckdb_events import DuckdbEvents


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = Engine(tmp_path / "engine")
    for number in range(1, 10):
        made.take(event(number, f"anonymous_id:a{number}"))
    made.take(
        event(10, "user_id:Kim", "anonymous_id:a1", name="Order Completed"),
        event(11, "user_id:Kim", name="Order Completed", message_id="m10"),
        event(12, "user_id:Kim", name="Order Completed"),
    )
    yield made
    made.close()


def positions(events: DuckdbEvents, wanted: EventFilter, limit: int = 100, **between: int) -> list[int]:
    return [each.position for each in events.find(wanted, limit, **between)]


@pytest.mark.parametrize("windows", [(4_000,), (1, 2), ()])
def test_the_newest_that_fit_come_first_whatever_the_windows(engine, monkeypatch, windows) -> None:
    monkeypatch.setattr(duckdb_events, "WINDOWS", windows)
    events = DuckdbEvents(engine.warehouse)
    assert positions(events, EventFilter()) == [12, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert positions(events, EventFilter(), 3) == [12, 10, 9]
    assert positions(events, EventFilter(), 3, before=9) == [8, 7, 6]
    assert positions(events, EventFilter(), after=8) == [12, 10, 9]
    assert positions(events, EventFilter(), after=12) == []
    assert positions(events, EventFilter(name="Order Completed", type="track", source="test")) == [12, 10]
    assert positions(events, EventFilter(source="shop")) == []
    assert positions(events, EventFilter(text="kIm")) == [12, 10]
    assert positions(events, EventFilter(text="A1")) == [10, 1]
    assert positions(events, EventFilter(name="' OR 1=1 --")) == []


def test_one_event_by_its_place(engine) -> None:
    events = DuckdbEvents(engine.warehouse)
    found = events.at(10)
    assert found is not None
    assert [each.value for each in found.identifiers] == ["Kim", "a1"]
    assert (found.message_id, found.received_us) == ("m10", us_of(NOW))
    assert events.at(11) is None
    assert events.refused_at(11) is None


def test_people_are_counted_by_what_is_known_of_them(engine) -> None:
    with engine.database.connect() as connection:
        assert count_people(connection) == {True: 1, False: 8}


def test_movements_are_counted_with_the_signals(engine) -> None:
    moved = {(each.audience, each.kind): each.count for each in DatabaseMovements(engine.database).since(0)}
    said = engine.said()
    assert moved == {
        (name, kind): said.count((kind, name)) for kind, name in said if kind in ("entered", "exited")
    }
    assert moved["looking", "entered"] > 0
