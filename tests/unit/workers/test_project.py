import json
import random
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.workers.engine import AUDIENCES, KEY, NOW, TRAITS, Engine, event

from weft.model.identifier import Identifier, node_id
from weft.storage.database import transaction
from weft.storage.database_audiences import recount
from weft.storage.database_consent import read_evidence


@pytest.fixture
def engine(tmp_path: Path):
    made = Engine(tmp_path / "e")
    yield made
    made.close()


def test_browsing_before_the_log_in_becomes_hers(engine: Engine):
    engine.take(event(1, "anonymous_id:a", brand="Makita"))
    unknown = engine.who("anonymous_id:a")
    engine.take(event(2, "user_id:1", "anonymous_id:a", type="identify", country="KR"))
    known = engine.who("user_id:1")
    assert known.profile_id == unknown.profile_id
    assert known.events == 2
    assert known.traits | {"country": "KR"} == known.traits
    assert known.traits["last_brand"] == "Makita"
    assert known.audiences.keys() == {"looking", "korea"}
    assert engine.said() == [("entered", "looking"), ("entered", "korea")]


def test_a_merge_is_no_second_entry(engine: Engine):
    engine.take(event(1, "anonymous_id:a", brand="x"))
    engine.take(event(2, "user_id:1", brand="y"))
    engine.take(event(3, "user_id:1", "anonymous_id:a"))
    assert engine.said().count(("entered", "looking")) == 2  # one for each of the two, none for the merge
    gone = [subject for kind, subject in engine.said() if kind == "merged"]
    heir = engine.who("user_id:1")
    assert len(gone) == 1
    assert engine.profiles.get(UUID(gone[0])) == heir
    assert heir.traits["brands"] == 2
    assert engine.memberships.sizes() == {"looking": 1}
    assert [member.profile_id for member in engine.memberships.members("looking", None, 10)] == [
        heir.profile_id
    ]


def test_people_leave_a_window_without_any_event(engine: Engine):
    engine.take(event(1, "user_id:1", brand="x", at=NOW - timedelta(days=6)))
    assert engine.who("user_id:1").traits["views_7d"] == 1
    engine.now = NOW + timedelta(days=1) - timedelta(microseconds=1)
    assert engine.projector.step() == 0
    engine.now = NOW + timedelta(days=1)
    assert engine.projector.step() == 1
    assert engine.who("user_id:1").traits["views_7d"] == 0
    assert engine.said() == [("entered", "looking"), ("exited", "looking")]
    assert engine.memberships.sizes() == {}


def test_a_newer_version_of_a_record_replaces_the_older(engine: Engine):
    engine.take(event(1, "user_id:1", type="record", name="order", record_id="o1", quantity=2, price=10.5))
    assert engine.who("user_id:1").traits["bought"] == 21
    engine.take(event(2, "user_id:1", type="record", name="order", record_id="o1", quantity=-1, price=10.5))
    assert engine.who("user_id:1").traits["bought"] == -10.5
    assert engine.who("user_id:1").events == 1
    engine.take(event(3, "user_id:2", type="record", name="order", record_id="o1", quantity=3, price=1))
    assert engine.who("user_id:1").traits["bought"] == 0
    assert engine.who("user_id:2").traits["bought"] == 3


def test_a_record_may_return_to_what_it_was(engine: Engine):
    versions = [("A", 1), ("B", 2), ("A", 1)]
    for number, (message, quantity) in enumerate(versions):
        row = event(
            number, "user_id:1", type="record", name="order", record_id="o", quantity=quantity, price=1
        )
        engine.take(row | {"message_id": message})
    assert engine.who("user_id:1").traits["bought"] == 1


def test_a_repeat_is_dropped_within_a_group_across_groups_and_after_a_restart(engine: Engine):
    order = event(1, "user_id:1", name="Order Completed", revenue=10)
    result = engine.tick([order, order])
    assert (result.stored, result.repeated) == (1, 1)
    assert engine.tick([order]).repeated == 1
    engine.reopen()
    assert engine.tick([order]).repeated == 1
    engine.projector.step()
    assert engine.who("user_id:1").traits["revenue"] == 10


def test_consent_on_an_event_reaches_the_ledger(engine: Engine):
    from sqlalchemy import select

    from weft.storage.database_consent import consent

    engine.take(event(1, "user_id:1", consent='{"marketing": true, "ads": "yes", "calls": false}'))
    with engine.database.begin() as connection:
        rows = connection.execute(select(consent.c.purpose, consent.c.granted)).all()
    assert {(purpose, granted) for purpose, granted in rows} == {
        ("marketing", True),
        ("ads", False),
        ("calls", False),
    }


@pytest.mark.parametrize("last", [True, False])
def test_of_two_choices_of_one_moment_the_later_holds(tmp_path: Path, last: bool) -> None:
    """A clock that runs ahead dates both to when they came."""
    rules = [{"name": "agreed", "who": {"consent": "marketing", "is": "granted"}}]
    said = [json.dumps({"marketing": choice}) for choice in (not last, last)]
    ahead = NOW + timedelta(hours=1)
    made = Engine(tmp_path / "engine", [], rules)
    try:
        made.take(*(event(n, "user_id:1", consent=each, at=ahead) for n, each in enumerate(said)))
        assert ("agreed" in made.who("user_id:1").audiences) == last
        made.rebuilder.run(everybody=True)
        assert ("agreed" in made.who("user_id:1").audiences) == last
    finally:
        made.close()


def test_a_device_of_many_is_whose_log_in_was_the_last(engine: Engine):
    profiles: set[UUID] = set()
    for number in range(1, 6):
        at = NOW + timedelta(minutes=number)
        engine.take(event(number, f"user_id:{number}", "anonymous_id:kiosk", brand=str(number), at=at))
        profiles.add(engine.who(f"user_id:{number}").profile_id)
        assert engine.who("anonymous_id:kiosk").profile_id == engine.who(f"user_id:{number}").profile_id
    assert len(profiles) == 5
    engine.reopen()
    engine.take(event(9, "user_id:1", "anonymous_id:kiosk", at=NOW + timedelta(minutes=9)))
    assert engine.who("anonymous_id:kiosk").profile_id == engine.who("user_id:1").profile_id
    engine.take(event(10, "anonymous_id:kiosk", name="Signed Out", at=NOW + timedelta(minutes=10)))
    assert engine.profiles.find(Identifier("anonymous_id", "kiosk")) is None


def test_a_consent_given_on_a_tablet_goes_to_who_made_it(engine: Engine):
    tablet, hour = "anonymous_id:tablet", timedelta(hours=1)
    yes = '{"marketing": true, "ads": true}'
    engine.take(
        event(1, "user_id:mother", tablet, consent='{"marketing": false}'),
        event(2, tablet, at=NOW + 2 * hour, type="identify", plan="free", consent=yes),
    )
    assert engine.who("user_id:mother").traits["plan"] == "free"
    engine.take(event(3, "user_id:father", tablet, at=NOW + hour))  # arrives late: he had it by then
    people = {name: engine.who(f"user_id:{name}") for name in ("mother", "father")}
    assert ("plan" in people["mother"].traits, people["father"].traits["plan"]) == (False, "free")
    held: dict[str, dict[str, bool]] = {}
    with engine.database.begin() as connection:
        for name, document in people.items():
            evidence = read_evidence(connection, [node_id(KEY, each) for each in document.identifiers])
            held[name] = {each.purpose: each.granted for each in evidence.records}
    assert held == {"mother": {"marketing": False}, "father": {"marketing": True, "ads": True}}


people = st.integers(0, 3)
devices = st.integers(0, 4)
BASE = NOW - timedelta(days=20)


@st.composite
def streams(draw: st.DrawFn):
    rows = []
    for number in range(draw(st.integers(1, 25))):
        ids = []
        if draw(st.booleans()):
            ids.append(f"user_id:{draw(people)}")
        if not ids or draw(st.booleans()):
            ids.append(f"anonymous_id:{draw(devices)}")
        name = draw(st.sampled_from(["Product Viewed", "Order Completed"]))
        at = BASE + timedelta(hours=draw(st.integers(0, 480)))
        kind = draw(st.sampled_from(["track", "track", "identify"]))
        brand = draw(st.sampled_from("ab"))
        row = event(
            number,
            *ids,
            name=name,
            at=at,
            type=kind,
            brand=brand,
            revenue=number / 4,
            country=draw(st.sampled_from(["KR", "TW"])),
        )
        rows.append(row)
    return rows


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rows=streams(), seed=st.integers(0, 2**32), cuts=st.integers(1, 6))
def test_any_order_any_batching_and_repeats_give_the_same_state(tmp_path: Path, rows, seed, cuts):
    plain = Engine(tmp_path / "plain")
    plain.take(*rows)
    mixed = Engine(tmp_path / "mixed")
    rng = random.Random(seed)
    shuffled = rows + rng.sample(rows, len(rows) // 3)
    rng.shuffle(shuffled)
    size = max(1, len(shuffled) // cuts)
    for start in range(0, len(shuffled), size):
        mixed.tick(shuffled[start : start + size])
        if rng.random() < 0.5:
            mixed.projector.step()
        if rng.random() < 0.2:
            mixed.reopen()
    mixed.projector.step()
    try:
        assert mixed.hash() == plain.hash()
        before = mixed.hash()
        members = mixed.memberships.sizes()
        with transaction(mixed.database) as connection:
            recount(connection)
        assert mixed.memberships.sizes() == members  # what was counted as it changed is what is there
        said = len(mixed.said())
        mixed.rebuilder.run(everybody=True)
        assert mixed.hash() == before
        assert mixed.memberships.sizes() == members
        assert len(mixed.said()) == said  # a rebuild of what is already known signals nothing
    finally:
        plain.close()
        mixed.close()


def test_a_rebuild_catches_up_as_increments_would(engine: Engine, tmp_path: Path):
    rows = [
        event(n, f"user_id:{n % 7}", f"anonymous_id:{n % 11}", name="Order Completed", revenue=n)
        for n in range(80)
    ]
    engine.take(*rows[:30])
    engine.tick(rows[30:])
    engine.rebuilder.run(everybody=False)
    other = Engine(tmp_path / "other")
    other.take(*rows)
    assert engine.hash() == other.hash()
    assert engine.memberships.sizes() == other.memberships.sizes()
    other.close()


def test_signals_are_numbered_without_gaps(engine: Engine):
    for number in range(12):
        engine.take(
            event(number, f"user_id:{number % 5}", brand="x"),
            event(100 + number, f"user_id:{number % 3}", name="Order Completed", revenue=1),
        )
    numbers = [signal.number for signal in engine.signals.read(0, 1000)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) > 2


def test_a_definition_that_is_gone_lets_its_members_go_and_tells_nobody(engine: Engine, tmp_path: Path):
    engine.take(event(1, "user_id:1", type="identify", country="KR"))
    assert engine.memberships.sizes() == {"korea": 1}
    fewer = [body for body in AUDIENCES if body["name"] != "korea"]
    second = Engine(tmp_path / "second", TRAITS, fewer)
    second.close()
    engine.compiled = second.compiled
    engine.reopen()
    engine.rebuilder.run(everybody=True)
    assert engine.memberships.sizes() == {}
    assert engine.said()[-1] == ("entered", "korea")


def test_an_audience_that_fails_keeps_its_members(engine: Engine, tmp_path: Path):
    engine.take(event(1, "user_id:1", type="identify", country="KR"))
    since = engine.who("user_id:1").audiences["korea"]
    fewer = [body for body in AUDIENCES if body["name"] != "korea"]
    second = Engine(tmp_path / "second", TRAITS, fewer)
    second.close()
    engine.compiled = msgspec.structs.replace(second.compiled, held=("korea",))
    engine.now += timedelta(hours=1)
    engine.reopen()
    engine.rebuilder.run(everybody=True)
    engine.take(event(2, "user_id:1", type="identify", country="FR"))
    assert engine.memberships.sizes() == {"korea": 1}
    assert engine.who("user_id:1").audiences["korea"] == since
    assert engine.said()[-1] == ("entered", "korea")


def test_what_the_first_window_holds_does_not_depend_on_what_came_before(tmp_path: Path):
    """One measure of one event name: a plan made over still empty tables must not be kept."""
    engine = Engine(
        tmp_path / "one",
        [{"name": "spent", "kind": "sum", "event": "Order Completed", "property": "total"}],
        [],
    )
    engine.take(event(1, "user_id:1", name="Order Completed", total=12.5))
    assert engine.who("user_id:1").traits == {"spent": 12.5}
    engine.close()


def test_an_audience_of_as_many_rules_as_there_may_be_is_evaluated(tmp_path: Path):
    rules = [{"did": "Order Completed", "at_least": least} for least in range(2, 2_000)]
    engine = Engine(tmp_path / "e", [], [{"name": "wide", "who": {"any": rules}}])
    try:
        engine.take(*(event(n, "user_id:1", name="Order Completed") for n in (1, 2)))
        engine.take(event(3, "user_id:2", name="Order Completed"))
        assert list(engine.who("user_id:1").audiences) == ["wide"]
        assert list(engine.who("user_id:2").audiences) == []
    finally:
        engine.close()
