from pathlib import Path

import pytest
from tests.unit.identity.live.people import people

from weft.errors import Rejected
from weft.identity.rules import Rules
from weft.identity.scoring.model import load_model, model_version
from weft.storage.database import open_database, transaction
from weft.storage.database_person import read_scores, waiting, write_persons
from weft.workers import learn as learning
from weft.workers.learn import learn
from weft.workers.match import MODEL_FILE, Matching


def test_a_model_of_these_people_compares_them_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "LEAST_RECORDS", 500)
    database = open_database("sqlite:///database.sqlite", tmp_path)
    told = people(600, seed=5)
    with transaction(database) as connection:
        write_persons(connection, {n.to_bytes(8) * 2: (one, n) for n, one in enumerate(told)})
    learnt = learn(database, tmp_path / MODEL_FILE)
    assert learnt.records == learnt.waiting == 600
    assert {"given_name", "birth_date", "phone"} <= set(learnt.fields)
    assert learnt.model == model_version(load_model(tmp_path / MODEL_FILE))
    worker = Matching(database, tmp_path, Rules(), lambda: 1)
    while worker.step():
        pass
    with database.begin() as connection:
        assert waiting(connection) == 0
        scores = read_scores(connection, 0, 1 << 40, 10_000)
    assert len(scores) > 100
    assert {edge.model for edge in scores} == {learnt.model}
    database.dispose()


def test_too_few_people_keep_the_model_that_is_shipped(tmp_path: Path) -> None:
    database = open_database("sqlite:///database.sqlite", tmp_path)
    with pytest.raises(Rejected, match="needs 2,000"):
        learn(database, tmp_path / MODEL_FILE)
    assert not (tmp_path / MODEL_FILE).exists()
    database.dispose()
