"""What a preview counts is who is served as a member: random rules, histories, merges and unmerges."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.unit.workers.engine import KEY, NOW, Engine, event

from weft.clock import us_of
from weft.model.audience import Rule
from weft.model.audience_preview import AudiencePreview, PreviewAsked
from weft.model.identifier import Identifier, node_id
from weft.storage.database import transaction
from weft.storage.database_lists import UploadedList, replace_list
from weft.storage.preview.previews import Previews

PEOPLE = [f"user_id:u{number}" for number in range(4)] + [f"anonymous_id:a{number}" for number in range(4)]
EVENTS = ["Order Completed", "Product Viewed"]
ALL = PreviewAsked(sample=100)
TRAITS: list[dict[str, Any]] = [
    {"name": "orders", "kind": "count", "event": "Order Completed"},
    {"name": "revenue", "kind": "sum", "event": "Order Completed", "property": "total"},
    {"name": "views_7d", "kind": "count", "event": "Product Viewed", "window": "7d"},
    {"name": "views_year", "kind": "count", "event": "Product Viewed", "window": "this_year"},
    {"name": "mean_total", "kind": "mean", "event": "Order Completed", "property": "total"},
    {"name": "last_brand", "kind": "last", "event": "Product Viewed", "property": "brand", "as": "text"},
    {"name": "first_order", "kind": "first", "event": "Order Completed"},
    {"name": "brands", "kind": "distinct", "event": "Product Viewed", "property": "brand", "as": "text"},
    {"name": "share", "formula": "revenue / (orders + 1)"},
    {"name": "mood", "kind": "most_frequent", "event": "Product Viewed", "property": "brand", "as": "text",
     "half_life": "3d", "like_now": ["weekday"], "beside": "plan"},
    {"name": "visit", "kind": "last", "type": "track", "property": "brand", "half_life": "1h",
     "window": "last_session"},
    {"name": "tickets", "kind": "count", "record": "ticket",
     "where": [{"property": "open", "is": True}]},
]  # fmt: skip

numbers = st.sampled_from([0, 1, 2, 2.5, 19.99, 100])
spans = st.sampled_from(
    ["90s", "1h", "7d", "30d", {"last": "30d", "before": "7d"}, "today", "this_week", "last_month", "this_year",
     {"since": "2026-05-01", "until": "2026-06-01"}]
)  # fmt: skip
times = st.sampled_from(["now", "now-7d", "today", "this_month", "2026-05-25T12:00:00Z", "now-30d"])
wheres = st.one_of(
    st.just([]),
    numbers.map(lambda number: [{"property": "total", "at_least": number}]),
    st.sampled_from(["acme", "a"]).map(lambda text: [{"property": "brand", "starts_with": text}]),
    times.map(lambda time: [{"property": "when", "less_than": time, "as": "time"}]),
    st.just([{"context": "page.path", "is": "/"}]),
)
facts = st.tuples(st.sampled_from([*EVENTS, {"record": "ticket"}, {"type": "page"}]), wheres)


@st.composite
def dids(draw: st.DrawFn) -> dict[str, Any]:
    did, where = draw(facts)
    rule: dict[str, Any] = {"did": did} | ({"where": where} if where else {})
    if draw(st.booleans()):
        rule["within"] = draw(spans)
    least = draw(st.integers(0, 2))
    return rule | draw(st.sampled_from([{}, {"at_least": least}, {"at_least": least, "at_most": least + 1}]))


@st.composite
def sequences(draw: st.DrawFn) -> dict[str, Any]:
    first, second = draw(st.permutations(EVENTS))
    behind = draw(st.sampled_from(["then", "not_then"]))
    after = (
        draw(st.sampled_from([{}, {"after": "1h"}, {"after": "7d"}])) if behind == "then" else {"after": "1d"}
    )
    rule: dict[str, Any] = {"sequence": {"first": first, behind: second} | after}
    return rule | ({"within": draw(spans)} if draw(st.booleans()) else {})


CONTEXT: list[dict[str, Any]] = [
    {"trait": "context.mood", "is": "acme"},
    {"trait": "context.mood.conflict", "is": True},
    {"trait": "context.mood.share", "at_least": 0.5},
    {"trait": "context.visit", "exists": True},
    {"trait": "context.visit.at", "more_than": "now-1h"},
]
compared = st.one_of(
    st.tuples(st.sampled_from(["orders", "revenue", "views_7d", "views_year", "mean_total", "share", "tickets"]),
              st.sampled_from(["more_than", "at_most", "is", "is_not"]), numbers)
    .map(lambda each: {"trait": each[0], each[1]: each[2]}),
    st.tuples(st.sampled_from(["last_brand", "plan", "address.city"]),
              st.sampled_from(["is", "is_not", "contains"]), st.sampled_from(["acme", "a", "gold"]))
    .map(lambda each: {"trait": each[0], each[1]: each[2]}),
    st.sampled_from(["mean_total", "last_brand", "plan", "age", "brands"]).flatmap(
        lambda name: st.booleans().map(lambda there: {"trait": name, "exists": there})),
    numbers.map(lambda number: {"trait": "age", "more_than": number}),
    times.map(lambda time: {"trait": "first_order", "less_than": time}),
    times.map(lambda time: {"trait": "renews", "at_least": time}),
    st.just({"trait": "brands", "contains": "acme"}),
    st.sampled_from(CONTEXT),
    times.map(lambda time: {"last_time": {"event": "Product Viewed"}, "more_than": time}),
)  # fmt: skip
outside = st.sampled_from(
    [
        {"consent": "marketing", "is": "granted"},
        {"consent": "marketing", "is": "refused"},
        {"consent": "marketing", "is": "unknown"},
        {"list": "invited"},
        {"split": "s", "from": 0, "to": 50},
        {"local_time": {"from": 9, "to": 15}},
        {"local_time": {"weekdays": ["monday", "tuesday"]}},
    ]
)
rules = st.recursive(
    st.one_of(dids(), dids(), compared, compared, sequences(), outside),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda items: {"all": items}),
        st.lists(inner, min_size=1, max_size=3).map(lambda items: {"any": items}),
        inner.map(lambda item: {"not": item}),
    ),
    max_leaves=4,
)


@st.composite
def moments(draw: st.DrawFn) -> datetime:
    length = draw(st.sampled_from([0, 90, 3600, 7 * 86400, 30 * 86400, 45, 12 * 3600, 200 * 86400]))
    return NOW - timedelta(seconds=length, microseconds=draw(st.sampled_from([-1, 0, 1])))


@st.composite
def rows(draw: st.DrawFn, number: int) -> dict[str, Any]:
    named = draw(st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=2, unique=True))
    at = draw(moments())
    kind = draw(st.sampled_from(["track", "track", "track", "page", "identify", "record"]))
    if kind == "identify":
        told = {
            "last_brand": draw(st.sampled_from(["acme", "gold"])),
            "orders": 2,
            "plan": draw(st.sampled_from(["gold", "acme", 7])),
            "age": draw(st.sampled_from([20, "31", "old"])),
            "timezone": draw(st.sampled_from(["Asia/Seoul", "America/New_York", "Nowhere/No"])),
            "renews": draw(st.sampled_from(["2026-06-01", "2026-05-25T12:00:00Z", "soon"])),
            "address": {"city": draw(st.sampled_from(["a", "gold"]))},
        }
        names = draw(st.sets(st.sampled_from(sorted(told)), max_size=3))
        consent = draw(st.sampled_from([None, '{"marketing": true}', '{"marketing": false}']))
        return event(
            number, *named, type="identify", at=at, consent=consent, **{name: told[name] for name in names}
        )
    if kind == "record":
        more = {"record_id": f"t{draw(st.integers(0, 2))}", "open": draw(st.booleans())}
        return event(number, named[0], type="record", name="ticket", at=at, **more)
    name = draw(st.sampled_from(EVENTS)) if kind == "track" else "Home"
    properties = {
        "total": draw(st.sampled_from([1, 2.5, 19.99, "12.5", "many", None])),
        "brand": draw(st.sampled_from(["acme", "apex", "b", 5])),
        "when": draw(st.sampled_from(["2026-05-25T12:00:00Z", "2026-06-01", "never"])),
    }
    context: dict[str, Any] = {"page": {"path": draw(st.sampled_from(["/", "/a"]))}}
    if draw(st.booleans()):
        context["timezone"] = draw(st.sampled_from(["Asia/Tokyo", "America/Los_Angeles", "x"]))
    return event(number, *named, name=name, at=at, type=kind, context=context, **properties)


class Side:
    """An engine and the previews over it."""

    def __init__(self, folder: Path, traits: list[dict[str, Any]], audiences: list[dict[str, Any]]) -> None:
        self.engine = Engine(folder, traits, audiences)
        self.previews = Previews(
            self.engine.database,
            self.engine.warehouse,
            self.engine.compiled,
            {},
            lambda: us_of(self.engine.now),
        )
        self.engine.wrote = self.previews.touched

    def counted(self, rule: Rule) -> AudiencePreview:
        found = self.previews.preview(rule, ALL, wait_seconds=60, fresh=True)
        assert isinstance(found, AudiencePreview)
        return found

    def close(self) -> None:
        self.previews.close()
        self.engine.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("previews")


def check(served: Side, bare: Side) -> None:
    """Compare every audience with its previews: beside its own definitions, and where there are none."""
    for audience in served.engine.compiled.audiences:
        members = {each.profile_id for each in served.engine.memberships.members(audience.name, None, 1_000)}
        for side in (served, bare):
            found = side.counted(audience.who)
            assert set(found.sample) == members, audience.who
            assert found.size == found.clauses[0].size == len(members)
            assert found.of == side.engine.profiles.counts()
        overlaps = {each.audience: each for each in served.counted(audience.who).overlaps}
        assert overlaps[audience.name].jaccard == (1.0 if members else 0.0)


@given(data=st.data())
@settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
def test_a_preview_counts_who_is_served(folder: Path, data: st.DataObject) -> None:
    audiences = [{"name": f"a{n}", "who": data.draw(rules)} for n in range(data.draw(st.integers(1, 2)))]
    batches = [
        [data.draw(rows(10 * batch + n)) for n in range(data.draw(st.integers(0, 8)))] for batch in range(3)
    ]
    sides = [Side(folder / "served", TRAITS, audiences), Side(folder / "bare", [], [])]
    try:
        for side in sides:
            with transaction(side.engine.database) as connection:
                listed = {node_id(KEY, Identifier(*name.split(":"))).bytes for name in PEOPLE[:3]}
                made = UploadedList("invited", len(listed), ("user_id",), us_of(NOW), "test")
                replace_list(connection, made, listed)
            side.engine.take(*batches[0])
        check(*sides)
        merged = data.draw(st.lists(st.sampled_from(PEOPLE), min_size=2, max_size=2, unique=True))
        for side in sides:
            side.engine.take(*batches[1])
            said = side.engine.say("same", merged[:1], merged[1:])
            side.engine.take(*batches[2])
        check(*sides)
        for side in sides:
            side.engine.say("retract", retracts=said)
            side.engine.now += timedelta(hours=1)
            while side.engine.projector.step():
                pass
        check(*sides)
    finally:
        for side in sides:
            side.close()


def test_previews_of_context(folder: Path) -> None:
    audiences = [{"name": f"a{number}", "who": rule} for number, rule in enumerate(CONTEXT)]
    sides = [Side(folder / "moment", TRAITS, audiences), Side(folder / "moments", [], [])]
    seen = [
        event(number, f"user_id:u{number // 3}", at=NOW - timedelta(hours=7 * number), brand=brand)
        for number, brand in enumerate(["acme", "acme", "b", "b", "acme", "b"])
    ]
    told = [event(9, "user_id:u0", type="identify", plan="gold")]
    try:
        for side in sides:
            side.engine.take(*seen, *told)
        check(*sides)
        assert sum(
            each.size for each in map(sides[1].counted, (a.who for a in sides[0].engine.compiled.audiences))
        )
        asked = PreviewAsked(traits=("context.mood",))
        found = sides[0].previews.preview(sides[0].engine.compiled.audiences[0].who, asked, wait_seconds=60)
        assert isinstance(found, AudiencePreview)
        assert [each.trait for each in found.breakdowns] == ["context.mood"]
        assert sum(bar.count for bar in found.breakdowns[0].bars) == found.size > 0
    finally:
        for side in sides:
            side.close()
