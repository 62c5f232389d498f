"""Scores of pairs as evidence in the tick: they join, wait, part and leave their history."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from tests.unit.workers.engine import KEY, PRIOR, SCORE_BITS, Engine, event

from weft.model.identifier import Identifier, node_id

PROFILE = "SELECT profile_id FROM identity_map WHERE node_id = ?"
NODES = "SELECT profile_id, node.namespace, value FROM node JOIN identity_map USING (node_id)"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = Engine(tmp_path / "w", traits=[], audiences=[])
    yield engine
    engine.close()


def node(identifier: str) -> bytes:
    return node_id(KEY, Identifier(*identifier.split(":"))).bytes


def rows(engine: Engine, query: str) -> list[Any]:
    return engine.warehouse.cursor().execute(query).fetchall()


def same(engine: Engine, one: str, other: str) -> bool:
    return profile(engine, one) == profile(engine, other)


def profile(engine: Engine, identifier: str) -> Any:
    ((found,),) = engine.warehouse.cursor().execute(PROFILE, [UUID(bytes=node(identifier))]).fetchall()
    return found


def people(engine: Engine) -> set[frozenset[str]]:
    found: dict[str, set[str]] = {}
    for owner, namespace, value in rows(engine, NODES):
        found.setdefault(owner, set()).add(f"{namespace}:{value}")
    return {frozenset(each) for each in found.values()}


def test_a_sure_pair_joins_and_the_evidence_says_why(engine: Engine) -> None:
    engine.take(event(1, "loyalty:a"), event(2, "crm:b"))
    engine.score("loyalty:a", "crm:b", 0.99)
    engine.hear()
    assert same(engine, "loyalty:a", "crm:b")
    ((kind, bits, confidence, fields, said_by),) = rows(
        engine, "SELECT kind, bits, confidence, fields, said_by FROM evidence"
    )
    assert (kind, confidence, said_by) == ("score", 0.99, "m1")
    assert sum(msgspec.json.decode(fields).values()) == pytest.approx(bits)
    assert rows(engine, "SELECT kind, confidence FROM link") == [("score", 0.99)]
    assert rows(engine, "SELECT * FROM review") == []


def test_an_unsure_pair_waits_for_a_steward_and_an_unlikely_one_is_nothing(engine: Engine) -> None:
    engine.take(event(1, "loyalty:a"), event(2, "crm:b"), event(3, "crm:c"))
    engine.score("loyalty:a", "crm:b", 0.8)
    engine.score("loyalty:a", "crm:c", 0.3)
    engine.hear()
    assert not same(engine, "loyalty:a", "crm:b")
    assert rows(engine, "SELECT why FROM review") == [("unsure",)]
    assert rows(engine, "SELECT count(*) FROM link") == [(1,)]


def test_a_join_holds_until_it_is_no_longer_in_question(engine: Engine) -> None:
    engine.take(event(1, "loyalty:a"), event(2, "crm:b"))
    said = []
    for confidence in (0.8, 0.99, 0.8, 0.3, 0.8, 0.99):
        engine.score("loyalty:a", "crm:b", confidence)
        engine.hear()
        why = [each for (each,) in rows(engine, "SELECT why FROM review")]
        said.append((same(engine, "loyalty:a", "crm:b"), why))
    assert said == [
        (False, ["unsure"]),
        (True, []),
        (True, ["fallen"]),
        (False, []),
        (False, ["unsure"]),
        (True, []),
    ]
    history = rows(engine, "SELECT confidence FROM evidence ORDER BY number")
    assert [each for (each,) in history] == [0.8, 0.99, 0.8, 0.3, 0.8, 0.99]
    assert rows(engine, "SELECT confidence FROM link") == [(0.99,)]


def test_parting_gives_both_their_ids_back(engine: Engine) -> None:
    engine.take(event(1, "loyalty:a"), event(2, "crm:b"))
    before = profile(engine, "loyalty:a"), profile(engine, "crm:b")
    engine.score("loyalty:a", "crm:b", 0.99)
    engine.hear()
    engine.score("loyalty:a", "crm:b", 0.0)
    engine.hear()
    assert (profile(engine, "loyalty:a"), profile(engine, "crm:b")) == before


def test_what_was_seen_and_what_is_scored_count_together(engine: Engine) -> None:
    engine.take(event(1, "loyalty:a", "crm:b"))
    assert same(engine, "loyalty:a", "crm:b")
    engine.score("loyalty:a", "crm:b", 0.8)
    engine.hear()
    assert same(engine, "loyalty:a", "crm:b")
    engine.score("loyalty:a", "crm:b", 0.0)
    engine.hear()
    assert not same(engine, "loyalty:a", "crm:b")


def test_a_score_waits_for_its_nodes(engine: Engine) -> None:
    engine.score("loyalty:a", "crm:b", 0.99, position=2)
    engine.hear()
    engine.take(event(1, "loyalty:a"))
    assert rows(engine, "SELECT count(*) FROM evidence") == [(0,)]
    engine.take(event(2, "crm:b"))
    engine.hear()
    assert same(engine, "loyalty:a", "crm:b")


def test_the_same_stream_over_the_same_log_gives_the_same_people(engine: Engine) -> None:
    log = [event(n, f"crm:{n}") for n in range(1, 7)]
    pairs = [(1, 2, 0.99), (2, 3, 0.99), (4, 5, 0.99), (1, 2, 0.8), (4, 5, 0.3), (5, 6, 0.99), (2, 3, 0.0)]
    for number, row in enumerate(log, 1):
        engine.take(row)
        for one, other, confidence in pairs:
            if max(one, other) == number:
                engine.score(f"crm:{one}", f"crm:{other}", confidence)
        engine.hear()
    expected = people(engine)
    assert frozenset({"crm:1", "crm:2"}) in expected
    assert frozenset({"crm:5", "crm:6"}) in expected
    links = rows(engine, "SELECT link_key, score_bits, score_confidence, confidence FROM link ORDER BY 1")
    engine.warehouse.close()
    (engine.folder / "warehouse.duckdb").unlink()
    engine.position = 0
    engine.open()
    engine.tick(log)
    engine.hear()
    assert people(engine) == expected
    assert (
        rows(engine, "SELECT link_key, score_bits, score_confidence, confidence FROM link ORDER BY 1")
        == links
    )


def test_a_link_is_as_old_as_its_first_score_however_ticks_are_cut(tmp_path: Path) -> None:
    found: list[list[Any]] = []
    for at_once in (False, True):
        engine = Engine(tmp_path / str(at_once), traits=[], audiences=[])
        engine.take(event(1, "loyalty:a"), event(2, "crm:b"))
        scores = [(0.8, 1), (0.99, 2)]
        for confidence, position in scores:
            engine.score("loyalty:a", "crm:b", confidence, position=position)
            if not at_once:
                engine.hear()
        engine.hear()
        found.append(rows(engine, "SELECT first_at, position, score_confidence FROM link"))
        engine.close()
    assert found[0] == found[1]
    assert [position for _, position, _ in found[0]] == [1]


def test_a_fresh_start_goes_on_where_it_was(engine: Engine) -> None:
    engine.take(event(1, "loyalty:a"), event(2, "crm:b"))
    engine.score("loyalty:a", "crm:b", 0.99)
    engine.hear()
    engine.reopen()
    assert not engine.store.waits()
    engine.score("loyalty:a", "crm:b", 0.8)
    engine.hear()
    assert same(engine, "loyalty:a", "crm:b")
    assert rows(engine, "SELECT why FROM review") == [("fallen",)]


def test_what_was_seen_goes_before_what_is_scored(engine: Engine) -> None:
    engine.take(event(1, "user_id:a", "loyalty:c"), event(2, "user_id:b"))
    engine.score("user_id:b", "loyalty:c", 0.99)
    engine.hear()
    assert same(engine, "user_id:a", "loyalty:c")
    assert not same(engine, "user_id:b", "loyalty:c")


@pytest.mark.parametrize("at_once", [False, True])
def test_what_was_scored_before_an_event_counts_as_what_is_scored_after_it(
    engine: Engine, at_once: bool
) -> None:
    """A score too low to make a link of its own; at once, as a replay has it, and the links are all of one tick."""
    rows_ = [event(1, "loyalty:a"), event(2, "crm:b"), event(3, "loyalty:a", "crm:b")]
    if not at_once:
        engine.take(*rows_[:2])
    engine.score("loyalty:a", "crm:b", 0.0, position=2)
    engine.hear()
    assert rows(engine, "SELECT * FROM link") == []
    engine.take(*(rows_ if at_once else rows_[2:]))
    engine.hear()
    assert not same(engine, "loyalty:a", "crm:b")
    assert rows(engine, "SELECT bits + score_bits FROM link") == [(10.0 + SCORE_BITS[0.0] - PRIOR,)]


def test_a_score_may_join_what_a_link_of_the_same_tick_puts_in_question(engine: Engine) -> None:
    engine.take(event(1, "loyalty:0"), event(2, "user_id:1", "email:1@x"), event(3, "user_id:2", "email:2@x"))
    engine.score("loyalty:0", "email:1@x", 0.99, position=4)
    engine.take(event(4, "email:1@x", "email:2@x"))
    before = people(engine)
    assert frozenset({"user_id:1", "email:1@x", "loyalty:0"}) in before
    engine.take(event(5, "loyalty:0", "card:9"), event(6, "card:9", "email:1@x"))
    assert frozenset({"user_id:1", "email:1@x", "loyalty:0", "card:9"}) in people(engine)
