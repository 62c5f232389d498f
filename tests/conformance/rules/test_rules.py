"""Traits and audiences, case by case: what is written, of whom, when, and what it comes to, and why.

The cases are the YAML files beside this one. A case has `trait` and `value`, `who` and `holds`, or several of them
by name. A list of moments in `now` has as many results. What a case leaves out stands at the head of its file:
`facts` ([time, what, properties, context]; the order of the list is that of the messages' keys), `zone`, `home` (the
workspace's zone), `told`, `consents`, `lists`, `thresholds`, `profile`. Both the reference, which knows nothing of the
compiler, and the compiled expressions on DuckDB are held against the results that are written there.
"""

import re
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from tests.oracle.compiled_engine import Engine, compiled_from
from tests.oracle.naive import Fact, Naive, Person
from tests.oracle.naive.calendar import moment_of

HERE = Path(__file__).parent
TYPES = ("record", "page", "identify", "screen", "group")
LIMIT = 150


def plain(value: Any) -> Any:
    """YAML as JSON has it: times as texts."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def moment(text: str) -> datetime:
    found = moment_of(text)
    assert found is not None, text
    return found


def fact(ordinal: int, node: UUID, written: list[Any]) -> Fact:
    at, what, properties, context = (*written, {}, {})[:4] if len(written) < 4 else written
    kind, _, name = what.partition(" ")
    kind, name = (kind, name) if kind in TYPES else ("track", what)
    return Fact(UUID(int=ordinal), node, kind, name, moment(at), properties, context)


class Case:
    """One case. Its definitions get the case's number, so that those of a file can be compiled at once."""

    def __init__(self, file: str, number: int, body: dict[str, Any]) -> None:
        self.number = number
        self.file = file
        self.id = f"{file}: {body['why']}"
        self.home = body.get("home", "UTC")
        traits = body.get("traits", {}) | ({"it": body["trait"]} if "trait" in body else {})
        audiences = body.get("audiences", {}) | ({"it": body["who"]} if "who" in body else {})
        self.traits = [{"name": name, **each} for name, each in traits.items()]
        self.audiences = [{"name": name, "who": rule} for name, rule in audiences.items()]
        self.nodes = [UUID(int=number + 1)]
        facts = [fact(ordinal, self.nodes[0], each) for ordinal, each in enumerate(body.get("facts", []))]
        if "many" in body:
            many = body["many"]
            facts = [
                fact(
                    ordinal,
                    self.nodes[0],
                    ["2026-01-01", many["event"], {many["property"]: many["text"] % ordinal}],
                )
                for ordinal in range(many["count"])
            ]
        self.person = Person(
            facts,
            UUID(body["profile"]) if "profile" in body else UUID(int=1_000 + number),
            body.get("zone", "UTC"),
            self.home,
            body.get("told", {}),
            body.get("consents", {}),
            frozenset(body.get("lists", [])),
            {
                (name, operator, float(percent)): limit
                for name, operator, percent, limit in body.get("thresholds", [])
            },
        )
        many_moments = isinstance(body["now"], list)
        self.moments = [moment(each) for each in (body["now"] if many_moments else [body["now"]])]
        self.values = results(body, "value", "values", len(self.moments), listed=many_moments)
        self.members = results(body, "holds", "members", len(self.moments), listed=many_moments)
        assert any([*self.values, *self.members]), f"{self.id} expects nothing"


def results(
    body: dict[str, Any], single: str, several: str, count: int, *, listed: bool
) -> list[dict[str, Any]]:
    """What is expected at each moment."""
    wanted = (
        [{"it": each} for each in (body[single] if listed else [body[single]])]
        if single in body
        else [{}] * count
    )
    if several in body:
        more = body[several] if isinstance(body[several], list) else [body[several]] * count
        wanted = [one | other for one, other in zip(wanted, more, strict=True)]
    assert len(wanted) == count, body["why"]
    return wanted


@cache
def cases() -> tuple[Case, ...]:
    found: list[Case] = []
    for path in sorted(HERE.glob("*.yaml")):
        body = plain(yaml.safe_load(path.read_text("utf-8")))
        head = {key: value for key, value in body.items() if key not in ("about", "cases")}
        for each in body["cases"]:
            found.append(Case(path.stem, len(found), head | each))
    return tuple(found)


def numbered(definition: Any, case: Case) -> Any:
    """A definition in which names of the case have the case's number."""
    names = {each["name"] for each in (*case.traits, *case.audiences)}
    fading = {each["name"] for each in case.traits if "half_life" in each}

    def renamed(value: Any) -> Any:
        if isinstance(value, list):
            return [renamed(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {
            key: f"{item}_{case.number}"
            if key in ("name", "trait", "audience", "beside")
            and isinstance(item, str)
            and item in names
            and (key == "name" or item not in fading)
            else in_context(item, case.number)
            if key == "trait" and isinstance(item, str) and item.startswith("context.")
            else in_formula(item, names, case.number)
            if key == "formula"
            else renamed(item)
            for key, item in value.items()
        }

    return renamed(definition)


def in_context(trait: str, number: int) -> str:
    namespace, name, *part = trait.split(".")
    return ".".join([namespace, f"{name}_{number}", *part])


def in_formula(formula: str, names: set[str], number: int) -> str:
    return re.sub(
        r"[A-Za-z_]\w*", lambda word: f"{word[0]}_{number}" if word[0] in names else word[0], formula
    )


@cache
def engine(file: str, home: str) -> Engine:
    """All cases of a file and a workspace's zone, compiled together, their facts in it."""
    mine = [case for case in cases() if (case.file, case.home) == (file, home)]
    traits = [numbered(trait, case) for case in mine for trait in case.traits]
    audiences = [numbered(audience, case) for case in mine for audience in case.audiences]
    made = Engine(compiled_from(traits, audiences, home))
    made.at(datetime(1000, 1, 1))
    made.merged(made.states_of([each for case in mine for each in case.person.facts]))
    return made


@cache
def rows(file: str, home: str, at: datetime) -> dict[UUID, dict[str, Any]]:
    """Everybody of a file at a moment: people share an evaluation, as they do in an engine."""
    mine = [case for case in cases() if (case.file, case.home) == (file, home) and at in case.moments]
    thresholds = {
        (f"{name}_{case.number}", operator, percent): limit
        for case in mine
        for (name, operator, percent), limit in case.person.thresholds.items()
    }
    people = [(case.person._replace(thresholds=thresholds), case.nodes) for case in mine]
    return engine(file, home).evaluate(people, at)


def matches(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):  # of a context trait: what is written of it
        return found is not None and all(matches(told(found, key), each) for key, each in wanted.items())
    if isinstance(wanted, str) and isinstance(found, datetime):
        return found == moment_of(wanted)
    if isinstance(wanted, bool) or wanted is None or isinstance(wanted, str | list):
        return found == wanted and found is not False if wanted is None else found == wanted
    return found is not None and float(found) == pytest.approx(float(wanted), rel=1e-12, abs=1e-12)


def told(found: dict[str, Any], key: str) -> Any:
    if key == "at" and "at_us" in found:
        return datetime.fromtimestamp(found["at_us"] / 1e6, UTC).replace(tzinfo=None)
    if key == "conflict" and "beside" in found:
        return found["beside"] is not None and found["beside"] != found["value"]
    return found[key]


CASES = [pytest.param(case, id=case.id) for case in cases()]


def test_there_are_many() -> None:
    assert len(cases()) >= LIMIT


@pytest.mark.parametrize("case", CASES)
def test_the_reference_says_so(case: Case) -> None:
    naive = Naive(case.traits, case.audiences)
    for at, values, members in zip(case.moments, case.values, case.members, strict=True):
        found, inside = naive.evaluate(case.person, at)
        assert {name: inside[name] for name in members} == members, at
        for name, wanted in values.items():
            assert matches(found[name], wanted), (name, at, found[name], wanted)


@pytest.mark.parametrize("case", CASES)
def test_the_compiled_expression_says_so(case: Case) -> None:
    for at, values, members in zip(case.moments, case.values, case.members, strict=True):
        row = rows(case.file, case.home, at)[case.person.profile]
        for name, wanted in members.items():
            assert row[f"a_{name}_{case.number}"] == wanted, (name, at)
        for name, wanted in values.items():
            found = row[f"t_{name}_{case.number}"]
            assert matches(found, wanted), (name, at, found, wanted)
