"""Audiences as they are written."""

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from weft.definitions import Definition
from weft.language.condition import Operators, Where, WrittenCondition, read_condition, read_where
from weft.language.name import Name, check_name
from weft.language.source import EventName, RecordName, TypeName, Window, read_source, read_window
from weft.language.strict import Problem, Reader, inside, nearest, plain
from weft.language.text import path_fault
from weft.model.audience import AllRule, AnyRule, Audience, DidRule, NotRule, Rule, TraitRule
from weft.model.measure import Kind, Measure, PropertyColumn, Source
from weft.model.trait import Trait

RULES_PER_LIST = 200
RULE_DEPTH = 20

RULE_REFERENCE = {"$ref": "#/$defs/Rule"}
WrittenRule = Annotated[dict[str, Any], Meta(extra_json_schema=RULE_REFERENCE)]
WrittenRules = Annotated[list[WrittenRule], Meta(min_length=1, max_length=RULES_PER_LIST)]


class WrittenAll(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every one of the rules holds."""

    all: WrittenRules


class WrittenAny(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At least one of the rules holds."""

    any: WrittenRules


class WrittenNot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rule does not hold."""

    not_: WrittenRule = msgspec.field(name="not")


class WrittenTraitRule(Operators, frozen=True, kw_only=True):
    """A trait compares so: a computed trait, or else a trait that `identify` sent."""

    trait: Annotated[str, Meta(description="A computed trait's name, or the path of an identify trait.")]


class WrittenFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Facts of one kind: exactly one of these keys."""

    event: EventName | UnsetType = UNSET
    record: RecordName | UnsetType = UNSET
    type: TypeName | UnsetType = UNSET


class WrittenDid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The person did something so many times."""

    did: Annotated[
        str | dict[str, Any],
        Meta(
            description="The name of a `track` event, or {record: …}, {type: …}.",
            extra_json_schema={"anyOf": [{"type": "string"}, {"$ref": "#/$defs/WrittenFacts"}]},
        ),
    ]
    at_least: (
        Annotated[
            int, Meta(description="This often or more (1 if left out; 0 includes those who never did).", ge=0)
        ]
        | UnsetType
    ) = UNSET
    at_most: Annotated[int, Meta(description="This often or less.", ge=0)] | UnsetType = UNSET
    within: Window | UnsetType = UNSET
    where: Where = []


class WrittenAudience(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An audience: the profiles for whom a rule holds."""

    name: Name
    who: WrittenRule
    description: Annotated[str, Meta(description="Shown to people.", max_length=2_000)] = ""


def read_audiences(
    definitions: Iterable[Definition], traits: Iterable[Trait]
) -> tuple[tuple[Audience, ...], tuple[Problem, ...]]:
    """Read all definitions of the kind `audiences`; return those without an error, and every problem."""
    known = {trait.name: trait for trait in traits}
    audiences: list[Audience] = []
    problems: list[Problem] = []
    for definition in definitions:
        if definition.kind != "audiences":
            continue
        reader = Reader(definition.path, definition.name)
        audience = _read(reader, plain(definition.body), known)
        problems += reader.problems
        if audience is not None:
            audiences.append(audience)
    return tuple(audiences), tuple(problems)


def audience_schema() -> dict[str, Any]:
    """Return the JSON Schema of an audience definition."""
    kinds = (WrittenAll, WrittenAny, WrittenNot, WrittenTraitRule, WrittenDid)
    (schema, *rules), components = msgspec.json.schema_components(
        (WrittenAudience, *kinds, WrittenFacts, WrittenCondition), ref_template="#/$defs/{name}"
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Weft audience",
        "oneOf": [schema, {"type": "array", "items": schema}],
        "$defs": components | {"Rule": {"oneOf": rules[: len(kinds)]}},
    }


def _read(reader: Reader, body: dict[str, Any], traits: Mapping[str, Trait]) -> Audience | None:
    written = reader.struct(WrittenAudience, body, "")
    if written is None:
        return None
    check_name(reader, written.name)
    rule = _RuleReader(reader, traits).rule(written.who, "who", 1)
    if rule is None or any(problem.is_error for problem in reader.problems):
        return None
    return Audience(written.name, rule, written.description)


class _RuleReader:
    """Reads rules; which kind it is, one key of the mapping tells."""

    def __init__(self, reader: Reader, traits: Mapping[str, Trait]) -> None:
        self._reader = reader
        self._traits = traits
        self._kinds: dict[str, Callable[[dict[str, Any], str, int], Rule | None]] = {
            "all": self._all,
            "any": self._any,
            "not": self._not,
            "trait": self._trait,
            "did": self._did,
        }

    def rule(self, body: object, at: str, depth: int) -> Rule | None:
        if not isinstance(body, dict):
            self._reader.fault(at, f"expected a rule (a mapping with one of {', '.join(self._kinds)})")
            return None
        if depth > RULE_DEPTH:
            self._reader.fault(at, f"rules nest deeper than {RULE_DEPTH}; split the audience")
            return None
        kinds = [key for key in self._kinds if key in body]
        if len(kinds) != 1:
            hint = "" if kinds else "".join(nearest(str(key), self._kinds) for key in list(body)[:1])
            self._reader.fault(at, f"a rule has exactly one of {', '.join(self._kinds)}{hint}")
            return None
        return self._kinds[kinds[0]](body, at, depth)

    def _all(self, body: dict[str, Any], at: str, depth: int) -> Rule | None:
        written = self._reader.struct(WrittenAll, body, at)
        rules = self._rules(written.all, f"{at}.all", depth) if written else None
        return AllRule(rules) if rules else None

    def _any(self, body: dict[str, Any], at: str, depth: int) -> Rule | None:
        written = self._reader.struct(WrittenAny, body, at)
        rules = self._rules(written.any, f"{at}.any", depth) if written else None
        return AnyRule(rules) if rules else None

    def _rules(self, bodies: list[dict[str, Any]], at: str, depth: int) -> tuple[Rule, ...] | None:
        rules = [self.rule(body, f"{at}[{ordinal}]", depth + 1) for ordinal, body in enumerate(bodies)]
        kept = tuple(rule for rule in rules if rule is not None)
        return kept if len(kept) == len(rules) else None

    def _not(self, body: dict[str, Any], at: str, depth: int) -> Rule | None:
        written = self._reader.struct(WrittenNot, body, at)
        rule = self.rule(written.not_, f"{at}.not", depth + 1) if written else None
        return NotRule(rule) if rule else None

    def _trait(self, body: dict[str, Any], at: str, _depth: int) -> Rule | None:
        written = self._reader.struct(WrittenTraitRule, body, at)
        if written is None:
            return None
        trait = self._traits.get(written.trait)
        condition = read_condition(self._reader, written, trait.value_type if trait else None, at)
        if condition is None:
            return None
        if trait is not None:
            return TraitRule(written.trait, trait.measure, condition)
        if fault := path_fault(written.trait):
            self._reader.fault(inside(at, "trait"), fault)
            return None
        close = get_close_matches(written.trait, self._traits, n=1, cutoff=0.8)
        if close:
            self._reader.warn(
                inside(at, "trait"),
                f"no computed trait is called `{written.trait}`, so it is read from identify; "
                f"did you mean `{close[0]}`?",
                "unknown_trait",
                trait=written.trait,
                near=close[0],
            )
        identify = (PropertyColumn(written.trait, condition.type),)
        return TraitRule(written.trait, Measure(Kind.LAST, Source("identify"), (), identify), condition)

    def _did(self, body: dict[str, Any], at: str, _depth: int) -> Rule | None:
        written = self._reader.struct(WrittenDid, body, at)
        if written is None:
            return None
        source = self._source(written.did, at)
        window = read_window(self._reader, written.within, at, "within")
        where = read_where(self._reader, written.where, f"{at}.where")
        most = None if isinstance(written.at_most, UnsetType) else written.at_most
        least = 1 if isinstance(written.at_least, UnsetType) else written.at_least
        if most is not None and least > most:
            self._reader.fault(
                at,
                f"at_least {least} is above at_most {most}, so nobody qualifies; "
                "write `at_least: 0` as well to include those who never did it",
            )
        return (
            None if source is None else DidRule(Measure(Kind.COUNT, source, where, (), window), least, most)
        )

    def _source(self, did: str | dict[str, Any], at: str) -> Source | None:
        facts: object = {"event": did} if isinstance(did, str) else did
        written = self._reader.struct(WrittenFacts, facts, f"{at}.did")
        if written is None:
            return None
        return read_source(self._reader, written.event, written.record, written.type, f"{at}.did")
