import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.model.expression import Call, Function, Number, Value
from weft.model.measure import Kind, Measure, Source
from weft.profile.formula import FormulaError, names_of, read_formula

COUNT = Measure(Kind.COUNT, Source("track", "X"))
TIME = Measure(Kind.LAST, Source("page"))
VALUES = {"n": COUNT, "t": TIME}


def read(formula: str) -> Value:
    return read_formula(formula, VALUES.__getitem__)


def test_products_bind_closer_and_operators_go_from_the_left() -> None:
    one, two, three = Number(1.0), Number(2.0), Number(3.0)
    product = Call(Function.MULTIPLY, (two, three))
    assert read("1 - 2 * 3 - n") == Call(Function.SUBTRACT, (Call(Function.SUBTRACT, (one, product)), COUNT))
    assert read("-n") == Call(Function.SUBTRACT, (Number(0.0), COUNT))
    assert read("-1.5e1") == Number(-15.0)
    assert read("n") == COUNT
    assert read(" days_between ( t,t ) ") == Call(Function.DAYS_BETWEEN, (TIME, TIME))
    assert names_of("(n + min(t, 2)) / n") == ["n", "t", "n"]


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("", "expected a number, the name of a trait, a function or `(`, found the end"),
        ("1 +", "found the end"),
        ("(1", "expected `)`, found the end"),
        ("1)", "expected an operator (+ - * /) or the end, found `)` at character 2"),
        ("1 2", "found `2` at character 3"),
        ("n ** 2", "found `*` at character 4"),
        ("n % 2", "`%` at character 3 is no part of a formula"),
        ("n = 2", "`=` at character 3"),
        ("'a'", "`'` at character 1"),
        ("sqrt(n)", "`sqrt` at character 1 is no function"),
        ("maxx(n, 1)", "did you mean `max`?"),
        ("abs(1, 2)", "`abs` takes 1 values, found 2"),
        ("days_between(t)", "`days_between` takes 2 values, found 1"),
        ("min()", "found `)` at character 5"),
        ("t + 1", "this takes numbers, and `t` at character 1 is time; `days_since(…)` makes a number"),
        ("days_since(n)", "`days_since` takes times, and `n` at character 12 is number"),
        ("days_since(1)", "`1` at character 12 is number"),
        ("1e400", "`1e400` at character 1 is too large"),
        ("(" * 31 + "1" + ")" * 31, "nests deeper than 30"),
        ("(" * 1_900, "nests deeper than 30"),
        ("n+" * 999 + "n", "comes to more than 500 parts"),
        ("n+" * 60 + "n", "or to 50 one inside the other"),
        ("n" * 2_001, "longer than 2,000 characters"),
        ("__import__('os')", "`'` at character 12"),
        ("n.real", "`.` at character 2"),
    ],
)
def test_a_fault_says_where_and_what(formula: str, said: str) -> None:
    with pytest.raises(FormulaError) as caught:
        read(formula)
    assert said in str(caught.value)


def calculated(value: Value) -> float:
    """What the formula comes to, by the functions of Python."""
    if isinstance(value, Number):
        return value.value
    assert isinstance(value, Call)
    functions: dict[Function, Callable[..., Any]] = {
        Function.ADD: lambda a, b: a + b,
        Function.SUBTRACT: lambda a, b: a - b,
        Function.MULTIPLY: lambda a, b: a * b,
        Function.MIN: min,
        Function.MAX: max,
        Function.ABS: abs,
        Function.FLOOR: lambda a: float(math.floor(a)),
    }
    return functions[value.function](*map(calculated, value.arguments))


FORMULAS = st.recursive(
    st.integers(0, 50).map(str) | st.just("0.5"),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map(
            lambda found: f"{found[0]} {found[1]} ({found[2]})"
        ),
        st.tuples(inner, st.sampled_from("+-*"), inner).map("".join),
        inner.map(lambda one: f"abs({one})"),
        inner.map(lambda one: f"floor({one})"),
        st.tuples(inner, inner).map(lambda pair: f"max({pair[0]},{pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"min({pair[0]}, {pair[1]})"),
    ),
    max_leaves=8,
)


@given(FORMULAS)
def test_a_formula_means_what_python_takes_it_for(formula: str) -> None:
    assert calculated(read(formula)) == eval(formula, {"floor": math.floor})


@given(st.text(max_size=60) | st.text("nt()+-*/,1. e", max_size=60))
def test_any_text_is_read_or_refused(formula: str) -> None:
    try:
        assert read(formula).value_type is not None
    except (FormulaError, KeyError) as error:  # KeyError: the name of a trait that is none
        assert str(error)
