"""The life of a picture, reach as the gate has it, and facts that are kept near."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.unit.workers.engine import KEY, NOW, Engine, event

from weft.activate.act import nodes_of
from weft.audience.definition import rule_of as read_rule
from weft.clock import us_of
from weft.consent.gate import Cleared, clear
from weft.definitions import Definition
from weft.errors import Rejected
from weft.model.audience import DidRule, Rule
from weft.model.audience_preview import AudiencePreview, Counting, PreviewAsked
from weft.model.consent import Act
from weft.model.measure import Kind, Measure, PropertyColumn, Source, ValueType
from weft.model.span import Sliding
from weft.profile.definition import read_traits
from weft.storage.database import transaction
from weft.storage.database_consent import insert_consents, read_evidence, suppress, unsuppress
from weft.storage.preview.facts import At, Facts
from weft.storage.preview.near import NearFacts
from weft.storage.preview.picture import Picture
from weft.storage.preview.previews import Previews

DEFAULTS = {"marketing": "allow", "profiling": "deny"}
ALL = PreviewAsked(traits=("orders", "country", "revenue"), sample=100)
ROWS = [
    event(n, f"user_id:u{n % 5}", *([f"email:u{n % 5}@example.com"] if n % 5 < 3 else []), name="Order Completed",
          revenue=n, brand="ab"[n % 2], at=NOW - timedelta(days=n))
    for n in range(20)
] + [event(50 + n, f"user_id:u{n}", type="identify", country="KR" if n % 2 else "TW") for n in range(4)]  # fmt: skip


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = Engine(tmp_path / "e")
    made.take(*ROWS)
    yield made
    made.close()


@pytest.fixture
def previews(engine: Engine) -> Iterator[Previews]:
    made = Previews(engine.database, engine.warehouse, engine.compiled, DEFAULTS, lambda: us_of(engine.now))
    engine.wrote = made.touched
    yield made
    made.close()


def rule_of(engine: Engine, name: str) -> Rule:
    return next(each.who for each in engine.compiled.audiences if each.name == name)


def counted(previews: Previews, rule: Rule, asked: PreviewAsked = ALL) -> AudiencePreview:
    found = previews.preview(rule, asked, wait_seconds=60, fresh=True)
    assert isinstance(found, AudiencePreview)
    return found


def test_it_says_that_it_is_counting_until_the_picture_is_there(engine: Engine, previews: Previews):
    assert isinstance(previews.preview(rule_of(engine, "korea"), ALL), Counting)
    found = counted(previews, rule_of(engine, "korea"))
    assert (found.size, found.of) == (2, 5)
    assert {engine.profiles.get(key).traits["country"] for key in found.sample} == {"KR"}  # type: ignore[union-attr]


def test_members_are_broken_down(engine: Engine, previews: Previews):
    orders, country, revenue = counted(
        previews, DidRule(Measure(Kind.COUNT, Source("identify")), 0)
    ).breakdowns
    assert [(bar.value, bar.count) for bar in orders.bars] == [(4.0, 5)]
    assert [(bar.value, bar.count) for bar in country.bars] == [("KR", 2), ("TW", 2)]
    assert (country.missing, revenue.missing) == (1, 0)


def test_a_column_that_is_not_kept_is_read_when_it_is_asked_for(engine: Engine, previews: Previews):
    engine.take(event(90, "user_id:u0", type="identify", nickname="kim"))
    rule = rule_of(engine, "korea")
    counted(previews, rule)
    asked = PreviewAsked(traits=("address.city",))
    assert isinstance(previews.preview(rule, asked), Counting)
    (city,) = counted(previews, rule, asked).breakdowns
    assert (city.bars, city.missing) == ((), 2)


def test_what_is_asked_in_one_moment_is_answered_of_it(engine: Engine, previews: Previews):
    rule = rule_of(engine, "korea")
    before = counted(previews, rule)
    engine.take(event(91, "user_id:u4", type="identify", country="KR"))
    again = previews.preview(rule, ALL)
    assert isinstance(again, AudiencePreview)
    assert (again.size, again.as_of_us) == (before.size, before.as_of_us)
    assert counted(previews, rule).size == before.size + 1


def test_a_question_ends_when_its_session_asks_anew(engine: Engine):
    def clock() -> int:
        previews.end("kim")
        return us_of(engine.now)

    previews = Previews(engine.database, engine.warehouse, engine.compiled, DEFAULTS, clock)
    try:
        rule = rule_of(engine, "korea")
        assert counted(previews, rule, PreviewAsked(session="lee")).size == 2
        with pytest.raises(Rejected) as refused:
            previews.preview(rule, PreviewAsked(session="kim"), fresh=True)
        assert refused.value.code == "replaced"
        assert counted(previews, rule, PreviewAsked(session="lee")).size == 2
    finally:
        previews.close()


@pytest.mark.parametrize(
    ("formula", "user"), [("0 - revenue", "u0"), ("days_since(first_at)", "u4"), ("mean + orders", "u4")]
)
def test_a_share_of_a_formula_is_one_of_what_it_comes_to(
    engine: Engine, previews: Previews, formula: str, user: str
):
    order = {"event": "Order Completed"}
    bodies = [
        {"name": "orders", "kind": "count"} | order,
        {"name": "revenue", "kind": "sum", "property": "revenue"} | order,
        {"name": "mean", "kind": "mean", "property": "revenue"} | order,
        {"name": "first_at", "kind": "first"} | order,
        {"name": "asked", "formula": formula},
    ]
    traits, _ = read_traits([Definition("traits", body["name"], body, "t") for body in bodies])
    rule, _ = read_rule({"trait": "asked", "top_percent": 20}, traits, [])
    assert rule is not None
    assert counted(previews, rule).sample == (engine.who(f"user_id:{user}").profile_id,)


def test_reach_is_what_the_gate_says(engine: Engine, previews: Previews):
    everybody = DidRule(Measure(Kind.COUNT, Source("identify")), 0)
    ahead = us_of(NOW + timedelta(days=1))
    said: list[tuple[int, str, bool, int]] = [
        (0, "marketing", False, 5), (1, "profiling", True, 5), (2, "profiling", True, ahead), (3, "marketing", True, 5),
        (1, "marketing", True, ahead),
    ]  # fmt: skip
    for number, (person, purpose, granted, at_us) in enumerate(said):
        document = engine.who(f"user_id:u{person}")
        with transaction(engine.database) as connection:
            node = nodes_of(document, KEY)[number % len(document.identifiers)]
            insert_consents(connection, [(node.bytes, purpose, granted, at_us, "test", f"c{number}")])
        check_reach(engine, counted(previews, everybody))
    nodes = [nodes_of(engine.who(f"user_id:u{person}"), KEY)[0] for person in (1, 2)]
    for channel, node in zip(("*", "email"), nodes, strict=True):
        with transaction(engine.database) as connection:
            suppress(connection, [node], channel, "asked", 7)
        check_reach(engine, counted(previews, everybody))
    with transaction(engine.database) as connection:
        unsuppress(connection, nodes[:1], "*", 9)
    check_reach(engine, counted(previews, everybody))
    engine.say("same", ["user_id:u0"], ["user_id:u1"])
    check_reach(engine, counted(previews, everybody))


def check_reach(engine: Engine, found: AudiencePreview) -> None:
    (email, *_) = found.reach
    cleared = dict.fromkeys(DEFAULTS, 0)
    documents = [engine.profiles.get(key) for key in found.sample]
    reached = [each for each in documents if each and any(i.namespace == "email" for i in each.identifiers)]
    for document in reached:
        nodes = nodes_of(document, KEY)
        with engine.database.connect() as connection:
            evidence = read_evidence(connection, nodes)
        for purpose in DEFAULTS:
            act = Act(document.profile_id, nodes, purpose, "email")
            cleared[purpose] += isinstance(clear(act, evidence, DEFAULTS, us_of(engine.now)), Cleared)
    assert (email.channel, email.addressed, email.purposes) == ("email", len(reached), cleared)


@pytest.mark.parametrize("columns", [[], [PropertyColumn("brand", ValueType.TEXT)]])
def test_facts_that_are_near_count_as_those_in_the_warehouse(engine: Engine, columns: list[PropertyColumn]):
    source = Source("track", "Order Completed")
    measures = [
        Measure(Kind.COUNT, source),
        Measure(Kind.COUNT, source, span=Sliding(5 * 86_400)),
        Measure(
            Kind.DISTINCT, source, properties=tuple(columns or [PropertyColumn("revenue", ValueType.NUMBER)])
        ),
    ]
    near = NearFacts(
        engine.warehouse, [Measure(Kind.LAST, source, properties=tuple(columns))] if columns else []
    )
    facts, picture = Facts(engine.warehouse, near), Picture([], [])
    at = At(us_of(NOW), None, "UTC")

    def values() -> list[Any]:
        touched = picture.put(list(engine.served().items()))
        picture.drop([key for key in picture.ids(touched) if key not in engine.served()])
        facts.begin(picture, touched)
        moment = at._replace(zones=picture.zones("UTC"))
        found = [facts.value(measure, moment).values.to_pylist() for measure in measures]
        return [[column[place] for place in picture.find(sorted(engine.served()))] for column in found]

    before = values()
    assert before[0] == [4] * 5
    while near.make():
        pass
    assert near.of(measures[0]) is not None
    assert values() == before
    while near.make():  # with the property that was asked for
        pass
    assert near.of(measures[2]) is not None
    assert values() == before
    engine.take(event(99, "user_id:u1", name="Order Completed", revenue=7, brand="c"))
    (more,) = {tuple(sorted(count)) for count in values()[:1]}
    assert more == (4, 4, 4, 4, 5)
    engine.say("same", ["user_id:u0"], ["user_id:u1"])
    assert sorted(values()[0]) == [4, 4, 4, 9]
    facts.close()
    near.close()


def test_a_rule_that_is_no_definition_reads_the_local_time_of_the_workspace(engine: Engine):
    """The orders of an hour of the day in UTC are of nine hours later in Seoul."""
    read, _ = read_rule(
        {"did": "Order Completed", "where": [{"at": "hour", "is": (NOW.hour + 9) % 24}]}, [], []
    )
    assert read is not None
    sizes: list[int] = []
    for home in ("UTC", "Asia/Seoul"):
        defined = msgspec.structs.replace(engine.compiled, home=home)
        made = Previews(engine.database, engine.warehouse, defined, DEFAULTS, lambda: us_of(engine.now))
        try:
            sizes.append(counted(made, read, PreviewAsked()).size)
        finally:
            made.close()
    assert sizes == [0, 5]
