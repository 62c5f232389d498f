"""What the API reads of the warehouse: timelines in pages with sessions, events by name, origins of traits."""

from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from tests.unit.workers.engine import KEY, NOW, Engine, event

from weft.model.event import TimelineEvent
from weft.model.identifier import Identifier, node_id
from weft.model.profile import Origin, TimelineQuery
from weft.storage.database_profiles import read_nodes
from weft.storage.duckdb_facts import DuckdbCatalogue, DuckdbFacts

HER = ("user_id:1", "anonymous_id:a")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = Engine(tmp_path / "e")
    at = [NOW - timedelta(minutes=minutes) for minutes in (300, 290, 100, 95, 5)]
    made.take(event(1, *HER, at=at[2]), event(2, *HER, at=at[3], name="Order Completed"))
    made.take(event(3, "user_id:2", at=at[4]), event(4, *HER, at=at[4], type="identify", country="KR"))
    made.take(event(5, *HER, at=at[0]), event(6, "anonymous_id:a", at=at[1]))  # history, told late
    yield made
    made.close()


@pytest.fixture
def facts(engine: Engine) -> DuckdbFacts:
    return DuckdbFacts(engine.warehouse, engine.memberships, KEY, timedelta(minutes=30))


def test_a_timeline_goes_by_time_in_pages_of_any_size(engine: Engine, facts: DuckdbFacts) -> None:
    her = engine.who("user_id:1")
    for limit in (1, 2, 5, 9):
        seen: list[TimelineEvent] = []
        before: tuple[int, int] | None = None
        while page := facts.timeline(her, TimelineQuery(limit, before)):
            seen += page
            before = (page[-1].occurred_us, page[-1].position)
        assert [each.message_id for each in seen] == ["m4", "m2", "m1", "m6", "m5"]
        assert [each.session for each in seen] == ["m4", "m1", "m1", "m5", "m5"]


def test_a_filter_leaves_sessions_as_they_were(engine: Engine, facts: DuckdbFacts) -> None:
    her = engine.who("user_id:1")
    (order,) = facts.timeline(her, TimelineQuery(9, name="Order Completed"))
    assert (order.message_id, order.session) == ("m2", "m1")
    assert [each.message_id for each in facts.timeline(her, TimelineQuery(9, type="identify"))] == ["m4"]
    assert len(facts.timeline(her, TimelineQuery(9, source="test"))) == 5
    assert facts.timeline(her, TimelineQuery(9, source="else")) == []


def test_events_of_a_name_come_newest_first(facts: DuckdbFacts) -> None:
    assert [each.message_id for each in facts.named("Product Viewed", 3)] == ["m6", "m5", "m3"]
    assert facts.named("Nothing", 3) == []


def test_a_trait_leads_to_the_event_that_told_it(engine: Engine, facts: DuckdbFacts) -> None:
    her = engine.who("user_id:1")
    with engine.database.connect() as connection:
        nodes = read_nodes(connection, her.profile_id.bytes)
    (node,) = [each for each in nodes if each.traits]
    assert node.id == node_id(KEY, Identifier("user_id", "1")).bytes
    at_us, key, _ = node.traits["country"]
    assert facts.origins({key}, at_us, at_us) == {key: Origin("m4", "test", 4)}
    assert facts.origins({key}, at_us + 1, at_us + 2) == {}


def test_events_are_counted_by_name_and_the_day_they_occurred_on(engine: Engine) -> None:
    since = int((NOW - timedelta(minutes=120)).replace(tzinfo=UTC).timestamp() * 1_000_000)
    found = DuckdbCatalogue(engine.warehouse).volumes(since)
    counts: dict[tuple[str, str], int] = {}
    for each in found:
        counts[each.type, each.name] = counts.get((each.type, each.name), 0) + each.count
    assert sum(counts.values()) == 4  # the two of long ago are left out
    assert counts["track", "Order Completed"] == 1
    assert {each.day for each in found} <= {since // 86_400_000_000, since // 86_400_000_000 + 1}
