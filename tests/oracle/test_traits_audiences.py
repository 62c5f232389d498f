"""Random definitions over random facts, cut into random batches, against the slow and obvious computation."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.oracle.compiled_engine import Engine, compiled_from
from tests.oracle.definitions import UNITS, all_audiences, all_traits
from tests.oracle.naive import Fact, Naive, Person
from tests.oracle.naive.calendar import start_of
from tests.oracle.random_facts import facts, told

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456)
PLACES = [
    ("UTC", "UTC", NOW),
    ("Asia/Seoul", "UTC", datetime(2025, 12, 31, 15)),  # its midnight, and a new year
    ("Europe/London", "Asia/Seoul", datetime(2026, 3, 29, 1)),  # the hour that is missing
    ("Europe/London", "UTC", datetime(2025, 10, 26, 1, 30)),  # the hour that comes twice
    ("America/Sao_Paulo", "Europe/London", datetime(2018, 11, 4, 3)),  # a midnight that is missing
    ("America/Sao_Paulo", "UTC", datetime(2018, 2, 18, 2, 30)),  # an hour before midnight that comes twice
    ("Pacific/Auckland", "UTC", datetime(2024, 2, 28, 11, 0, 0, 1)),  # the first instant of a leap day
    ("Africa/Cairo", "Pacific/Auckland", datetime(2024, 4, 26, 0)),
    ("Pacific/Kiritimati", "Etc/GMT+12", datetime(2026, 1, 31, 10)),  # the last and the first place on earth
    ("Etc/GMT+12", "Pacific/Kiritimati", datetime(2026, 3, 1, 11, 59, 59, 999999)),
    ("Australia/Lord_Howe", "Asia/Kathmandu", datetime(2026, 4, 4, 15)),  # half an hour, and quarters of one
]
MICROSECOND = timedelta(microseconds=1)
FAR = [timedelta(days=days) for days in (1, 33, 400, 5_000, 40_000)]
THRESHOLDS = {
    ("trait_0", "top_percent", 10.0): 2.0,
    ("trait_1", "bottom_percent", 10.0): 1.0,
    ("trait_2", "top_percent", 10.0): 19.99,
    ("formula_0", "top_percent", 10.0): 0.5,
}
QUICK = settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)


class World:
    """Some people, their facts and definitions, and the engine that evaluates them."""

    def __init__(self, data: st.DataObject) -> None:
        zone, home, self.now = data.draw(st.sampled_from(PLACES))
        starts = [start_of(unit, periods, zone, self.now) for unit in UNITS for periods in (-2, -1, 0, 1)]
        self.facts = data.draw(facts(self.now, starts))
        self.traits = data.draw(all_traits())
        self.audiences = data.draw(all_audiences(self.traits))
        self.people = [
            (Person(
                [fact for fact in self.facts if fact.node in nodes], UUID(int=profile), where, home, data.draw(told()),
                data.draw(st.sampled_from([{}, {"marketing": "granted"}, {"marketing": "refused"}])),
                data.draw(st.sampled_from([frozenset(), frozenset({"vips"}), frozenset({"vips", "blocked"})])),
                THRESHOLDS,
            ), nodes)
            for profile, nodes, where in (
                (100, [UUID(int=1), UUID(int=2)], zone), (101, [UUID(int=3)], home), (102, [UUID(int=4)], zone),
            )
        ]  # fmt: skip
        self.engine = Engine(compiled_from(self.traits, self.audiences, home))
        self.naive = Naive(self.traits, self.audiences)
        self.engine.at(self.now)

    def expected(self, person: Person, now: datetime) -> tuple[dict[str, Any], dict[str, bool]]:
        return self.naive.evaluate(person, now)

    def check(self, now: datetime) -> dict[UUID, dict[str, Any]]:
        """Compare everything at a moment; return the rows."""
        rows = self.engine.evaluate(self.people, now)
        assert set(rows) == {person.profile for person, _ in self.people}
        for person, _ in self.people:
            values, members = self.expected(person, now)
            row = rows[person.profile]
            for name, value in values.items():
                assert same(row[f"t_{name}"], value), (name, row[f"t_{name}"], value, now, person.zone)
            assert {name: row[f"a_{name}"] for name in members} == members, now
        return rows


def same(found: Any, wanted: Any) -> bool:
    """Equal, but for the last digits of a double; of a context trait, what is told of it."""
    if isinstance(wanted, dict):
        at = datetime.fromtimestamp(found["at_us"] / 1e6, UTC).replace(tzinfo=None) if found else None
        told = found | {"at": at, "conflict": found["beside"] not in (None, found["value"])} if found else {}
        return bool(found) and all(same(told[key], each) for key, each in wanted.items())
    if isinstance(found, float) and wanted is not None:
        return found == pytest.approx(float(wanted), rel=1e-12, abs=1e-12)
    return found == wanted and isinstance(found, bool) == isinstance(wanted, bool)


@given(data=st.data())
@QUICK
def test_batches_in_any_order_equal_the_obvious_computation(data: st.DataObject) -> None:
    world = World(data)
    batches = data.draw(st.integers(1, 4))
    random = Random(data.draw(st.integers(0, 9)))
    engine, found = world.engine, world.facts
    whole = dict(engine.states_of(found))
    parts = [found[start::batches] for start in range(batches)]
    texts = [state for part in parts for state in engine.states_of(part)]
    random.shuffle(texts)
    middle = random.randint(0, len(texts))
    texts = engine.merged(texts[:middle]) + texts[middle:]
    assert dict(engine.merged(texts)) == whole
    world.check(world.now)
    for distance in (MICROSECOND, timedelta(minutes=50), timedelta(days=1), timedelta(days=31)):
        world.check(world.now + distance)


@given(data=st.data())
@QUICK
def test_nothing_changes_by_itself_before_it_is_due(data: st.DataObject) -> None:
    world = World(data)
    world.engine.merged(world.engine.states_of(world.facts))
    now = world.now
    rows = world.check(now)
    random = Random(data.draw(st.integers(0, 9)))
    for person, _ in world.people:
        due = rows[person.profile]["due_at"]
        assert due is None or due > now
        before = world.expected(person, now)
        later = [now + far for far in FAR] if due is None else [
            due - MICROSECOND, *(min(now + (due - now) * random.random(), due - MICROSECOND) for _ in range(3))
        ]  # fmt: skip
        for moment in later:
            if moment >= now:
                assert world.expected(person, moment) == before, (now, moment, due)
    moments = sorted({row["due_at"] for row in rows.values() if row["due_at"] is not None})
    for moment in moments:
        world.check(moment)


def test_a_count_changes_at_its_due_moment_and_not_before() -> None:
    bodies = [{"name": "recent", "kind": "count", "event": "Order Completed", "window": "7d"}]
    engine = Engine(compiled_from(bodies, []))
    engine.at(NOW)
    at = NOW - timedelta(days=3)
    ahead = NOW + timedelta(days=1)
    batch = [Fact(UUID(int=9), UUID(int=1), "track", "Order Completed", time, {}) for time in (at, ahead)]
    engine.merged(engine.states_of(batch))
    person = Person(batch, UUID(int=100))

    def row(moment: datetime) -> dict[str, Any]:
        return engine.evaluate([(person, [UUID(int=1)])], moment)[person.profile]

    seen: list[tuple[datetime, int]] = []
    now: datetime | None = NOW
    while now is not None:
        before = row(now - MICROSECOND)
        seen.append((now, row(now)["t_recent"]))
        if now != NOW:
            assert before["t_recent"] == seen[-2][1] != row(now)["t_recent"]
        now = row(now)["due_at"]
    week = timedelta(days=7)
    assert seen == [(NOW, 1), (ahead, 2), (at + week, 1), (ahead + week, 0)]


STREAKS = [
    {"name": unit, "kind": "streak", "event": "Order Completed", "unit": unit}
    for unit in ("day", "week", "month")
]
MOVING = [
    {"name": "window", "kind": "count", "event": "Order Completed", "window": "7d"},
    {"name": "calendar", "kind": "count", "event": "Order Completed", "window": "last_month"},
    {"name": "since", "kind": "time_since", "event": "Product Viewed"},
    {
        "name": "late",
        "kind": "count",
        "event": "Order Completed",
        "where": [{"property": "due", "less_than": "now-2d"}],
    },
]


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Sao_Paulo"])
def test_what_is_over_is_not_looked_at_again(zone: str) -> None:
    """Following due from moment to moment ends; most of the moments change something."""
    engine = Engine(compiled_from([*STREAKS, *MOVING], []))
    batch = [
        Fact(
            UUID(int=n),
            UUID(int=1),
            "track",
            "Order Completed",
            NOW - timedelta(days=n),
            {"due": "2026-03-02"},
        )
        for n in range(3)
    ]
    person = Person(batch, UUID(int=100), zone)
    naive = Naive([*STREAKS, *MOVING], [])
    engine.at(NOW)
    states = engine.merged(engine.states_of(batch))
    now, before, changes, moments = NOW, naive.evaluate(person, NOW)[0], 0, 0
    while (due := engine.evaluate([(person, [UUID(int=1)])], now)[person.profile]["due_at"]) is not None:
        now, moments = due, moments + 1
        after = naive.evaluate(person, now)[0]
        changes, before = changes + (after != before), after
        engine.at(now)
        states = engine.merged(states)  # as a worker keeps them: without what left its window
        assert moments < 25, now
    assert now < NOW + timedelta(days=120)
    assert moments <= 3 * changes
    assert naive.evaluate(person, now + timedelta(days=4_000))[0] == before


@pytest.mark.parametrize("unit", ["day", "week"])
@pytest.mark.parametrize(
    ("window", "where"),
    [("this_year", []), ("this_quarter", [{"property": "due", "at_most": "this_year+1"}])],
)
def test_a_streak_is_over_before_its_window_moves(unit: str, window: str, where: list[Any]) -> None:
    body = {
        "name": "visits",
        "kind": "streak",
        "event": "Visit",
        "unit": unit,
        "window": window,
        "where": where,
    }
    engine = Engine(compiled_from([body], []))
    engine.at(NOW)
    visit = Fact(UUID(int=1), UUID(int=1), "track", "Visit", NOW, {"due": "2026-02-01"})
    engine.merged(engine.states_of([visit]))
    person = [(Person([visit], UUID(int=100)), [UUID(int=1)])]
    now, seen = NOW, []
    for _ in range(3):
        row = engine.evaluate(person, now)[UUID(int=100)]
        seen.append((now, row["t_visits"]))
        now = row["due_at"]
    sunday = datetime(2026, 3, 1)
    next_day, next_week = (sunday + timedelta(days=days) for days in (1, 8))
    end = {"day": next_day + timedelta(days=1), "week": next_week}[unit]
    assert seen == [(NOW, 1), (next_day, 1), (end, 0)]


def test_a_million_cents_add_up_exactly() -> None:
    bodies = [{"name": "revenue", "kind": "sum", "record": "order", "multiply": ["quantity", "unit_price"]}]
    engine = Engine(compiled_from(bodies, []))
    engine.at(NOW)
    random = Random(7)
    lines = [
        (random.randint(-80_995, 80_995), round(random.uniform(0, 13_541.33), random.randint(0, 4)))
        for _ in range(5_000)
    ]
    batch = [
        Fact(
            UUID(int=ordinal),
            UUID(int=1),
            "record",
            "order",
            NOW,
            {"quantity": quantity, "unit_price": price},
        )
        for ordinal, (quantity, price) in enumerate(lines)
    ]
    engine.merged(engine.states_of(batch[:1_234]) + engine.states_of(batch[1_234:]))
    exact = sum(Decimal(quantity) * Decimal(repr(price)) for quantity, price in lines)
    rows = engine.evaluate([(Person(batch, UUID(int=100)), [UUID(int=1)])], NOW)
    assert rows[UUID(int=100)]["t_revenue"] == exact
