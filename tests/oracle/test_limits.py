"""What does not fit into a state or into a type: defined, and never an error of the engine."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.oracle.compiled_engine import Engine, compiled_from
from tests.oracle.naive import Fact, Naive, Person

NOW = datetime(2026, 3, 1, 12)
WHO = UUID(int=100)
NODE = UUID(int=1)
ROWS, QUARTERS, COUNTED, DISTINCT, STEPS, LISTED = 20_000, 20_000, 1_000, 10_000, 2_000, 100


def facts_of(values: list[tuple[datetime, dict[str, Any]]], name: str = "E") -> list[Fact]:
    return [
        Fact(UUID(int=n), NODE, "track", name, at, properties) for n, (at, properties) in enumerate(values)
    ]


def evaluated(
    traits: list[dict[str, Any]], audiences: list[dict[str, Any]], facts: list[Fact], now: datetime = NOW
) -> dict[str, Any]:
    """The row of one person, whose facts came in three batches."""
    engine = Engine(compiled_from(traits, audiences))
    engine.at(now)
    states = [state for start in range(3) for state in engine.states_of(facts[start::3])]
    engine.merged(states)
    return engine.evaluate([(Person(facts, WHO), [NODE])], now)[WHO]


def test_of_too_many_rows_the_newest_count() -> None:
    """The first fact is the only one with another value; it is passed over when 20,000 newer ones came."""
    traits = [
        {"name": "often", "kind": "count", "event": "E", "window": "30d"},
        {"name": "low", "kind": "min", "event": "E", "property": "n", "window": "30d"},
        {"name": "ever", "kind": "min", "event": "E", "property": "n"},
    ]
    values = [(NOW - timedelta(days=1, seconds=-n), {"n": min(n, 1)}) for n in range(ROWS + 1)]
    row = evaluated(traits, [], facts_of(values))
    assert (row["t_often"], row["t_low"], row["t_ever"]) == (ROWS, 1, 0)
    assert row["due_at"] == NOW - timedelta(days=1, seconds=-1) + timedelta(days=30)


def test_of_too_many_values_the_first_in_order_are_kept() -> None:
    traits = [
        {"name": "many", "kind": "distinct_count", "event": "E", "property": "n"},
        {"name": "some", "kind": "distinct", "event": "E", "property": "n"},
        {"name": "most", "kind": "most_frequent", "event": "E", "property": "n"},
        {"name": "top", "kind": "top", "event": "E", "property": "n", "k": 2},
    ]
    texts = [f"v{n:05d}" for n in range(DISTINCT + 1)]
    values = [(NOW - timedelta(seconds=n), {"n": text}) for n, text in enumerate(reversed(texts))]
    row = evaluated(traits, [], facts_of([*values, (NOW, {"n": texts[-1]}), (NOW, {"n": texts[3]})]))
    assert row["t_many"] == DISTINCT
    assert row["t_some"] == texts[:LISTED]
    assert row["t_most"] == texts[3]
    assert row["t_top"] == [texts[3], texts[COUNTED - 1]]


def test_of_too_many_steps_of_a_sequence_the_newest_count() -> None:
    audiences = [{"name": "a", "who": {"sequence": {"first": "First", "then": "E"}}}]
    then = facts_of([(NOW - timedelta(hours=1), {})])
    firsts = [
        Fact(UUID(int=10 + n), NODE, "track", "First", NOW - timedelta(minutes=30, seconds=-(n % 60)), {})
        for n in range(STEPS)
    ]
    before = [Fact(UUID(int=5), NODE, "track", "First", NOW - timedelta(hours=2), {})]
    assert evaluated([], audiences, [*then, *before])["a_a"]
    assert not evaluated([], audiences, [*then, *before, *firsts])["a_a"]


def test_of_too_many_quarters_of_an_hour_the_newest_make_the_streak() -> None:
    traits = [{"name": "run", "kind": "longest_streak", "event": "E"}]
    quarters = [(NOW - timedelta(minutes=15 * n), {}) for n in range(QUARTERS + 200)]
    assert evaluated(traits, [], facts_of(quarters))["t_run"] == 209


def below(plus: Any) -> dict[str, Any]:
    """The property is less than itself and something more."""
    return {"did": "E", "where": [{"property": "v", "less_than": {"property": "v", "plus": plus}}]}


ODD: list[Any] = [
    1e308, -1e308, 5e-324, 1e19, -1e19, 2**63, -(2**63), 2**64, 10**30, 0.1 + 0.2, -0.0, "NaN", "-nan", "Infinity",
    "1e999", "0x1F", "1_0", " 7 ", "\t7\n", "7\u00a0", "٧", "", " ", "\x01", "\x00", "a\x00b", "\ud7ff", "\U0001F600",
    "\ufeff", "null", "None", "[]",
    "9" * 400, "x" * 20_000, "2026-02-29", "2024-02-29", "2026-13-01", "2026-1-1", "20260101", "2026-W01-1", "2026-001",
    "2026-01-01T24:00:00", "2026-01-01T23:59:60", "2026-01-01T00:00:00.1234567891", "2026-01-01T00:00:00.123456789",
    "2026-01-01T00:00:00+15:59", "2026-01-01T00:00:00-23:59", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00z",
    "2026-01-01t00:00:00Z", "2026-01-01T00:00:00 Z", "2026-01-01T00:00Z", "2026-01-01T00", "+2026-01-01", "-0001-01-01",
    "10000000-01-01", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "infinity", "-infinity", "epoch", "now", "today",
    True, False, None, [], {}, [[]], [None], [1, [2, [3]]], {"": {"": 1}}, {"a.b": 1}, ["x"] * 300,
]  # fmt: skip
KINDS = [
    ("sum", "number"), ("mean", "number"), ("min", "number"), ("max", "time"), ("first", "time"), ("last", "text"),
    ("last", "boolean"), ("distinct_count", "time"), ("distinct", "number"), ("distinct", "text"), ("top", "boolean"),
    ("most_frequent", "number"),
]  # fmt: skip
ODD_TRAITS: list[dict[str, Any]] = [
    {"name": f"{kind}_{as_}_{window}", "kind": kind, "event": "E", "property": "v", "as": as_}
    | ({"window": window} if window else {})
    for kind, as_ in KINDS
    for window in ("", "7d")
] + [
    {"name": "list_of_all", "kind": "top", "event": "E", "property": "v.*"},
    {"name": "number", "kind": "last", "event": "E", "property": "v", "as": "number"},
    {"name": "time", "kind": "last", "event": "E", "property": "v", "as": "time"},
    {"name": "product", "kind": "sum", "event": "E", "multiply": ["v", "v"]},
    {"name": "squared", "formula": "number * number"},
    {"name": "rounded", "formula": "round(number) + floor(number) + ceil(number)"},
    {"name": "inverse", "formula": "1 / number"},
    {"name": "age", "formula": "days_since(time)"},
    {"name": "hours", "formula": "hours_since(time)"},
    {"name": "apart", "formula": "days_between(time, time)"},
]
ODD_RULES: list[dict[str, Any]] = [
    {"name": "equal", "who": {"trait": "v", "is": "x"}},
    {"name": "large", "who": {"trait": "v", "more_than": 1e300}},
    {"name": "soon", "who": {"trait": "v", "between": ["now-36500d", "now+36500d"]}},
    {"name": "listed", "who": {"trait": "v", "contains": "x", "as": "list"}},
    {"name": "moving", "who": {"did": "E", "where": [{"property": "v", "less_than": "today"}]}},
    {"name": "beside", "who": below("36500d")},
    {"name": "grown", "who": below(1e308)},
]  # fmt: skip


@pytest.fixture(scope="module")
def odd() -> Engine:
    return Engine(compiled_from(ODD_TRAITS, ODD_RULES))


@given(
    values=st.lists(
        st.sampled_from(ODD) | st.text(max_size=6) | st.floats(allow_nan=False), min_size=1, max_size=4
    )
)
@settings(
    max_examples=30,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
def test_odd_values_come_to_what_the_reference_says(odd: Engine, values: list[Any]) -> None:
    values = json.loads(json.dumps(values))
    facts = facts_of([(NOW - timedelta(hours=n), {"v": value}) for n, value in enumerate(values)])
    person = Person(facts, WHO, told={"v": values[0]})
    odd.at(NOW)
    odd.merged(odd.states_of(facts))
    row = odd.evaluate([(person, [NODE])], NOW)[WHO]
    expected, members = Naive(ODD_TRAITS, ODD_RULES).evaluate(person, NOW)
    exponents = any(isinstance(value, float) and "e" in repr(value) for value in values)
    for name, value in expected.items():
        if exponents and "_text_" in name:
            continue  # which of the forms of a number JSON writes is not ours to say
        found = row[f"t_{name}"]
        if isinstance(value, float) and not isinstance(found, bool) and found is not None:
            assert float(found) == pytest.approx(value, rel=1e-12), (name, values)
        else:
            assert found == value, (name, values, found, value)
    assert {name: row[f"a_{name}"] for name in members} == members, values
