from pathlib import Path

import pytest
from tests.unit.identity.live.people import people

from weft.errors import Rejected
from weft.identity.rules import Rules
from weft.identity.scoring.model import load_model, model_version
from weft.storage.database import open_database, transaction
from weft.storage.database_person import read_scores, waiting, write_persons
from weft.workers import learn as learning
from weft.workers.effect import compare, effect_of
from weft.workers.learn import propose_model, use_proposal
from weft.workers.match import MODEL_FILE, Matching, no_behaviour


def test_a_model_of_these_people_compares_them_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "LEAST_RECORDS", 500)
    database = open_database("sqlite:///database.sqlite", tmp_path)
    told = people(600, seed=5)
    with transaction(database) as connection:
        write_persons(connection, {n.to_bytes(8) * 2: (one, n) for n, one in enumerate(told)})
    learnt = propose_model(database, tmp_path / MODEL_FILE, Rules(), no_behaviour)
    assert learnt.records == 600
    assert {"given_name", "birth_date", "phone"} <= set(learnt.fields)
    assert not (tmp_path / MODEL_FILE).exists()
    with database.begin() as connection:
        assert waiting(connection) == 0, "nobody is compared again without being asked"
    used = use_proposal(database, tmp_path / MODEL_FILE)
    assert (used.model, used.waiting) == (learnt.model, 600)
    assert learnt.model == model_version(load_model(tmp_path / MODEL_FILE))
    with pytest.raises(Rejected, match="No model is proposed"):
        use_proposal(database, tmp_path / MODEL_FILE)
    worker = Matching(database, tmp_path, Rules(), lambda: 1)
    while worker.step():
        pass
    with database.begin() as connection:
        assert waiting(connection) == 0
        scores = read_scores(connection, 0, 1 << 40, 10_000)
    assert len(scores) > 100
    assert {edge.model for edge in scores} == {learnt.model}
    last = {(edge.left, edge.right): edge.confidence for edge in scores}
    assert learnt.effect.merged_before == learnt.effect.parts == 0
    assert learnt.effect.merged_after == learnt.effect.joins == sum(each >= 0.95 for each in last.values())
    assert learnt.effect.asked_after == sum(0.6 <= each < 0.95 for each in last.values())
    again = effect_of(database, load_model(tmp_path / MODEL_FILE), Rules(), no_behaviour)
    assert (again.joins, again.parts, again.examples) == (0, 0, ())
    assert again.merged_before == again.merged_after == learnt.effect.merged_after
    database.dispose()


def test_too_few_people_keep_the_model_that_is_shipped(tmp_path: Path) -> None:
    database = open_database("sqlite:///database.sqlite", tmp_path)
    with pytest.raises(Rejected, match="needs 2,000"):
        propose_model(database, tmp_path / MODEL_FILE, Rules(), no_behaviour)
    assert not (tmp_path / MODEL_FILE).exists()
    database.dispose()


def test_what_a_model_would_change_is_counted_by_the_thresholds() -> None:
    pairs = [(bytes([n]), bytes([n + 100])) for n in range(6)]
    before = dict(zip(pairs, (0.99, 0.99, 0.7, 0.97, 0.96, 0.8), strict=True))
    after = {pairs[0]: 0.98, pairs[1]: 0.7, pairs[2]: 0.96, (b"x", b"y"): 0.99}
    found = compare(before, after, Rules())
    assert (found.merged_before, found.merged_after) == (4, 3)
    assert (found.asked_before, found.asked_after) == (2, 1)
    assert (found.joins, found.parts) == (2, 2)
    assert [(each.before, each.after) for each in found.examples] == [
        (0, 0.99),
        (0.7, 0.96),
        (0.97, 0),
        (0.96, 0),
    ]
