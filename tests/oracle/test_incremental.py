"""What is served after any history, step by step, is what a rebuild of everybody and the slow computation come to."""

import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.oracle.definitions import EVENTS, all_audiences, all_traits
from tests.oracle.naive import Fact, Naive, Person, zone_of
from tests.oracle.random_facts import properties
from tests.unit.workers.engine import KEY, Engine, event

from weft.clock import us_of, utc_of
from weft.model.identifier import Identifier, node_id
from weft.model.profile import ContextValue, ProfileDocument
from weft.storage.database import transaction
from weft.storage.database_lists import UploadedList, replace_list
from weft.workers.shares import Shares

CONSENTS = """
SELECT profile_id, node_id, consent, least(occurred_at, received_at) AS since, position
FROM event JOIN identity_map USING (node_id) WHERE consent IS NOT NULL ORDER BY since, position
"""
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
    {"name": "c_place", "kind": "last", "type": "track", "context": "timezone", "half_life": "2h",
     "beside": "timezone"},
    {"name": "c_intent", "kind": "most_frequent", "type": "track", "property": "total", "as": "number",
     "half_life": "5h", "window": "last_session", "beside": "k_often"},
    {"name": "c_tags", "kind": "top", "type": "track", "property": "tags.*", "half_life": "3d", "k": 2,
     "window": {"last_session": "7h"}},
    {"name": "c_weekly", "kind": "most_frequent", "type": "track", "property": "quantity", "half_life": "28d",
     "like_now": ["weekday", "part_of_day"]},
    {"name": "c_hourly", "kind": "last", **VIEWS, "property": "total", "as": "number", "half_life": "28d",
     "like_now": ["hour"]},
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
    {"name": "agreed", "who": {"consent": "marketing", "is": "granted"}},
    {"name": "silent", "who": {"consent": "marketing", "is": "unknown"}},
    {"name": "listed", "who": {"list": "vips"}},
    {"name": "most", "who": {"trait": "k_count", "top_percent": 30}},
    {"name": "least", "who": {"trait": "k_mean", "bottom_percent": 50}},
    {"name": "away", "who": {"trait": "context.c_place.conflict", "is": True}},
    {"name": "sure", "who": {"trait": "context.c_intent.share", "more_than": 0.5}},
    {"name": "just", "who": {"trait": "context.c_weekly.at", "more_than": "now-8d"}},
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
    if kind != "record":
        more["consent"] = draw(st.sampled_from([*[None] * 6, '{"marketing": true}', '{"marketing": false}']))
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
        self.listed: set[str] = set()
        self.limits: dict[tuple[str, str, float], float] = {}

    def run(self) -> None:
        draw = self.data.draw
        self.take(12)
        for _ in range(STEPS):
            step = draw(
                st.sampled_from(
                    [
                        "take",
                        "take",
                        "take",
                        "clock",
                        "clock",
                        "same",
                        "split",
                        "retract",
                        "repeat",
                        "enlist",
                        "share",
                    ]
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

    def enlist(self) -> None:
        """Put somebody on the list: a person, for a device may be another's from one log-in to the next."""
        name = self.data.draw(st.sampled_from(PEOPLE))
        self.listed.add(name)
        nodes = {node_id(KEY, Identifier(*each.split(":"))).bytes for each in self.listed}
        made = UploadedList("vips", len(nodes), ("user_id",), us_of(self.engine.now), "test")
        with transaction(self.engine.database) as connection:
            replace_list(connection, made, nodes)

    def share(self) -> None:
        """Let the hourly reckoning of shares run."""
        self.engine.now += timedelta(hours=1)
        self.settle()
        shares = Shares(
            self.engine.database, self.engine.warehouse, self.engine.compiled, lambda: self.engine.now
        )
        shares.step()
        self.limits = {}
        people = [self.naive.evaluate(person, self.engine.now)[0] for _, person in self.people()]
        for trait, operator, percent in self.naive.shares():
            values = sorted(float(each[trait]) for each in people if each[trait] is not None)
            reached = math.ceil(len(values) * percent / 100)
            if values:
                limit = values[-reached] if operator == "top_percent" else values[reached - 1]
                self.limits[trait, operator, percent] = limit

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

    def seen(self) -> dict[UUID, Any]:
        return {
            each.profile_id: (each.traits, each.context, sorted(each.audiences)) for each in self.documents()
        }

    def facts(self) -> dict[UUID, list[Fact]]:
        found: dict[UUID, list[Fact]] = {}
        for profile, key, node, kind, name, at, told, context in (
            self.engine.warehouse.cursor().execute(FACTS).fetchall()
        ):
            fact = Fact(key, node, kind, name, at, json.loads(told), json.loads(context))
            found.setdefault(profile, []).append(fact)
        return found

    def consents(self) -> dict[UUID, str]:
        """Of whom what is known: a refusal anywhere, else a yes."""
        latest: dict[tuple[UUID, UUID], bool] = {}
        for profile, node, said, *_ in self.engine.warehouse.cursor().execute(CONSENTS).fetchall():
            latest[profile, node] = json.loads(said)["marketing"]
        states: dict[UUID, str] = {}
        for (profile, _), granted in latest.items():
            states[profile] = "granted" if granted and states.get(profile) != "refused" else "refused"
        return states

    def people(self) -> Iterator[tuple[ProfileDocument, Person]]:
        """Everybody as served, and as the slow computation takes them."""
        facts, consents = self.facts(), self.consents()
        for document in self.documents():
            told = {name: value for name, value in document.traits.items() if not name.startswith(COMPUTED)}
            mine, key = facts.get(document.profile_id, []), document.profile_id
            named = {f"{each.namespace}:{each.value}" for each in document.identifiers}
            said = {"marketing": consents[key]} if key in consents else {}
            lists = frozenset({"vips"} if named & self.listed else set[str]())
            zone = zone_of(mine, told, HOME)
            yield document, Person(mine, key, zone, HOME, told, said, lists, self.limits)

    def check(self) -> None:
        now = self.engine.now
        for document, person in self.people():
            assert (document.zone or HOME) == person.zone
            values, members = self.naive.evaluate(person, now)
            for name, value in values.items():
                context = document.context.get(name)
                if name.startswith("c_"):
                    assert same_moment(context, value), (name, context, value, now, person.zone)
                else:
                    served = document.traits.get(name)
                    assert same(served, value), (name, served, value, now, person.zone)
            inside = {name for name, holds in members.items() if holds}
            assert set(document.audiences) == inside, (now, person.zone, document.profile_id)


def same_moment(served: ContextValue | None, value: dict[str, Any] | None) -> bool:
    """What is served of a context trait, and what the reference has of it."""
    if served is None or value is None:
        return served is None and value is None
    told = {
        "value": served.value,
        "share": served.share,
        "at": utc_of(served.at_us),
        "conflict": served.conflict,
    }
    told["at"] = told["at"].isoformat()
    return all(same(told[name], each) for name, each in value.items())


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
