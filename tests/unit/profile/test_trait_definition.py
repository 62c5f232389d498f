from typing import Any

import pytest

from weft.definitions import Definition
from weft.model.expression import Call, Function
from weft.model.expression import Number as number
from weft.model.measure import Kind, Measure, Place, PropertyColumn, Source, ValueType
from weft.model.span import Boundary, Calendar, Fixed, Sliding, Unit, Zone
from weft.profile.definition import read_traits


def read(**body: Any) -> tuple[Any, list[str]]:
    traits, problems = read_traits([Definition("traits", "t", {"name": "t"} | body, "t.yaml")])
    return (traits[0] if traits else None), [str(problem) for problem in problems]


def test_a_trait_is_a_named_measure() -> None:
    trait, problems = read(kind="sum", record="order", multiply=["unit_price", "quantity"], window="2w")
    assert not problems
    factors = (PropertyColumn("quantity", ValueType.NUMBER), PropertyColumn("unit_price", ValueType.NUMBER))
    assert trait.value == Measure(Kind.SUM, Source("record", "order"), (), factors, Sliding(1_209_600))


NUMBER, TEXT, LIST = ValueType.NUMBER, ValueType.TEXT, ValueType.LIST
TIMED = Measure(Kind.LAST, Source("track", "X"))


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ({"kind": "count", "type": "page"}, Measure(Kind.COUNT, Source("page"))),
        (
            {"kind": "mean", "event": "X", "property": "a"},
            Measure(Kind.MEAN, Source("track", "X"), (), (PropertyColumn("a", NUMBER),)),
        ),
        (
            {"kind": "max", "event": "X", "property": "a", "as": "time"},
            Measure(Kind.MAX, Source("track", "X"), (), (PropertyColumn("a", ValueType.TIME),)),
        ),
        ({"kind": "last", "event": "X"}, TIMED),
        (
            {"kind": "distinct_count", "event": "X", "property": "tags", "as": "list"},
            Measure(Kind.DISTINCT_COUNT, Source("track", "X"), (), (PropertyColumn("tags.*", LIST),)),
        ),
        (
            {"kind": "top", "event": "X", "property": "products.*.brand"},
            Measure(Kind.TOP, Source("track", "X"), (), (PropertyColumn("products.*.brand", LIST),), most=3),
        ),
        (
            {"kind": "top", "event": "X", "context": "page.path", "k": 20},
            Measure(
                Kind.TOP,
                Source("track", "X"),
                (),
                (PropertyColumn("page.path", TEXT, Place.CONTEXT),),
                most=20,
            ),
        ),
        (
            {"kind": "most_frequent", "event": "X", "at": "hour"},
            Measure(
                Kind.MOST_FREQUENT,
                Source("track", "X"),
                (),
                (PropertyColumn("hour", NUMBER, Place.LOCAL_TIME),),
            ),
        ),
        ({"kind": "streak", "event": "X"}, Measure(Kind.STREAK, Source("track", "X"), unit=Unit.DAY)),
        (
            {"kind": "longest_streak", "event": "X", "unit": "week", "zone": "workspace"},
            Measure(Kind.LONGEST_STREAK, Source("track", "X"), unit=Unit.WEEK, zone=Zone.WORKSPACE),
        ),
        ({"kind": "time_since", "event": "X"}, Call(Function.DAYS_SINCE, (TIMED,))),
        ({"kind": "time_since", "event": "X", "unit": "hour"}, Call(Function.HOURS_SINCE, (TIMED,))),
    ],
)
def test_every_kind_has_its_value(body: dict[str, Any], value: object) -> None:
    trait, problems = read(**body)
    assert not problems
    assert trait.value == value


@pytest.mark.parametrize(
    ("window", "span"),
    [
        ("90s", Sliding(90)),
        ({"last": "30d", "before": "1w"}, Sliding(37 * 86_400, 7 * 86_400)),
        ({"last": "30d"}, Sliding(30 * 86_400)),
        ("yesterday", Calendar(Boundary(Unit.DAY, -1), Boundary(Unit.DAY))),
        ("this_quarter", Calendar(Boundary(Unit.QUARTER), Boundary(Unit.QUARTER, 1))),
        (
            {"calendar": "week", "from": -2, "to": 1, "zone": "workspace"},
            Calendar(Boundary(Unit.WEEK, -2, Zone.WORKSPACE), Boundary(Unit.WEEK, 1, Zone.WORKSPACE)),
        ),
        ({"since": "1970-01-02"}, Fixed(86_400_000_000)),
        ({"until": "1970-01-02T00:00+09:00"}, Fixed(None, 54_000_000_000)),
    ],
)
def test_every_window_has_its_span(window: object, span: object) -> None:
    trait, problems = read(kind="count", event="X", window=window)
    assert not problems
    assert trait.value.span == span


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
        (
            {"kind": "sum", "event": "X", "property": "a", "as": "text"},
            "sum works on number, and this is text",
        ),
        ({"kind": "sum", "event": "X", "multiply": ["a"]}, "length >= 2"),
        ({"kind": "mean", "event": "X"}, "mean needs `property`"),
        (
            {"kind": "mean", "event": "X", "property": "a", "as": "time"},
            "mean works on number, and this is time",
        ),
        ({"kind": "first", "event": "X", "property": "a.*"}, "first works on text, number, boolean, time"),
        ({"kind": "distinct", "event": "X", "property": "a", "as": "time"}, "distinct works on text"),
        (
            {"kind": "most_frequent", "event": "X", "property": "a.*", "as": "text"},
            "this value is list, not text",
        ),
        ({"kind": "min", "event": "X", "property": "a", "at": "hour"}, "give exactly one of `property`"),
        ({"kind": "top", "event": "X", "property": "a", "k": 21}, "<= 20"),
        ({"kind": "count", "event": "X", "k": 2}, "goes with `kind: top`"),
        ({"kind": "count", "event": "X", "unit": "day"}, "count has none"),
        ({"kind": "streak", "event": "X", "unit": "hour"}, "use one of day, week, month"),
        ({"kind": "streak", "event": "X", "property": "a"}, "streak has no property"),
        ({"kind": "time_since", "event": "X", "unit": "week"}, "use one of day, hour"),
        ({"kind": "count", "event": "X", "zone": "workspace"}, "goes with streaks"),
        ({"kind": "last", "event": "X", "as": "text"}, "so it needs no `as`"),
        ({"kind": "times", "event": "X"}, "invalid enum value 'times'; did you mean `time_since`?"),
        ({"kind": "count", "event": "X", "formula": "1"}, "`kind` is no key here"),
        ({"formula": ""}, "length >= 1"),
        ({"formula": 3}, "expected `str`, got `int`"),
        ({"kind": "last", "event": "X", "multiply": ["a", "b"]}, "goes with `kind: sum`"),
        ({"kind": "last", "type": "pages", "property": "a"}, "invalid enum value 'pages'"),
        ({"kind": "last", "event": "X", "proprety": "a"}, "did you mean `property`?"),
        ({"kind": "count", "event": "X", "window": "36501d"}, "at most 36500d"),
        ({"kind": "count", "event": "X", "window": "0d"}, "`0d` is no duration"),
        ({"kind": "count", "event": "X", "name": "Orders"}, "`Orders` is no name"),
        ({"event": "X"}, "`kind` is missing"),
    ],
)
def test_a_fault_says_what_to_write_instead(body: dict[str, Any], said: str) -> None:
    trait, problems = read(**body)
    assert trait is None
    assert any(said in problem for problem in problems), problems


def traits(**bodies: dict[str, Any] | str) -> tuple[dict[str, Any], dict[str, str]]:
    definitions = [
        Definition(
            "traits", name, {"name": name} | ({"formula": body} if isinstance(body, str) else body), "t.yaml"
        )
        for name, body in bodies.items()
    ]
    found, problems = read_traits(definitions)
    return {trait.name: trait.value for trait in found}, {each.name: each.message for each in problems}


COUNT: dict[str, Any] = {"kind": "count", "event": "X"}


def test_a_formula_names_traits_before_and_after_it() -> None:
    found, problems = traits(double="2 * half", half="n / 2", n=COUNT)
    assert not problems
    half = Call(Function.DIVIDE, (found["n"], number(2.0)))
    assert (found["half"], found["double"]) == (half, Call(Function.MULTIPLY, (number(2.0), half)))


def test_a_bad_trait_takes_those_with_it_that_name_it_and_no_others() -> None:
    found, problems = traits(
        n=COUNT, good="n + 1", bad={"kind": "count"}, user="bad + n", of_user="user * 2",
        a="b", b="c + 1", c="a", itself="itself + n", of_cycle="n + c", unknown="n + m", slip="n + goood",
    )  # fmt: skip
    assert set(found) == {"n", "good"}
    assert set(problems) == {"bad", "user", "of_user", "a", "b", "c", "itself", "of_cycle", "unknown", "slip"}
    assert problems["user"] == "formula: names `bad`, which has a fault of its own; correct that first"
    assert "names `user`" in problems["of_user"]
    assert "refers to itself: a -> b -> c -> a" in problems["a"]
    assert "refers to itself: c -> a -> b -> c" in problems["c"]
    assert "itself -> itself" in problems["itself"]
    assert "names `c`" in problems["of_cycle"]
    assert "no computed trait is called `m`" in problems["unknown"]
    assert "did you mean `good`?" in problems["slip"]


def test_formulas_that_double_are_refused_before_they_explode() -> None:
    found, problems = traits(t0=COUNT, **{f"t{n}": f"t{n - 1} + t{n - 1}" for n in range(1, 60)})
    assert set(found) == {f"t{n}" for n in range(8)}
    assert "comes to more than 500 parts" in problems["t8"]
    assert "names `t8`" in problems["t9"]


def test_two_thousand_traits_are_the_most() -> None:
    found, problems = traits(**{f"t{n}": COUNT for n in range(2_001)})
    assert len(found) == 2_000
    assert "more than 2,000 traits" in problems["t2000"]


def test_all_faults_come_together() -> None:
    _, problems = read(kind="mean", event="X", window="never", where=[{"property": "a", "is": 1, "isnt": 2}])
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
