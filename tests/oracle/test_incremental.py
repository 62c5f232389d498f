"""What is served after any history, step by step, is what a rebuild of everybody and the slow computation come to."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.oracle.definitions import EVENTS, all_audiences, all_traits, properties
from tests.oracle.naive import Fact, Naive, Person, zone_of
from tests.unit.workers.engine import Engine, event

from weft.model.identifier import Identifier
from weft.model.profile import ProfileDocument

FACTS = """
SELECT profile_id, message_key, node_id, type, name, occurred_at, properties, context
FROM event JOIN identity_map USING (node_id) WHERE position NOT IN (SELECT position FROM superseded)
"""
COMPUTED = ("trait_", "formula_", "k_")
PEOPLE = [f"user_id:{number}" for number in range(4)]
DEVICES = [f"anonymous_id:{number}" for number in range(4)]
CLOCK = [timedelta(minutes=1), timedelta(hours=7), timedelta(days=1), timedelta(days=6), timedelta(days=31)]
AGO = [timedelta(days=days) for days in (0, 0, 0, 1, 6, 7, 29, 30, 45, 200, 366, -1)]
ZONES = ["Asia/Seoul", "America/Sao_Paulo", "Europe/London", "Nowhere/At_All", 9]
HOME = "Pacific/Auckland"
STEPS = 10
SLOW = settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)


ORDERS: dict[str, Any] = {"event": "Order Completed"}
VIEWS: dict[str, Any] = {"event": "Product Viewed"}
KITCHEN: list[dict[str, Any]] = [
    {"name": "k_count", "kind": "count", **ORDERS},
    {"name": "k_month", "kind": "count", **ORDERS, "window": "30d"},
    {"name": "k_before", "kind": "sum", **ORDERS, "property": "total", "window": {"last": "30d", "before": "7d"}},
    {"name": "k_year", "kind": "sum", **ORDERS, "property": "total", "window": "this_year"},
    {"name": "k_today", "kind": "count", "type": "track", "window": "today"},
    {"name": "k_home", "kind": "max", **ORDERS, "property": "total",
     "window": {"calendar": "month", "from": -2, "to": 0, "zone": "workspace"}},
    {"name": "k_mean", "kind": "mean", "record": "order", "property": "total"},
    {"name": "k_late", "kind": "count", "record": "order", "where": [{"property": "due", "less_than": "now-2d"}]},
    {"name": "k_first", "kind": "first", **VIEWS, "property": "$current_url"},
    {"name": "k_last", "kind": "last", "type": "track"},
    {"name": "k_tags", "kind": "top", "type": "track", "property": "tags.*", "window": "7d"},
    {"name": "k_often", "kind": "most_frequent", **VIEWS, "property": "paid"},
    {"name": "k_some", "kind": "distinct", "type": "track", "property": "quantity", "as": "number"},
    {"name": "k_many", "kind": "distinct_count", "type": "track", "property": "total"},
    {"name": "k_hours", "kind": "distinct", "type": "track", "at": "weekday"},
    {"name": "k_streak", "kind": "streak", "type": "track"},
    {"name": "k_longest", "kind": "longest_streak", "type": "track", "unit": "week", "zone": "workspace"},
    {"name": "k_since", "kind": "time_since", **ORDERS, "unit": "hour"},
    {"name": "k_ratio", "formula": "(k_year - k_before) / k_month"},
    {"name": "k_days", "formula": "coalesce(days_since(k_last), -1)"},
]  # fmt: skip
RULES: list[dict[str, Any]] = [
    {"name": "cart", "who": {"sequence": {"first": "Product Viewed", "not_then": "Order Completed", "after": "1h"}}},
    {"name": "bought", "who": {"sequence": {"first": "Product Viewed", "then": "Order Completed"}, "within": "30d"}},
    {"name": "fresh", "who": {"did": "Product Viewed", "within": "7d", "at_least": 2}},
    {"name": "stale", "who": {"all": [{"did": "Product Viewed"}, {"not": {"audience": "fresh"}}]}},
    {"name": "morning", "who": {"local_time": {"from": 6, "to": 14}}},
    {"name": "first_now", "who": {"first_time": "Order Completed", "at_least": "this_month"}},
    {"name": "late", "who": {"did": {"record": "order"}, "where": [{"property": "due", "less_than": "now"}]}},
    {"name": "golden", "who": {"any": [{"trait": "plan", "is": "gold"}, {"trait": "k_ratio", "more_than": 1}]}},
    {"name": "half", "who": {"split": "x", "to": 50}},
    {"name": "told", "who": {"trait": "born", "at_least": "today-30d"}},
]  # fmt: skip


@st.composite
def rows(draw: st.DrawFn, number: int, now: datetime) -> dict[str, Any]:
    """An event or a version of a record, of now, late or ahead."""
    who = draw(
        st.sampled_from([PEOPLE, DEVICES, PEOPLE, [f"{one} {two}" for one in PEOPLE[:3] for two in DEVICES]])
    )
    what = draw(st.sampled_from([*EVENTS * 2, "order", "identify"]))
    more: dict[str, Any] = draw(properties()) | draw(
        st.sampled_from([{}, {"total": 10}, {"total": 2.5, "quantity": 2}])
    )
    kind = "track"
    if what == "order":
        kind, more["record_id"] = "record", draw(st.sampled_from(["r1", "r2", "r3", "r4"]))
        due = now + draw(st.sampled_from([timedelta(days=days) for days in (-3, -2, 0, 1, 20)]))
        more["due"] = draw(st.sampled_from([f"{due.isoformat()}Z", due.date().isoformat(), "soon"]))
    if what == "identify":
        kind = "identify"
        more = draw(st.sampled_from([{"plan": "gold"}, {"plan": "tin"}, {"born": "2026-06-20"}, {"timezone": "x"},
                                     *({"timezone": zone} for zone in ZONES[:3])]))  # fmt: skip
    if draw(st.integers(0, 2)) == 0:
        more["context"] = {"timezone": draw(st.sampled_from(ZONES))}
    at = (
        now
        - draw(st.sampled_from(AGO))
        + timedelta(microseconds=draw(st.sampled_from([-1, 0, 1, 3_600_000_000])))
    )
    return event(number, *draw(st.sampled_from(who)).split(), name=what, at=at, type=kind, **more)


class History:
    """Drives the workers through random steps, and holds what is served against the slow computation."""

    def __init__(self, data: st.DataObject, engine: Engine, naive: Naive) -> None:
        self.data, self.engine, self.naive = data, engine, naive
        self.sent: list[dict[str, Any]] = []
        self.said: list[int] = []

    def run(self) -> None:
        draw = self.data.draw
        self.take(12)
        for _ in range(STEPS):
            step = draw(
                st.sampled_from(
                    ["take", "take", "take", "clock", "clock", "same", "split", "retract", "repeat"]
                )
            )
            getattr(self, step)()
            if draw(st.integers(0, 5)) == 0:
                self.engine.reopen()
            self.settle()
            self.check()
        served = self.seen()
        self.engine.rebuilder.run(everybody=True)
        assert self.seen() == served

    def take(self, count: int = 0) -> None:
        count = count or self.data.draw(st.integers(1, 6))
        fresh = [self.data.draw(rows(len(self.sent) + ordinal, self.engine.now)) for ordinal in range(count)]
        self.sent += fresh
        self.engine.tick(fresh)

    def repeat(self) -> None:
        if self.sent:
            self.engine.tick(self.data.draw(st.lists(st.sampled_from(self.sent), min_size=1, max_size=3)))

    def clock(self) -> None:
        self.engine.now += self.data.draw(st.sampled_from(CLOCK))

    def same(self) -> None:
        one, other = self.data.draw(st.lists(st.sampled_from(PEOPLE), min_size=2, max_size=2, unique=True))
        self.said.append(self.engine.say("same", [one], [other]))

    def split(self) -> None:
        one, other = self.data.draw(st.sampled_from(PEOPLE)), self.data.draw(st.sampled_from(DEVICES))
        self.said.append(self.engine.say("split", [one], [other]))

    def retract(self) -> None:
        if self.said:
            self.engine.say("retract", retracts=self.said.pop())

    def settle(self) -> None:
        """Let the workers come to rest."""
        self.engine.hear()
        for _ in range(20):
            if not self.engine.projector.step():
                return
        raise AssertionError("the projection does not come to rest")

    def documents(self) -> list[ProfileDocument]:
        names = {
            name
            for fact in self.sent
            for each in fact["identifiers"]
            for name in [(each["namespace"], each["value"])]
        }
        found = [self.engine.profiles.find(Identifier(*name)) for name in sorted(names)]
        return list({each.profile_id: each for each in found if each is not None}.values())

    def seen(self) -> dict[UUID, tuple[dict[str, Any], list[str]]]:
        return {each.profile_id: (each.traits, sorted(each.audiences)) for each in self.documents()}

    def facts(self) -> dict[UUID, list[Fact]]:
        found: dict[UUID, list[Fact]] = {}
        for profile, key, node, kind, name, at, told, context in (
            self.engine.warehouse.cursor().execute(FACTS).fetchall()
        ):
            fact = Fact(key, node, kind, name, at, json.loads(told), json.loads(context))
            found.setdefault(profile, []).append(fact)
        return found

    def check(self) -> None:
        facts, now = self.facts(), self.engine.now
        for document in self.documents():
            told = {name: value for name, value in document.traits.items() if not name.startswith(COMPUTED)}
            mine = facts.get(document.profile_id, [])
            zone = zone_of(mine, told, HOME)
            assert document.zone in (zone, "") and (document.zone or HOME) == zone
            person = Person(mine, document.profile_id, zone, HOME, told)
            values, members = self.naive.evaluate(person, now)
            for name, value in values.items():
                served = document.traits.get(name)
                assert same(served, value), (name, served, value, now, zone)
            inside = {name for name, holds in members.items() if holds}
            assert set(document.audiences) == inside, (now, zone, document.profile_id)


def same(served: Any, value: Any) -> bool:
    """A served value and that of the reference."""
    if isinstance(value, datetime):
        return (
            datetime.fromisoformat(served).astimezone(UTC).replace(tzinfo=None) == value if served else False
        )
    if isinstance(value, float | int | Decimal) and not isinstance(value, bool):
        return served is not None and served == pytest.approx(float(value), rel=1e-12, abs=1e-12)
    return served == value


@given(data=st.data())
@SLOW
def test_every_kind_after_any_history(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    engine = Engine(tmp_path_factory.mktemp("e"), KITCHEN, RULES, home=HOME)
    try:
        History(data, engine, Naive(KITCHEN, RULES)).run()
    finally:
        engine.close()


@given(data=st.data())
@SLOW
def test_any_definitions_after_any_history(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    traits = data.draw(all_traits(4))
    audiences = data.draw(all_audiences(traits, 3))
    engine = Engine(tmp_path_factory.mktemp("e"), traits, audiences, home=HOME)
    try:
        History(data, engine, Naive(traits, audiences)).run()
    finally:
        engine.close()
