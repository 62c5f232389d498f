"""How many sentences of a corpus are read as the rule that they mean."""

from pathlib import Path
from typing import Any

import yaml
from tests.unit.audience.text.catalogue import catalogue

from weft.audience.definition import rule_of
from weft.audience.text.read import TextReading, read_text
from weft.audience.writing import written
from weft.language.say.teller import LANGUAGES


def cases(name: str) -> list[dict[str, Any]]:
    text = (Path(__file__).parent / name).read_text("utf-8")
    return yaml.safe_load(text)


def misses(name: str) -> list[tuple[str, str, Any, TextReading]]:
    known = catalogue()
    found: list[tuple[str, str, Any, TextReading]] = []
    for case in cases(name):
        rule, problems = rule_of(case["rule"], known.traits, known.audiences)
        assert rule is not None, problems
        for language in LANGUAGES:
            reading = read_text(case[language], known, language)
            if reading.rule != written(rule):
                found.append((language, case[language], written(rule), reading))
    return found
