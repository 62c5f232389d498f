"""A steward merges and splits: who is who follows at once, and taking it back gives back what was served."""

from datetime import timedelta
from pathlib import Path

import pytest
from tests.unit.workers.engine import NOW, Engine, event


@pytest.fixture
def engine(tmp_path: Path):
    made = Engine(tmp_path / "e")
    yield made
    made.close()


def two_people(engine: Engine) -> None:
    engine.take(
        event(1, "user_id:1", "email:a@x", type="identify", country="KR", name="Kim"),
        event(2, "user_id:1", brand="Makita"),
    )
    engine.now = NOW + timedelta(minutes=1)
    engine.take(
        event(3, "user_id:2", "email:b@x", type="identify", country="KR", name="Lee"),
        event(4, "user_id:2", name="Order Completed", revenue=5),
        event(5, "user_id:3", brand="Bosch"),
    )
    engine.now = NOW + timedelta(minutes=2)


def test_a_merge_that_is_taken_back_leaves_both_profiles_byte_for_byte(engine: Engine) -> None:
    two_people(engine)
    before = engine.served()
    first = engine.say("same", ["user_id:1"], ["user_id:2"])
    merged = engine.who("user_id:2")
    assert engine.who("email:a@x") == merged
    assert merged.events == 4
    assert ("merged", str(engine.who("user_id:1").profile_id)) not in engine.said()
    engine.now += timedelta(minutes=5)
    engine.take(event(6, "user_id:9", brand="other"))
    engine.say("retract", retracts=first)
    after = engine.served()
    assert {key: after[key] for key in before} == before
    assert [kind for kind, _ in engine.said()].count("split") == 1
    members = {each.profile_id: each.since_us for each in engine.memberships.members("korea", None, 9)}
    assert members == {
        each.profile_id: each.audiences["korea"] for each in map(engine.who, ("user_id:1", "user_id:2"))
    }


def test_a_split_that_is_taken_back_leaves_the_profile_byte_for_byte(engine: Engine) -> None:
    two_people(engine)
    engine.take(event(7, "email:a@x", name="Order Completed"), event(8, "user_id:1", name="Order Completed"))
    before = engine.served()
    assert "buyers" in engine.who("user_id:1").audiences
    engine.now += timedelta(minutes=5)
    number = engine.say("split", ["email:a@x"], ["user_id:1"])
    assert engine.who("email:a@x").profile_id != engine.who("user_id:1").profile_id
    assert "buyers" not in engine.who("user_id:1").audiences
    engine.now += timedelta(minutes=5)
    engine.say("retract", retracts=number)
    assert engine.served() == before


def test_later_evidence_does_not_glue_together_what_was_split(engine: Engine) -> None:
    two_people(engine)
    engine.say("split", ["email:a@x"], ["user_id:1"])
    engine.take(event(20, "user_id:1", "email:a@x"), event(21, "card:n", "email:a@x"))
    engine.take(event(22, "user_id:1", "card:n"))
    assert engine.who("email:a@x").profile_id != engine.who("user_id:1").profile_id
    asked = engine.warehouse.cursor().execute("SELECT why FROM review").fetchall()
    assert asked == [("after_split",)]


def test_what_a_steward_said_of_nodes_to_come_holds_when_they_come(engine: Engine) -> None:
    """As in a replay, where all of it is known before the first event."""
    engine.say("same", ["user_id:1"], ["user_id:2"])
    engine.say("apart", ["user_id:1"], ["email:z@x"])
    engine.take(event(1, "user_id:1", brand="x"))
    engine.take(event(2, "user_id:2", "email:z@x", brand="y"))
    assert engine.who("user_id:1") == engine.who("user_id:2")
    assert engine.who("email:z@x").profile_id != engine.who("user_id:1").profile_id


def test_it_survives_a_restart(engine: Engine) -> None:
    two_people(engine)
    number = engine.say("same", ["user_id:1"], ["user_id:2"])
    before = engine.served()
    engine.reopen()
    engine.take()
    assert engine.served() == before
    engine.say("retract", retracts=number)
    assert engine.who("user_id:1").profile_id != engine.who("user_id:2").profile_id


def test_consent_and_evidence_follow(engine: Engine) -> None:
    two_people(engine)
    number = engine.say("same", ["user_id:1"], ["user_id:2"])
    engine.say("retract", retracts=number)
    rows = engine.warehouse.cursor().execute(
        "SELECT number, kind, bits, said_by, retracts FROM evidence ORDER BY number"
    )
    assert rows.fetchall() == [(1, "steward", 64.0, "kim", None), (2, "steward", 64.0, "kim", 1)]


def test_a_bulk_rebuild_reads_what_stewards_said(engine: Engine) -> None:
    two_people(engine)
    edge = engine.say("same", ["user_id:1"], ["user_id:2"])
    merged = engine.hash()
    engine.rebuilder.run(everybody=True)
    assert engine.hash() == merged
    engine.say("retract", retracts=edge)
    apart = engine.hash()
    engine.rebuilder.run(everybody=False)
    assert engine.hash() == apart != merged


def test_a_word_is_taken_back_in_the_tick_that_joins_its_people_with_others(engine: Engine) -> None:
    engine.take(*(event(number, f"email:{number}@x") for number in range(3)), event(3, "email:1@x", "crm:1"))
    number = engine.say("apart", ["email:1@x"], ["email:2@x"])
    engine.note(engine.edge("retract", retracts=number))
    engine.take(event(4, "email:0@x", "email:1@x"), event(5, "email:2@x", "email:1@x"))
    assert (
        len({engine.who(each).profile_id for each in ("email:0@x", "email:1@x", "email:2@x", "crm:1")}) == 1
    )


@pytest.mark.parametrize("restarts", [False, True])
def test_a_link_is_noted_again_or_not_whether_or_not_there_was_a_restart(
    engine: Engine, restarts: bool
) -> None:
    """Seen on day 40, by a late event on day 0, on day 45 (too soon to note it again), and on day 75."""
    for number, day in enumerate((40, 0, 45, 75)):
        engine.take(event(number, "user_id:1", "email:a@x", at=NOW + timedelta(days=day)))
        if restarts:
            engine.reopen()
    rows = engine.warehouse.cursor().execute("SELECT observed_at FROM evidence ORDER BY number").fetchall()
    assert [(at - NOW).days for (at,) in rows] == [40, 75]
