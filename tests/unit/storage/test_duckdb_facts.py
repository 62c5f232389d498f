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
from weft.storage.duckdb_places import Places, runs_of

HER = ("user_id:1", "anonymous_id:a")


@pytest.fixture(params=[99, 2], ids=["unsorted", "partly sorted"])
def engine(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Engine]:
    made = Engine(tmp_path / "e")
    places = Places(made.warehouse, request.param, runs_max=2)
    at = [NOW - timedelta(minutes=minutes) for minutes in (300, 290, 100, 95, 5)]
    made.take(event(1, *HER, at=at[2]), event(2, *HER, at=at[3], name="Order Completed"))
    places.step()
    made.take(event(3, "user_id:2", at=at[4]), event(4, *HER, at=at[4], type="identify", country="KR"))
    places.step()
    made.take(event(5, *HER, at=at[0]))  # history, told late
    places.step()
    made.take(event(6, "anonymous_id:a", at=at[1]))
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


def test_sorted_runs_are_joined_and_an_older_warehouse_gets_them(engine: Engine, facts: DuckdbFacts) -> None:
    her = engine.who("user_id:1")
    whole = [each.position for each in facts.timeline(her, TimelineQuery(9))]
    for table in ("event_of_node", "event_of_node_run"):
        engine.warehouse.cursor().execute(f"DROP TABLE {table}")
    engine.reopen()
    places = Places(engine.warehouse, 1, runs_max=2)
    counts: list[int] = []
    for number in range(7, 12):
        assert places.step() > 0
        assert places.step() == 0
        counts.append(runs_of(engine.warehouse.cursor()).made)
        engine.take(event(number, "anonymous_id:a", at=NOW))
        whole.insert(0, number)
        facts = DuckdbFacts(engine.warehouse, engine.memberships, KEY, timedelta(minutes=30))
        assert [each.position for each in facts.timeline(her, TimelineQuery(99))] == whole
    assert counts == [1, 2, 1, 2, 1]


def test_what_a_newer_record_replaced_is_left_out_of_the_sorted_copy(
    engine: Engine, facts: DuckdbFacts
) -> None:
    for total in (1, 2):
        engine.take(event(6 + total, "user_id:3", type="record", name="order", record_id="A", total=total))
        Places(engine.warehouse, 1).step()
    (left,) = facts.timeline(engine.who("user_id:3"), TimelineQuery(9))
    assert left.message_id == "m8"
    assert facts.nodes_of_record("A") == [node_id(KEY, Identifier("user_id", "3")).bytes]
    assert facts.nodes_of_record("a") == []


def test_a_person_of_many_events_is_paged_by_time_and_position(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "many")
    times = [NOW - timedelta(seconds=number % 1_000) for number in range(100_000)]
    engine.take(
        *(
            event(number, "user_id:1", at=at, name="Order Completed" if number % 30_000 == 0 else "Seen")
            for number, at in enumerate(times)
        )
    )
    Places(engine.warehouse, 1).step()
    facts = DuckdbFacts(engine.warehouse, engine.memberships, KEY, timedelta(minutes=30))
    her = engine.who("user_id:1")
    newest = sorted(((at, number) for number, at in enumerate(times)), reverse=True)
    before = None
    for first in range(0, 300, 75):
        page = facts.timeline(her, TimelineQuery(75, before))
        assert [each.message_id for each in page] == [f"m{n}" for _, n in newest[first : first + 75]]
        before = (page[-1].occurred_us, page[-1].position)
    orders = facts.timeline(her, TimelineQuery(9, name="Order Completed"))
    assert [each.message_id for each in orders] == ["m90000", "m60000", "m30000", "m0"]
    engine.close()


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
