from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.audience.counting import (
    BARS,
    buckets,
    clause_sizes,
    frequent,
    holding,
    overlap,
    spread,
    threshold,
)
from weft.model.audience import AllRule, AnyRule, ListRule, MemberRule, NotRule
from weft.model.audience_preview import Clause
from weft.model.measure import Condition, Operator, ValueType

FLAGS = {"a": np.array([1, 1, 0, 0], np.bool_), "b": np.array([1, 0, 1, 0], np.bool_)}
A, B = ListRule("a"), ListRule("b")


def of_leaf(rule):
    return FLAGS[rule.list]


@pytest.mark.parametrize(
    ("rule", "members"),
    [
        (AllRule((A, B)), [0]),
        (AnyRule((A, B)), [0, 1, 2]),
        (NotRule(AnyRule((A, B))), [3]),
        (AllRule((A, NotRule(B))), [1]),
        (MemberRule("others", AllRule((A, B))), [0]),
    ],
)
def test_rules_hold_where_their_conditions_do(rule, members):
    assert np.flatnonzero(holding(rule, of_leaf)).tolist() == members


def test_every_part_is_counted_by_its_path():
    rule = AllRule((A, NotRule(AnyRule((A, MemberRule("others", B))))))
    living = np.array([1, 1, 1, 0], np.bool_)
    assert [each.at for each in clause_sizes(rule, of_leaf, living)] == [
        "who",
        "who.all[0]",
        "who.all[1]",
        "who.all[1].not",
        "who.all[1].not.any[0]",
        "who.all[1].not.any[1]",
    ]
    assert clause_sizes(NotRule(A), of_leaf, living) == (Clause("who", 1), Clause("who.not", 2))


def test_overlaps():
    assert overlap("b", FLAGS["a"], FLAGS["b"]).jaccard == pytest.approx(1 / 3)
    nobody = np.zeros(4, np.bool_)
    assert overlap("b", nobody, nobody).jaccard == 0.0


def test_the_most_frequent_values_come_first():
    bars, others = frequent({f"v{number:02}": number for number in range(25)})
    assert [bar.count for bar in bars] == list(range(24, 4, -1))
    assert others == sum(range(5))


@given(st.lists(st.floats(-1e9, 1e9) | st.integers(0, 1_000).map(float), max_size=200))
def test_buckets_hold_every_number_once(numbers: list[float]):
    bars = buckets(np.array(numbers))
    assert sum(bar.count for bar in bars) == len(numbers)
    assert len(bars) <= max(BARS, 1)
    for before, after in pairwise(bars):
        assert before.value < after.value
        assert before.upto in (None, after.value)


def test_whole_numbers_have_whole_buckets():
    bars = buckets(np.arange(1_000, dtype=np.float64))
    assert all(float(bar.value).is_integer() for bar in bars)


def test_a_sample_is_spread_over_all():
    assert spread(np.arange(1_000), 5).tolist() == [0, 249, 499, 749, 999]
    assert spread(np.arange(3), 5).tolist() == [0, 1, 2]


@given(
    st.lists(st.sampled_from([0.0, 1.0, 1.5, 2.0, float("nan")]), max_size=30),
    st.floats(0.01, 100),
    st.booleans(),
)
def test_within_the_share_are_as_many_as_it_says_and_their_equals(
    values: list[float], percent: float, top: bool
):
    operator = Operator.TOP_PERCENT if top else Operator.BOTTOM_PERCENT
    reached = threshold(np.array(values, np.float64), Condition(operator, (percent,), ValueType.NUMBER))
    known = [value for value in values if value == value]
    if not known:
        assert reached is None
        return
    assert reached is not None
    inside = [value for value in known if (value >= reached if top else value <= reached)]
    beyond = [value for value in known if (value > reached if top else value < reached)]
    assert len(beyond) < len(known) * percent / 100 <= len(inside) + 1e-9
