from datetime import UTC, date, datetime
from typing import Any

import pytest

from weft.audience.definition import audience_of, read_audiences, rule_of
from weft.definitions import Definition
from weft.model.audience import AllRule, Audience, DidRule, MemberRule, NotRule, Rule, TraitRule
from weft.model.expression import Given, GivenKind
from weft.model.measure import Kind, Measure, PropertyColumn, Source, ValueType
from weft.model.trait import Trait

ORDERS = Trait("orders_total", Measure(Kind.COUNT, Source("track", "Order Completed")))
BRANDS = Trait(
    "brands",
    Measure(Kind.TOP, Source("page"), (), (PropertyColumn("b", ValueType.TEXT),), most=3),
)
SEEN = Trait("seen_at", Measure(Kind.LAST, Source("page")))


def read(who: object, **more: Any) -> tuple[Any, list[str]]:
    body = {"name": "a", "who": who} | more
    audiences, problems = read_audiences(
        [Definition("audiences", "a", body, "a.yaml")], [ORDERS, BRANDS, SEEN]
    )
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
        ({"did": "X", "where": [{"property": "a\\", "exists": True, "as": "list"}]}, "before no dot"),
        ({"did": "X", "where": [{"property": "a"}]}, "give exactly one comparison"),
        ({"trait": "orders_total", "is": "2"}, "expected a number"),
        ({"trait": "orders_total", "contains": "2"}, "works on text, and this value is number"),
        ({"trait": "orders_total", "at_least": 1, "at_most": 2}, "give exactly one comparison"),
        ({"trait": "plan", "more_than": "gold"}, "expected a time"),
        ({"trait": "plan", "as": "text", "more_than": "gold"}, "text has no order"),
        ({"trait": "age", "between": [9, 1]}, "swap them"),
        ({"trait": "age", "is": 10**400}, "expected a number"),
        ({"trait": "age", "one_of": []}, "length >= 1"),
        ({"trait": "age", "is": float("nan")}, "expected a number"),
        ({"trait": "age", "at_least": float("inf")}, "expected a number"),
        ({"trait": "age", "more_than": True}, "got `bool`"),
        ({"trait": "orders_total", "one_of": [1, True]}, "expected a number, found True"),
        ({"trait": "brands", "is": "bosch"}, "a list is not compared so"),
        ({"trait": "brands", "contains": 5}, "expected `str`, got `int`"),
        ({"trait": "seen_at", "top_percent": 5}, "works on number traits, and this one is time"),
        ({"trait": "orders_total", "top_percent": 0}, "> 0"),
        ({"trait": "seen_at", "at_least": "now-1y"}, "or one relative to now (now-30d"),
        ({"trait": "seen_at", "at_least": "today-7"}, "or one relative to now"),
        ({"trait": "seen_at", "between": ["today", "today-7d"]}, "swap them"),
        ({"trait": "tags.*", "exists": True}, "`*` has no meaning here"),
        ({"did": "X", "where": [{"property": "a", "top_percent": 5}]}, "`top_percent` is no key here"),
        (
            {"did": "X", "where": [{"property": "a", "context": "b", "is": 1}]},
            "give exactly one of `property`",
        ),
        ({"did": "X", "where": [{"at": "hour", "is": 24}]}, "24 is no hour"),
        ({"did": "X", "where": [{"at": "weekday", "is": "mon"}]}, "did you mean `monday`"),
        ({"did": "X", "where": [{"at": "minute", "is": 1}]}, "`minute` is no part of the local time"),
        ({"did": "X", "where": [{"property": "*.a", "exists": True}]}, "begins with `*`"),
        (
            {"did": "X", "where": [{"property": "a", "more_than": {"property": "b"}}]},
            "`as: number` or `as: time`",
        ),
        ({"did": "X", "where": [{"property": "a", "is": {"property": "b", "plus": []}}]}, "got `array`"),
        (
            {
                "did": "X",
                "where": [{"property": "a", "as": "time", "more_than": {"property": "b", "plus": 2}}],
            },
            "a duration such as `2d`",
        ),
        ({"did": "X", "at_least": 10**400}, "<= 9007199254740992"),
        ({"did": "X", "within": "3650000d"}, "at most 36500d"),
        ({"did": "X", "within": "last_decade"}, "`last_decade` is no duration"),
        ({"did": "X", "within": {"last": "36500d", "before": "1d"}}, "reaches back 36501d"),
        ({"did": "X", "within": {"calendar": "month", "from": 0, "to": 0}}, "no fact lies between"),
        ({"did": "X", "within": {"calendar": "year", "from": -10_000, "to": 0}}, ">= -1200"),
        ({"did": "X", "within": {"calendar": "month", "from": -1, "to": 5}}, "<= 1"),
        ({"did": "X", "within": {"calendar": "decade", "from": -1, "to": 0}}, "invalid enum value 'decade'"),
        ({"did": "X", "within": {"since": "2026-02-01", "until": "2026-01-01"}}, "swap them"),
        ({"did": "X", "within": {"since": "soon"}}, "`soon` is no time"),
        ({"did": "X", "within": {}}, "a window in a mapping has"),
        ({"sequence": {"first": "A"}}, "exactly one of `then` and `not_then`"),
        ({"sequence": {"first": "A", "then": "B", "not_then": "C"}}, "exactly one of `then` and `not_then`"),
        ({"sequence": {"first": "A", "then": "B", "after": "0h"}}, "`0h` is no duration"),
        ({"sequence": {"first": "A", "then": "B"}, "after": "1h"}, "`after` is no key here"),
        ({"first_time": "X", "is": "recently"}, "expected a time"),
        ({"last_time": {"event": "X", "record": "y"}, "exists": True}, "give exactly one of `event`"),
        ({"audience": "b"}, "no audience is called `b`"),
        ({"consent": "email", "is": "given"}, "invalid enum value 'given'"),
        ({"consent": "email"}, "`is` is missing"),
        ({"list": ""}, "length >= 1"),
        ({"split": "s", "from": 50, "to": 50}, "it holds for nobody"),
        ({"split": "s", "to": 101}, "<= 100"),
        ({"split": "s", "from": float("nan")}, ""),
        ({"local_time": {}}, "give `weekdays`, or hours"),
        ({"local_time": {"weekdays": ["moonday"]}}, "did you mean `monday`"),
        ({"local_time": {"from": 9, "to": 9}}, "no time at all"),
        ({"trait": "a", "did": "X", "is": 1}, "here: trait, did"),
        ({1: 2}, "got `int` - at `key`"),
        ({"did": "half \ud800"}, "a character that is none"),
    ],
)
def test_a_fault_says_what_to_write_instead(who: object, said: str) -> None:
    audience, problems = read(who)
    assert audience is None
    assert len(problems) == 1
    assert problems[0].startswith("a.yaml: a: who") or "a character that is none" in problems[0]
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
    assert first.value == Given(GivenKind.TOLD, "born", ValueType.TIME)
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


def definitions(**rules: object) -> list[Definition]:
    return [
        Definition("audiences", name, {"name": name, "who": who}, "a.yaml") for name, who in rules.items()
    ]


def test_another_audience_stands_for_its_rule() -> None:
    who = {"all": [{"audience": "buyers"}, {"not": {"audience": "lapsed"}}]}
    found, problems = read_audiences(
        definitions(a=who, lapsed={"audience": "buyers"}, buyers={"trait": "orders_total", "at_least": 1}),
        [ORDERS],
    )
    assert not problems
    rules = {audience.name: audience.who for audience in found}
    assert list(rules) == ["a", "lapsed", "buyers"]
    assert rules["lapsed"] == MemberRule("buyers", rules["buyers"])


def test_what_names_a_bad_definition_is_bad_itself_and_the_others_are_not() -> None:
    found, problems = read_audiences(
        [
            *definitions(
                good={"did": "X"},
                bad={"did": "X", "at_least": -1},
                user={"not": {"audience": "bad"}},
                user_of_user={"any": [{"did": "X"}, {"audience": "user"}]},
                a={"audience": "b"},
                b={"all": [{"audience": "c"}]},
                c={"not": {"audience": "a"}},
                on_cycle={"audience": "c"},
                itself={"audience": "itself"},
                of_trait={"trait": "spoilt", "at_least": 1},
            ),
            Definition("traits", "spoilt", {"name": "spoilt"}, "t.yaml"),
        ],
        [ORDERS],
    )
    assert [audience.name for audience in found] == ["good"]
    said = {problem.name: problem.message for problem in problems}
    assert len(said) == len(problems) == 9
    follow = {problem.name for problem in problems if problem.follows}
    assert follow == {"user", "user_of_user", "on_cycle", "of_trait"}
    assert said["user"] == "who.not.audience: `bad` has a fault of its own; correct that first"
    assert said["user_of_user"].startswith("who.any[1].audience: `user` has a fault")
    assert said["a"] == "who.audience: refers to itself: a -> b -> c -> a; take one of these out"
    assert said["b"].startswith("who.all[0].audience: refers to itself: b -> c -> a -> b;")
    assert said["on_cycle"].startswith("who.audience: `c` has a fault")
    assert "itself -> itself" in said["itself"]
    assert said["of_trait"].startswith("who.trait: `spoilt` has a fault")


def test_ten_thousand_clauses_are_refused_with_one_fault() -> None:
    audience, problems = read({"all": [{"did": "X"}] * 10_000})
    assert (audience, len(problems)) == (None, 1)
    assert "length <= 2000" in problems[0]
    audience, problems = read({"all": [{"any": [{"did": "X"}] * 1_999}] * 2})
    assert audience is None
    assert [said for said in problems if "more than 2,000 rules" in said] == problems
    assert read({"all": [{"did": "X"}] * 1_999})[0] is not None


def test_the_rules_of_other_audiences_count_and_so_does_their_depth() -> None:
    chain = {f"a{n}": {"audience": f"a{n + 1}"} for n in range(30)} | {"a30": {"did": "X"}}
    doubling = {f"d{n}": {"all": [{"audience": f"d{n + 1}"}] * 2} for n in range(15)} | {"d15": {"did": "X"}}
    found, problems = read_audiences(definitions(**chain, **doubling), ())
    assert {audience.name for audience in found} == {
        *(f"a{n}" for n in range(11, 31)),
        *(f"d{n}" for n in range(7, 16)),
    }
    said = {problem.name: problem.message for problem in problems}
    assert "rules nest deeper than 20" in said["a10"]
    assert "`a10` has a fault of its own" in said["a9"]


def test_anchors_that_explode_and_lists_in_lists_are_refused() -> None:
    bomb: Any = {"did": "X"}
    for _ in range(60):
        bomb = {"all": [bomb, bomb]}
    assert "more than 250,000 values" in read(bomb)[1][0] or "nested deeper" in read(bomb)[1][0]
    deep: Any = []
    for _ in range(5_000):
        deep = [deep]
    assert "nested deeper than 100" in read(deep)[1][0]
    ring: dict[str, Any] = {}
    ring["not"] = ring
    assert "nested deeper than 100" in read(ring)[1][0]


def test_thousands_of_faults_are_cut_short_but_an_error_is_always_told() -> None:
    _, problems = read({"all": [{"trait": "orders_totals", "at_least": 1}] * 1_900 + [{"did": 3}]})
    assert len(problems) == 101
    assert "expected `str" in problems[-1]


def test_two_thousand_audiences_are_the_most() -> None:
    found, problems = read_audiences(definitions(**{f"a{n}": {"did": "X"} for n in range(2_001)}), ())
    assert len(found) == 2_000
    assert "more than 2,000 audiences" in problems[0].message


def test_a_rule_is_read_by_itself_beside_the_audiences_there_are() -> None:
    buyers = Audience("buyers", DidRule(Measure(Kind.COUNT, Source("track", "X"))))
    rule, problems = rule_of(
        {"all": [{"audience": "buyers"}, {"trait": "orders_total", "is": 1}]}, [ORDERS], [buyers]
    )
    assert not problems
    assert isinstance(rule, AllRule)
    assert rule.rules[0] == MemberRule("buyers", buyers.who)
    nobody: tuple[Rule | None, Any] = rule_of({"audience": "buyers"}, [ORDERS], [buyers], "buyers")
    assert nobody[0] is None
    assert nobody[1][0].at == "who.audience"
    lookers = Audience("lookers", MemberRule("buyers", buyers.who))
    around: tuple[Rule | None, Any] = rule_of(
        {"not": {"audience": "lookers"}}, [], [buyers, lookers], "buyers"
    )
    assert around[0] is None
    assert (around[1][0].at, "refers to itself" in around[1][0].message) == ("who.not.audience", True)


def test_an_audience_is_read_by_itself_beside_those_there_are() -> None:
    buyers = Audience("buyers", DidRule(Measure(Kind.COUNT, Source("track", "X"))))
    body = {"name": "lookers", "description": "Look", "who": {"not": {"audience": "buyers"}}}
    found, problems = audience_of(body, [], [buyers])
    assert (found, problems) == (Audience("lookers", NotRule(MemberRule("buyers", buyers.who)), "Look"), ())
    for wrong in (
        [],
        {"who": {}},
        {"name": "a b", "who": {"did": "X"}},
        {"name": "a", "who": {"audience": "a"}},
    ):
        none, faults = audience_of(wrong, [], [buyers])
        assert none is None, wrong
        assert faults, wrong
