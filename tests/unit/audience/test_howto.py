"""The examples of the how-to pages are definitions that compile together, and there is one of everything."""

import re
from typing import Any, get_args

import pytest
import yaml

from weft.audience.definition import read_audiences
from weft.audience.written import RULES
from weft.definitions import Definition
from weft.language.condition import PERCENT
from weft.language.span import NAMED
from weft.model.measure import Operator
from weft.model.trait import Trait
from weft.profile.definition import TraitKind, read_traits
from weft.profile.formula import ARGUMENTS
from weft.profile.survivorship_definition import read_survivorship

TRAITS = "define-a-trait.md"
AUDIENCES = "define-an-audience.md"


def text_of(request: pytest.FixtureRequest, page: str) -> str:
    return (request.config.rootpath / "docs" / "howto" / page).read_text("utf-8")


def examples(request: pytest.FixtureRequest, page: str, kind: str) -> list[Definition]:
    blocks = re.findall(r"```yaml\n(.*?)```", text_of(request, page), re.DOTALL)
    bodies: list[dict[str, Any]] = [body for block in blocks for body in yaml.safe_load(block)]
    return [Definition(kind, body["name"], body, page) for body in bodies]


def in_tables(request: pytest.FixtureRequest, page: str) -> list[dict[str, Any]]:
    """The mappings in the tables of a page."""
    rows = [line for line in text_of(request, page).splitlines() if line.startswith("|")]
    return [yaml.safe_load(body) for row in rows for body in re.findall(r"`(\{.*?\})`", row)]


def traits(request: pytest.FixtureRequest) -> tuple[Trait, ...]:
    read, problems = read_traits(examples(request, TRAITS, "traits"))
    assert not problems
    return read


def test_the_examples_are_right(request: pytest.FixtureRequest) -> None:
    known = traits(request)
    audiences, problems = read_audiences(examples(request, AUDIENCES, "audiences"), known)
    assert not problems
    assert (len(known), len(audiences)) == (7, 4)


def test_there_is_an_example_of_every_kind_window_and_operator(request: pytest.FixtureRequest) -> None:
    bodies = in_tables(request, TRAITS)
    kinds = [body for body in bodies if "kind" in body]
    windows = [body for body in bodies if body.keys() & {"last", "calendar", "since"}]
    conditions = [body for body in bodies if body.keys() & {*Operator}]
    assert len(kinds) + len(windows) + len(conditions) == len(bodies)
    words = set(re.findall(r"`([a-z_]+)", text_of(request, TRAITS)))
    assert {body["kind"] for body in kinds} == set(get_args(TraitKind))
    assert {key for body in conditions for key in body} >= {*Operator} - {*PERCENT}
    assert words >= {*NAMED, *ARGUMENTS}
    every = [
        *kinds,
        *({"kind": "count", "event": "X", "window": window} for window in [*windows, *NAMED]),
        *({"kind": "count", "event": "X", "where": [condition]} for condition in conditions),
    ]
    definitions = [
        Definition("traits", f"t{at}", {"name": f"t{at}"} | body, TRAITS) for at, body in enumerate(every)
    ]
    read, problems = read_traits(definitions)
    assert not problems
    assert len(read) == len(every)


def test_there_is_an_example_of_every_rule(request: pytest.FixtureRequest) -> None:
    rules = in_tables(request, AUDIENCES)
    assert {key for rule in rules for key in rule} >= {*RULES, *PERCENT}
    definitions = [
        Definition("audiences", f"a{at}", {"name": f"a{at}", "who": rule}, AUDIENCES)
        for at, rule in enumerate(rules)
    ]
    known = examples(request, AUDIENCES, "audiences")
    read, problems = read_audiences([*known, *definitions], traits(request))
    assert not problems
    assert len(read) == len(known) + len(rules)


def test_the_examples_of_survivorship_are_right(request: pytest.FixtureRequest) -> None:
    survival, problems = read_survivorship(
        examples(request, "choose-which-value-wins.md", "survivorship"),
        [each.name for each in traits(request)],
    )
    assert not problems
    assert len(survival.each) == 4
    assert survival.record_names == ["Order Completed", "contact", "member"]
