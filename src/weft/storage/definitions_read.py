"""From the definitions of a workspace to what the compiler takes, with every problem in them."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from weft.audience.definition import audience_schema, read_audiences
from weft.decide.definition import slot_schema
from weft.definitions import Definition
from weft.errors import Misconfigured
from weft.identity.rules import Rules, read_rules, rules_schema
from weft.language.strict import Problem, closest, hint
from weft.model.audience import Audience
from weft.model.expression import measures_of
from weft.model.measure import Measure
from weft.model.survivorship import Survival
from weft.model.trait import Trait
from weft.profile.definition import read_traits, trait_schema
from weft.profile.survivorship_definition import read_survivorship, survivorship_schema
from weft.storage.defined import Defined, define
from weft.storage.sql.checker import check_sql


class Understood(msgspec.Struct, frozen=True):
    """What could be read of the definitions, and every problem."""

    traits: tuple[Trait, ...]
    audiences: tuple[Audience, ...]
    survival: Survival
    problems: tuple[Problem, ...]


def understand(definitions: Sequence[Definition]) -> Understood:
    """Read the traits, audiences and survivorship among the definitions. Faults are in the result."""
    traits, trait_problems = read_traits(definitions, check_sql)
    audiences, audience_problems = read_audiences(definitions, traits)
    survival, more = read_survivorship(definitions, {trait.name for trait in traits})
    problems = (*trait_problems, *audience_problems, *more)
    return Understood(traits, audiences, survival, problems)


def define_workspace(
    definitions: Sequence[Definition], held: Sequence[str] = (), home: str = "UTC"
) -> Defined:
    """Read the definitions of a workspace. held, home: as in `Defined`.

    Raises Misconfigured with every error of every definition.
    """
    understood = understand(definitions)
    errors = [str(problem) for problem in understood.problems if problem.is_error]
    if errors:
        raise Misconfigured("\n".join(errors), code="bad_definition")
    found = define(understood.traits, understood.audiences, understood.survival, home)
    return msgspec.structs.replace(found, held=tuple(held))


def identity_rules(definitions: Sequence[Definition]) -> Rules:
    """Read the rules of identity. Raises Misconfigured with every error."""
    rules, problems = read_rules(definitions)
    if problems:
        raise Misconfigured("\n".join(map(str, problems)), code="bad_definition")
    return rules


def validate(definitions: Sequence[Definition], known_events: Collection[str]) -> tuple[Problem, ...]:
    """Return every error, and warnings: event names never seen (none before the first event)."""
    understood = understand(definitions)
    paths = {(definition.kind, definition.name): definition.path for definition in definitions}
    used = [
        *(("traits", trait.name, measures_of(trait.value)) for trait in understood.traits),
        *(("audiences", audience.name, audience.measures) for audience in understood.audiences),
    ]
    warnings = _unseen(used, known_events, paths) if known_events else ()
    return (*understood.problems, *read_rules(definitions)[1], *dict.fromkeys(warnings))


def _unseen(
    used: Iterable[tuple[str, str, Iterable[Measure]]],
    known_events: Collection[str],
    paths: Mapping[tuple[str, str], str],
) -> Iterator[Problem]:
    """Yield a warning for each event that a definition names and nobody has seen. used: kind, name, measures."""
    words = sorted(known_events)
    near: dict[str, list[str]] = {}  # many definitions name the same event
    for kind, name, measures in used:
        sources = {measure.source for measure in measures}
        for event in sorted({each.name for each in sources if each.type == "track" and each.name}):
            if event in known_events:
                continue
            if event not in near:
                near[event] = closest(event, words)
            yield Problem(
                paths[kind, name],
                name,
                f"no event `{event}` was seen yet{hint(near[event], words)}",
                is_error=False,
                word="unseen_event",
                parameters=(("event", event), ("near", ", ".join(near[event]))),
            )


def schemas() -> dict[str, Any]:
    """Return file name → JSON Schema, as published under docs/reference."""
    return {
        "trait.schema.json": trait_schema(),
        "audience.schema.json": audience_schema(),
        "identity.schema.json": rules_schema(),
        "survivorship.schema.json": survivorship_schema(),
        "slot.schema.json": slot_schema(),
    }


def schema_text(schema: dict[str, Any]) -> str:
    """Return a schema as it stands in its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
