from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.unit.workers.engine import KEY, NOW, PERSONS, Engine, event

from weft.errors import Transient
from weft.identity.rules import Rules
from weft.model.identifier import Identifier, node_id
from weft.storage import database_person
from weft.storage.database import transaction
from weft.storage.database_person import ScoreEdge, add_again, add_everybody, read_scores, waiting
from weft.workers import match
from weft.workers.match import Matching
from weft.workers.projecting import LIVE_EVENTS

MIN_SU = {"name": "김민수", "birth_date": "1980-02-03", "phone": "010-1234-5678", "city": "서울"}
ROMANISED = {"first_name": "Min-su", "last_name": "Kim", "dateOfBirth": "1980/02/03", "mobile": "01012345678"}
SISTER = {"name": "김지은", "birth_date": "1984-11-20", "phone": "010-1234-5678", "city": "서울"}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = Engine(tmp_path / "w", traits=[], audiences=[])
    yield engine
    engine.close()


def matching(engine: Engine) -> Matching:
    return Matching(engine.database, engine.folder, Rules(), lambda: 7)


def node(identifier: str) -> bytes:
    return node_id(KEY, Identifier(*identifier.split(":"))).bytes


def told(number: int, who: str, **traits: Any) -> dict[str, Any]:
    return event(number, who, type="identify", at=NOW + timedelta(hours=number), **traits)


def scores(engine: Engine) -> list[ScoreEdge]:
    with engine.database.begin() as connection:
        return read_scores(connection, 0, engine.position, 1_000)


def test_two_spellings_of_one_person_are_scored_with_reasons(engine: Engine) -> None:
    worker = matching(engine)
    engine.take(told(1, "user_id:a", **MIN_SU))
    assert worker.step() == 1
    assert scores(engine) == []
    engine.take(told(2, "loyalty:b", **ROMANISED))
    worker.step()
    (edge,) = scores(engine)
    assert {edge.left, edge.right} == {node("user_id:a"), node("loyalty:b")}
    assert edge.left < edge.right
    assert edge.outcome == "same"
    assert edge.confidence > 0.95
    fields = msgspec.json.decode(edge.fields, type=dict[str, float])
    assert fields["birth_date"] > 5
    assert sum(fields.values()) == pytest.approx(edge.bits, abs=1e-6)
    assert edge.position == engine.position
    assert len(edge.model) == 12


def test_scores_wait_for_a_tick_that_is_behind_but_not_for_ever(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind = LIVE_EVENTS
    worker = Matching(engine.database, engine.folder, Rules(), lambda: 7, behind=lambda: behind)
    engine.take(told(1, "user_id:a", **MIN_SU))
    assert worker.step() == 0
    behind = LIVE_EVENTS - 1
    assert worker.step() == 1
    engine.take(told(2, "user_id:b", **SISTER))
    behind = LIVE_EVENTS
    assert worker.step() == 0
    monkeypatch.setattr(match, "WAIT_SECONDS", 0.0)
    assert worker.step() == 1


def test_a_household_is_no_person(engine: Engine) -> None:
    worker = matching(engine)
    engine.take(told(1, "user_id:a", **MIN_SU), told(2, "user_id:b", **SISTER))
    worker.step()
    (edge,) = scores(engine)
    assert edge.outcome == "household"
    assert edge.confidence < 0.5


def test_what_contradicts_later_lowers_the_score_and_its_history_stays(engine: Engine) -> None:
    worker = matching(engine)
    engine.take(told(1, "user_id:a", **MIN_SU), told(2, "loyalty:b", **ROMANISED))
    worker.step()
    engine.take(told(3, "loyalty:b", dateOfBirth="1991-05-30", city="Busan", mobile="010-9999-1111"))
    worker.step()
    first, second = scores(engine)
    assert (first.left, first.right) == (second.left, second.right)
    assert second.number > first.number
    assert second.confidence < 0.6 < first.confidence
    assert msgspec.json.decode(second.fields)["birth_date"] < 0


def test_what_changes_nothing_is_not_told_again(engine: Engine) -> None:
    worker = matching(engine)
    engine.take(told(1, "user_id:a", **MIN_SU), told(2, "loyalty:b", **ROMANISED))
    worker.step()
    engine.take(event(3, "user_id:a"), told(4, "user_id:a", plan="gold"), told(5, "user_id:a", **MIN_SU))
    assert worker.step() == 0
    engine.take(told(6, "user_id:a", city=" 서울 "))
    assert worker.step() == 1
    assert len(scores(engine)) == 1


def test_a_rebuild_queues_only_what_is_new(engine: Engine) -> None:
    worker = matching(engine)
    engine.tick([told(1, "user_id:a", **MIN_SU), told(2, "loyalty:b", **ROMANISED), event(3, "user_id:c")])
    engine.rebuilder.run(everybody=True)
    assert worker.step() == 2
    assert len(scores(engine)) == 1
    engine.rebuilder.run(everybody=True)
    assert worker.step() == 0


def test_a_crash_before_the_commit_changes_nothing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.take(told(1, "user_id:a", **MIN_SU), told(2, "loyalty:b", **ROMANISED))
    worker = matching(engine)

    def fail(*_: object) -> None:
        raise Transient("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(match, "drop_changes", fail)
        with pytest.raises(Transient):
            worker.step()
    assert scores(engine) == []
    assert worker.step() == 2
    expected = [(edge.left, edge.right, edge.bits, edge.fields) for edge in scores(engine)]
    assert len(expected) == 1
    fresh = Engine(engine.folder.with_name("other"), traits=[], audiences=[])
    fresh.take(told(1, "user_id:a", **MIN_SU), told(2, "loyalty:b", **ROMANISED))
    matching(fresh).step()
    assert [(edge.left, edge.right, edge.bits, edge.fields) for edge in scores(fresh)] == expected
    fresh.close()


def test_a_fresh_worker_knows_who_was_there(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_person, "LOAD_ROWS", 2)
    engine.take(
        *(told(n, f"user_id:{n}", name=f"Person {n}", birth_date=f"19{n}-01-01") for n in range(60, 65))
    )
    engine.take(told(1, "user_id:a", **MIN_SU))
    matching(engine).step()
    engine.take(told(2, "loyalty:b", **ROMANISED))
    matching(engine).step()
    assert [edge.outcome for edge in scores(engine)] == ["same"]


def test_everybody_is_matched_again_when_asked(engine: Engine) -> None:
    engine.take(told(1, "user_id:a", **MIN_SU), told(2, "loyalty:b", **ROMANISED))
    matching(engine).step()
    with transaction(engine.database) as connection:
        assert add_everybody(connection, engine.position) == 2
    assert matching(engine).step() == 2
    assert len(scores(engine)) == 1
    with engine.database.begin() as connection:
        assert waiting(connection) == 0


def test_traits_are_read_by_their_names() -> None:
    traits = {
        "firstName": b'"Ann"',
        "lastName": b'"Lee"',
        "address": b'{"city": "Leeds", "postalCode": "LS1 4AP", "lines": ["x"]}',
        "phone": b"442079460000",
        "plan": b'"gold"',
        "last_seen": b'"2020-01-01"',
        "company": b'{"name": "ACME"}',
    }
    found = PERSONS.of({name: (at, b"", value) for at, (name, value) in enumerate(traits.items())})
    assert found == {
        "given_name": "Ann",
        "family_name": "Lee",
        "city": "Leeds",
        "postcode": "LS1 4AP",
        "phone": "442079460000",
    }


def test_columns_and_single_values_come_out_alike() -> None:
    each = [
        {
            "full_name": "KIM MIN-SU",
            "birth_date": "03.02.1980",
            "email": "A.B+x@Gmail.com",
            "phone": "02-123-4567",
        }
    ]
    each += [{"given_name": "Dr. José", "family_name": "O'Neil jr"}, {"full_name": "unknown"}, {}]
    assert PERSONS.normalise(each * 30) == PERSONS.normalise(each) * 30


def test_what_was_told_is_not_lost_to_being_matched_again(engine: Engine) -> None:
    engine.take(told(1, "user_id:a", **MIN_SU), told(2, "loyalty:b", **ROMANISED))
    with transaction(engine.database) as connection:
        add_again(connection, [node("user_id:a"), node("user_id:nobody")], engine.position)
    matching(engine).step()
    assert [edge.outcome for edge in scores(engine)] == ["same"]
