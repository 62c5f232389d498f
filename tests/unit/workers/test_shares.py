from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.unit.workers.engine import Engine, event

from weft.storage.sql.run import Limits
from weft.workers.batches import Batches
from weft.workers.shares import GROWTH, Shares

BEST: dict[str, Any] = {"name": "best", "who": {"trait": "revenue", "top_percent": 20}}
FEWEST: dict[str, Any] = {"name": "fewest", "who": {"trait": "orders", "bottom_percent": 10}}


@pytest.fixture
def engine(tmp_path: Path):
    made = Engine(tmp_path / "e", audiences=[BEST, FEWEST])
    yield made
    made.close()


def members(engine: Engine, audience: str) -> set[str]:
    people = range(engine.profiles.counts())
    return {f"{n}" for n in people if audience in engine.who(f"user_id:{n}").audiences}


def buy(engine: Engine, person: int, revenue: float, times: int = 1) -> None:
    for _ in range(times):
        number = engine.position + 1
        engine.take(event(number, f"user_id:{person}", name="Order Completed", revenue=revenue))


def test_a_share_is_of_the_people_there_are_and_moves_with_them(engine: Engine):
    shares = Shares(engine.database, engine.warehouse, engine.compiled, lambda: engine.now)
    for person in range(10):
        buy(engine, person, revenue=10.0 * (person + 1), times=1 + (person > 0))
    assert members(engine, "best") == set()  # nobody has counted yet
    assert shares.step() == 2
    assert engine.projector.step()
    assert members(engine, "best") == {"8", "9"}
    assert members(engine, "fewest") == {"0"}
    assert shares.step() == 0  # it is not old
    buy(engine, 0, revenue=10_000)
    assert members(engine, "best") == {"0", "8", "9"}  # over the threshold of before
    for person in range(10, round(10 * GROWTH) + 1):
        buy(engine, person, revenue=20_000)
    assert shares.step()
    assert engine.projector.step()
    assert members(engine, "best") == {"10", "11", "12"}
    assert sorted(members(engine, "fewest")) == ["10", "11", "12"]
    before = engine.hash()
    engine.rebuilder.run(everybody=True)
    assert engine.hash() == before
    assert members(engine, "best") == {"10", "11", "12"}


def test_a_share_of_a_sql_trait_is_computed_when_that_has_its_first_values(tmp_path: Path):
    sql = (
        "SELECT profile_id, sum((properties ->> 'revenue')::DOUBLE) AS value FROM events GROUP BY profile_id"
    )
    trait = {"name": "worth", "sql": sql, "as": "number"}
    engine = Engine(tmp_path / "e", [trait], [{"name": "best", "who": {"trait": "worth", "top_percent": 20}}])
    try:
        shares = Shares(engine.database, engine.warehouse, engine.compiled, lambda: engine.now)
        batches = Batches(
            engine.database, engine.warehouse, engine.compiled, Limits(500, 60), lambda: engine.now
        )
        for person in range(10):
            buy(engine, person, revenue=10.0 * (person + 1))
        assert shares.step() == 0  # nobody has a value yet
        engine.now += timedelta(seconds=5)
        assert batches.step() == 1
        assert shares.step() == 1
        engine.projector.step()
        assert members(engine, "best") == {"8", "9"}
        assert shares.step() == 0
    finally:
        engine.close()
