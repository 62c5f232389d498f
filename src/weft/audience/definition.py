"""Audiences as they are written."""

from collections.abc import Iterable
from typing import Any

import msgspec

from weft.audience.reading import Known, members_of, read_rule
from weft.audience.written import RULES, WrittenAudience, WrittenLocalTime, WrittenSteps
from weft.definitions import Definition
from weft.language.name import check_name
from weft.language.order import order, shown
from weft.language.property import WrittenCondition, WrittenOther
from weft.language.schema import REFERENCE, chosen_by_key, one_or_list
from weft.language.source import WrittenFacts, WrittenSource
from weft.language.span import WINDOWS
from weft.language.strict import Problem, Reader
from weft.model.audience import Audience, MemberRule, Rule, parts
from weft.model.trait import Trait

AUDIENCES_MAX = 2_000


def read_audiences(
    definitions: Iterable[Definition], traits: Iterable[Trait]
) -> tuple[tuple[Audience, ...], tuple[Problem, ...]]:
    """Read all definitions of the kind `audiences`; return those without an error, and every problem.

    traits: the computed ones that were read. One that is among the definitions and not among them has an error, and
    so has an audience that names it, names an audience with an error, or stands in a cycle.
    """
    definitions = tuple(definitions)
    readers, written, problems = _read_bodies(definitions)
    computed = tuple(traits)
    bad = {each.name for each in definitions if each.kind == "traits"} - {trait.name for trait in computed}
    known = Known(_readable(computed), frozenset(bad), {}, frozenset(readers))
    found = order({name: [other for _, other in members_of(each.who)] for name, each in written.items()})
    for name, cycle in found.cycles.items():
        place = next(place for place, other in members_of(written[name].who) if other == cycle[1])
        readers[name].fault(f"{place}.audience", f"refers to itself: {shown(cycle)}; take one of these out")
    audiences: dict[str, Audience] = {}
    for name in found.names:
        each = written[name]
        rule = read_rule(readers[name], each.who, known)
        if rule is not None:
            known.audiences[name] = rule
            audiences[name] = Audience(each.name, rule, each.description)
    problems += [problem for reader in readers.values() for problem in reader.problems]
    return tuple(audiences[name] for name in readers if name in audiences), tuple(problems)


def audience_of(
    body: object, traits: Iterable[Trait], audiences: Iterable[Audience]
) -> tuple[Audience | None, tuple[Problem, ...]]:
    """Read one audience that is not defined yet, or defined otherwise; return it without an error, and every problem.

    traits, audiences: those of the workspace.
    """
    reader = Reader("", str(body.get("name", "")) if isinstance(body, dict) else "")
    written = reader.whole(WrittenAudience, body)
    if written is None:
        return None, tuple(reader.problems)
    check_name(reader, written.name)
    rule = _rule(reader, written.who, traits, audiences, written.name)
    found = None if rule is None else Audience(written.name, rule, written.description)
    return found, tuple(reader.problems)


def rule_of(
    body: object, traits: Iterable[Trait], audiences: Iterable[Audience], name: str = ""
) -> tuple[Rule | None, tuple[Problem, ...]]:
    """Read one rule that is no definition yet, as stands behind `who`; return it if it has no error, and every problem.

    traits, audiences: those of the workspace. name: the audience's, if it has one; the rule may not name it.
    """
    reader = Reader("", name)
    plain = reader.plain(body)
    return None if reader.failed else _rule(reader, plain, traits, audiences, name), tuple(reader.problems)


def _rule(
    reader: Reader, who: object, traits: Iterable[Trait], audiences: Iterable[Audience], name: str
) -> Rule | None:
    """Read the rule of the audience `name`; neither it nor what it names may name that."""
    rules = {each.name: each.who for each in audiences if each.name != name}
    known = Known(_readable(traits), frozenset(), rules, frozenset(rules))
    rule = read_rule(reader, who, known)
    for part in () if rule is None else parts(rule):
        if isinstance(part.rule, MemberRule) and part.rule.audience == name:
            place, _, _ = part.path.partition(".audience")
            reader.fault(f"{place}.audience", f"refers to itself: {name}; take one of these out")
    return None if reader.failed else rule


def _readable(traits: Iterable[Trait]) -> dict[str, Trait]:
    return {name: each for trait in traits for name, each in trait.readable.items()}


def audience_schema() -> dict[str, Any]:
    """Return the JSON Schema of an audience definition."""
    more = (WrittenAudience, WrittenLocalTime, WrittenSteps, WrittenSource, WrittenFacts)
    _, components = msgspec.json.schema_components(
        (*RULES.values(), *more, WrittenCondition, WrittenOther, *WINDOWS), ref_template=REFERENCE
    )
    rule = chosen_by_key({key: part.__name__ for key, part in RULES.items()})
    return one_or_list("Weft audience", "WrittenAudience", components | {"Rule": rule})


def _read_bodies(
    definitions: Iterable[Definition],
) -> tuple[dict[str, Reader], dict[str, WrittenAudience], list[Problem]]:
    """Return name → its reader, name → what is written, and the problems of those that are too many."""
    readers: dict[str, Reader] = {}
    written: dict[str, WrittenAudience] = {}
    problems: list[Problem] = []
    for definition in definitions:
        if definition.kind != "audiences":
            continue
        reader = Reader(definition.path, definition.name)
        if definition.name in readers:
            reader.fault("", "is defined already; keep one")
        elif len(readers) == AUDIENCES_MAX:
            reader.fault("", f"more than {AUDIENCES_MAX:,} audiences; delete some")
        else:
            readers[definition.name] = reader
            body = reader.whole(WrittenAudience, definition.body)
            if body is not None:
                check_name(reader, body.name)
                written[definition.name] = body
            continue
        problems += reader.problems
    return readers, written, problems
