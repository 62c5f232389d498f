from typing import Any

import pytest

from weft.definitions import Definition
from weft.model.measure import Kind, Measure, PropertyColumn, Source, ValueType
from weft.profile.definition import read_traits


def read(**body: Any) -> tuple[Any, list[str]]:
    traits, problems = read_traits([Definition("traits", "t", {"name": "t"} | body, "t.yaml")])
    return (traits[0] if traits else None), [str(problem) for problem in problems]


def test_a_trait_is_a_named_measure() -> None:
    trait, problems = read(kind="sum", record="order", multiply=["unit_price", "quantity"], window="2w")
    assert not problems
    factors = (PropertyColumn("quantity", ValueType.NUMBER), PropertyColumn("unit_price", ValueType.NUMBER))
    assert trait.measure == Measure(Kind.SUM, Source("record", "order"), (), factors, 1_209_600)


def test_names_and_words_do_not_change_the_version() -> None:
    one, _ = read(kind="count", event="X")
    two, _ = read(kind="count", event="X", description="How often X happened", name="other")
    three, _ = read(kind="count", event="X", window="1d")
    assert one.version == two.version != three.version


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"kind": "count"}, "give exactly one of `event`, `record`, `type`; here: none"),
        ({"kind": "count", "event": "X", "property": "a"}, "count has no property"),
        ({"kind": "count", "event": "X", "as": "number"}, "needs no `as`"),
        ({"kind": "cuont", "event": "X"}, "invalid enum value 'cuont'"),
        ({"kind": "sum", "event": "X"}, "sum needs `property`, or `multiply`"),
        ({"kind": "sum", "event": "X", "property": "a", "multiply": ["a", "b"]}, "and not both"),
        ({"kind": "sum", "event": "X", "property": "a", "as": "text"}, "sum adds up numbers"),
        ({"kind": "sum", "event": "X", "multiply": ["a"]}, "length >= 2"),
        ({"kind": "last", "event": "X"}, "last needs `property`"),
        ({"kind": "last", "event": "X", "multiply": ["a", "b"]}, "goes with `kind: sum`"),
        ({"kind": "last", "type": "pages", "property": "a"}, "invalid enum value 'pages'"),
        ({"kind": "last", "event": "X", "proprety": "a"}, "did you mean `property`?"),
        ({"kind": "count", "event": "X", "window": "4000d"}, "at most 3660d"),
        ({"kind": "count", "event": "X", "window": "0d"}, "`0d` is no duration"),
        ({"kind": "count", "event": "X", "name": "Orders"}, "`Orders` is no name"),
        ({"event": "X"}, "`kind` is missing"),
    ],
)
def test_a_fault_says_what_to_write_instead(body: dict[str, Any], said: str) -> None:
    trait, problems = read(**body)
    assert trait is None
    assert any(said in problem for problem in problems), problems


def test_all_faults_come_together() -> None:
    _, problems = read(kind="first", event="X", window="never", where=[{"property": "a", "is": 1, "isnt": 2}])
    assert len(problems) == 3


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("a", "/a"),
        ("$current_url", "/$current_url"),
        ("a.b.0", "/a/b/0"),
        ("a/b~c", "/a~1b~0c"),
        ("v1\\.2.x", "/v1.2/x"),
    ],
)
def test_a_path_is_a_json_pointer(path: str, pointer: str) -> None:
    column = PropertyColumn(path, ValueType.TEXT)
    assert column.pointer == pointer
    assert column.column_name != PropertyColumn(path, ValueType.NUMBER).column_name
    assert column.column_name.isascii()
