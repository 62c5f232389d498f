from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator
from tests.unit.audience.written_rules import OTHERS, TRAITS, WRITTEN_RULES

from weft.audience.definition import audience_schema
from weft.profile.definition import trait_schema

AUDIENCE = Draft202012Validator(audience_schema())
TRAIT = Draft202012Validator(trait_schema())


@given(WRITTEN_RULES)
def test_every_rule_that_is_right_is_so_for_an_editor(who: dict[str, Any]) -> None:
    assert [error.message for error in AUDIENCE.iter_errors({"name": "a", "who": who})] == []


def test_a_file_holds_one_definition_or_a_list() -> None:
    assert TRAIT.is_valid(TRAITS)
    assert all(TRAIT.is_valid(body) for body in TRAITS)
    assert AUDIENCE.is_valid(OTHERS)
    assert not AUDIENCE.is_valid([*OTHERS, {"name": "x"}])


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ({"alll": []}, "who"),
        ({"all": [{"did": "X"}, {"did": "X", "atleast": 2}]}, "who.all.1"),
        ({"all": [{"trait": "a", "eq": 1}]}, "who.all.0"),
        ({"trait": "a"}, "who"),
        ({"trait": "a", "is": 1, "is_not": 2}, "who"),
        ({"trait": "a", "did": "X", "is": 1}, "who"),
        ({"did": {"event": "X", "record": "y"}}, "who.did"),
        ({"did": "X", "within": "7 days"}, "who.within"),
        ({"did": "X", "within": {"last": "7d", "until": "now"}}, "who.within"),
        ({"did": "X", "where": [{"property": "a", "top_percent": 3}]}, "who.where.0"),
        ({"did": "X", "where": [{"property": "a", "context": "b", "is": 1}]}, "who.where.0"),
        ({"sequence": {"first": "A"}}, "who.sequence"),
        ({"local_time": {"weekdays": ["moonday"]}}, "who.local_time.weekdays.0"),
        ({"consent": "email", "is": "given"}, "who.is"),
    ],
)
def test_an_editor_is_told_where_the_fault_is(who: dict[str, Any], path: str) -> None:
    found = {
        ".".join(map(str, error.absolute_path)) for error in AUDIENCE.iter_errors({"name": "a", "who": who})
    }
    assert path in found


def test_unknown_kinds_and_keys_of_traits_are_refused() -> None:
    assert not TRAIT.is_valid({"name": "a", "kind": "cuont", "event": "X"})
    assert not TRAIT.is_valid({"name": "a", "kind": "count"})
    assert not TRAIT.is_valid({"name": "a", "formula": "1", "event": "X"})
    assert not TRAIT.is_valid({"name": "a", "kind": "count", "event": "X", "formula": "1"})
