from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.workers.engine import Engine, event

from weft.model.audience import TraitRule
from weft.model.measure import Condition, Kind, Measure, Operator, Source, ValueType
from weft.workers.shares import GROWTH, Shares, threshold_of

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


@given(
    st.lists(st.sampled_from([0.0, 1.0, 1.5, 2.0, float("nan")]), max_size=30),
    st.floats(0.01, 100),
    st.booleans(),
)
def test_within_the_share_are_as_many_as_it_says_and_their_equals(
    values: list[float], percent: float, top: bool
):
    operator = Operator.TOP_PERCENT if top else Operator.BOTTOM_PERCENT
    measure = Measure(Kind.COUNT, Source("page"))
    rule = TraitRule("x", measure, Condition(operator, (percent,), ValueType.NUMBER))
    reached = threshold_of(rule, np.array(values, np.float64))
    known = [value for value in values if value == value]
    if not known:
        assert reached is None
        return
    assert reached is not None
    inside = [value for value in known if (value >= reached if top else value <= reached)]
    beyond = [value for value in known if (value > reached if top else value < reached)]
    assert len(beyond) < len(known) * percent / 100 <= len(inside) + 1e-9
