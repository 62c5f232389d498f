from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine
from tests.unit.identity.live.people import people

from weft.errors import Transient
from weft.identity.live.default import default_model
from weft.identity.rules import Rules
from weft.identity.scoring.model import model_version, save_model
from weft.storage.database import open_database, transaction
from weft.storage.database_frequencies import Counted, newest_frequencies
from weft.storage.database_person import ScoreEdge, add_changes, read_changes, read_scores
from weft.workers import match
from weft.workers.match import LEAST_NODES, MODEL_FILE, Matching

SHIPPED = model_version(default_model())
TOLD = people(900, seed=21)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    database = open_database("sqlite:///database.sqlite", tmp_path)
    yield database
    database.dispose()


def worker(database: Engine, folder: Path) -> Matching:
    return Matching(database, folder, Rules(), lambda: 7)


def tell(database: Engine, first: int, last: int) -> None:
    with transaction(database) as connection:
        add_changes(connection, {(n + 1).to_bytes(8) * 2: TOLD[n] for n in range(first, last)}, 1)


def run(matching: Matching) -> None:
    while matching.step():
        pass


def counted_of(database: Engine) -> Counted | None:
    with database.begin() as connection:
        return newest_frequencies(connection)


def scores(database: Engine, after: int = 0) -> list[ScoreEdge]:
    with database.begin() as connection:
        return read_scores(connection, after, 1 << 40, 100_000)


def last_bits(database: Engine) -> dict[tuple[bytes, bytes], tuple[float, str]]:
    return {(each.left, each.right): (each.bits, each.outcome) for each in scores(database)}


def test_values_are_counted_when_there_are_enough_people_and_when_they_are_twice_as_many(
    database: Engine, tmp_path: Path
) -> None:
    matching, seen = worker(database, tmp_path), list[Counted | None]()
    for first, last in ((0, 199), (199, 200), (200, 399), (399, 400), (400, 700)):
        tell(database, first, last)
        run(matching)
        seen.append(counted_of(database))
    assert LEAST_NODES == 200
    assert [each and each.frequencies.nodes for each in seen] == [None, 200, 200, 400, 400]
    assert {each.model for each in scores(database)} == {SHIPPED, *(each.model for each in seen if each)}
    for each in scores(database):
        parts = msgspec.json.decode(each.fields, type=dict[str, float])
        assert sum(parts.values()) == pytest.approx(each.bits, abs=1e-6)


def test_all_scores_are_as_if_the_frequencies_had_always_been_known(database: Engine, tmp_path: Path) -> None:
    matching = worker(database, tmp_path)
    for first, last in ((0, 199), (199, 399), (399, 500)):
        tell(database, first, last)
        run(matching)
    counted = counted_of(database)
    assert counted is not None
    found = last_bits(database)
    with transaction(database) as connection:
        match.add_again(connection, [(n + 1).to_bytes(8) * 2 for n in range(500)], 1)
    before = len(scores(database))
    run(worker(database, tmp_path))
    assert len(scores(database)) == before
    assert last_bits(database) == found


def test_after_a_restart_scores_carry_the_same_version(database: Engine, tmp_path: Path) -> None:
    tell(database, 0, 300)
    run(worker(database, tmp_path))
    counted, before = counted_of(database), len(scores(database))
    assert counted is not None
    assert counted.model != SHIPPED
    tell(database, 300, 380)
    run(worker(database, tmp_path))
    later = scores(database)[before:]
    assert later
    assert {each.model for each in later} == {counted.model}
    assert counted_of(database) == counted


@pytest.mark.parametrize("where", ["add_frequencies", "add_again", "add_scores", "drop_changes"])
def test_a_crash_leaves_the_old_frequencies_or_new_ones_and_who_is_to_be_matched(
    database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    tell(database, 0, 150)
    run(worker(database, tmp_path))
    tell(database, 150, 300)
    matching = worker(database, tmp_path)

    def fail(*_: object) -> None:
        raise Transient("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(match, where, fail)
        with pytest.raises(Transient):
            matching.step()
    with database.begin() as connection:
        waiting = [change.node for change in read_changes(connection, 10_000)]
    counted = counted_of(database)
    assert (counted is None) == (where in ("add_frequencies", "add_again"))
    assert len(waiting) == 150 if counted is None else len(waiting) > 250
    assert len(waiting) == len(set(waiting))
    run(matching if where == "add_again" else worker(database, tmp_path))

    calm = open_database("sqlite:///calm.sqlite", tmp_path)
    for first, last in ((0, 150), (150, 300)):
        tell(calm, first, last)
        run(worker(calm, tmp_path))
    assert counted_of(database) == counted_of(calm)
    assert last_bits(database) == last_bits(calm)
    calm.dispose()


def test_a_model_that_was_learnt_here_keeps_its_own(database: Engine, tmp_path: Path) -> None:
    (tmp_path / MODEL_FILE).parent.mkdir()
    save_model(default_model(), tmp_path / MODEL_FILE)
    tell(database, 0, 300)
    run(worker(database, tmp_path))
    assert counted_of(database) is None
    assert {each.model for each in scores(database)} == {SHIPPED}
