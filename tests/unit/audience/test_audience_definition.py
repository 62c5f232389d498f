from datetime import UTC, date, datetime
from typing import Any

import pytest

from weft.audience.definition import read_audiences
from weft.definitions import Definition
from weft.model.audience import AllRule, DidRule, TraitRule
from weft.model.measure import Kind, Measure, PropertyColumn, Source, ValueType
from weft.model.trait import Trait

ORDERS = Trait("orders_total", Measure(Kind.COUNT, Source("track", "Order Completed")))


def read(who: object, **more: Any) -> tuple[Any, list[str]]:
    body = {"name": "a", "who": who} | more
    audiences, problems = read_audiences([Definition("audiences", "a", body, "a.yaml")], [ORDERS])
    return (audiences[0] if audiences else None), [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ({"alll": []}, "did you mean `all`?"),
        ([], "expected `object`, got `array`"),
        ({"all": []}, "length >= 1"),
        ({"all": [{"did": "X"}], "any": [{"did": "X"}]}, "a rule has exactly one of"),
        ({"did": "X", "atleast": 2}, "`atleast` is no key here; did you mean `at_least`"),
        ({"did": "X", "at_most": 0}, "`at_least: 0`"),
        ({"did": "X", "within": "7 days"}, "`7 days` is no duration"),
        ({"did": {"event": "X", "record": "y"}}, "give exactly one of `event`, `record`, `type`"),
        ({"did": "X", "where": [{"property": "a..b", "is": 1}]}, "`a..b` has an empty part"),
        ({"did": "X", "where": [{"property": "a"}]}, "give exactly one comparison"),
        ({"trait": "orders_total", "is": "2"}, "expected a number"),
        ({"trait": "orders_total", "contains": "2"}, "works on text, and this value is number"),
        ({"trait": "orders_total", "at_least": 1, "at_most": 2}, "give exactly one comparison"),
        ({"trait": "plan", "more_than": "gold"}, "expected a time"),
        ({"trait": "plan", "as": "text", "more_than": "gold"}, "text has no order"),
        ({"trait": "age", "between": [9, 1]}, "swap them"),
        ({"trait": "age", "is": 10**400}, "expected a number"),
        ({"trait": "age", "one_of": []}, "length >= 1"),
    ],
)
def test_a_fault_says_what_to_write_instead(who: object, said: str) -> None:
    audience, problems = read(who)
    assert audience is None
    assert len(problems) == 1
    assert problems[0].startswith("a.yaml: a: who")
    assert said in problems[0]


def test_all_faults_of_a_definition_come_together() -> None:
    _, problems = read({"all": [{"did": "X", "within": "soon"}, {"trait": "a", "is": 1, "iss": 2}]}, nmae="b")
    assert len(problems) == 1  # an unknown key at the top stops the reading of what is inside
    _, problems = read(
        {"all": [{"did": "X", "within": "soon"}, {"trait": "a", "is": 1, "iss": 2}, {"any": 3}]}
    )
    assert ["soon" in problems[0], "`iss`" in problems[1], "who.all[2].any" in problems[2]] == [True] * 3


def test_rules_may_not_nest_without_end() -> None:
    rule: dict[str, Any] = {"did": "X"}
    for _ in range(30):
        rule = {"not": rule}
    audience, problems = read(rule)
    assert audience is None
    assert "nest deeper than 20" in problems[0]


def test_a_name_like_a_computed_trait_is_probably_a_slip() -> None:
    audience, problems = read({"trait": "order_total", "at_least": 1})
    assert audience is not None
    assert "did you mean `orders_total`?" in problems[0]


def test_times_may_be_written_as_yaml_reads_them() -> None:
    born = {"trait": "born", "less_than": date(2000, 1, 2)}
    seen = {"trait": "seen", "at_least": datetime(2026, 1, 1, 9, tzinfo=UTC)}
    audience, problems = read({"all": [born, seen]})
    assert not problems
    assert isinstance(audience.who, AllRule)
    first, second = audience.who.rules
    assert isinstance(first, TraitRule)
    assert first.measure == Measure(
        Kind.LAST, Source("identify"), (), (PropertyColumn("born", ValueType.TIME),)
    )
    assert first.condition.operands == (946_771_200_000_000,)
    assert second.condition.operands == (1_767_258_000_000_000,)


def test_the_order_of_conditions_does_not_make_another_measure() -> None:
    conditions = [{"property": "a", "is": 1}, {"property": "b", "one_of": ["y", "x"]}]
    turned = [{"property": "b", "one_of": ["x", "y"]}, {"property": "a", "is": 1}]
    (one, _), (two, _) = (
        read({"did": "X", "within": w, "where": c}) for w, c in (("7d", conditions), ("1w", turned))
    )
    assert isinstance(one.who, DidRule)
    assert one.who.measure.key == two.who.measure.key
    assert one.version == two.version
