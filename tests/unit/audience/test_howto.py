"""The examples of the how-to pages are definitions that compile together."""

import re
from typing import Any

import pytest
import yaml

from weft.audience.definition import read_audiences
from weft.definitions import Definition
from weft.model.trait import Trait
from weft.profile.definition import read_traits
from weft.profile.survivorship_definition import read_survivorship


def examples(request: pytest.FixtureRequest, page: str, kind: str) -> list[Definition]:
    text = (request.config.rootpath / "docs" / "howto" / page).read_text("utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    bodies: list[dict[str, Any]] = [body for block in blocks for body in yaml.safe_load(block)]
    return [Definition(kind, body["name"], body, page) for body in bodies]


def traits(request: pytest.FixtureRequest) -> tuple[Trait, ...]:
    read, problems = read_traits(examples(request, "define-a-trait.md", "traits"))
    assert not problems
    return read


def test_the_examples_are_right(request: pytest.FixtureRequest) -> None:
    known = traits(request)
    audiences, problems = read_audiences(examples(request, "define-an-audience.md", "audiences"), known)
    assert not problems
    assert (len(known), len(audiences)) == (4, 3)


def test_the_examples_of_survivorship_are_right(request: pytest.FixtureRequest) -> None:
    survival, problems = read_survivorship(
        examples(request, "choose-which-value-wins.md", "survivorship"),
        [each.name for each in traits(request)],
    )
    assert not problems
    assert len(survival.each) == 4
    assert survival.record_names == ["Order Completed", "contact", "member"]
