"""Tracking plans: which events a source may send, and the JSON Schema of each event's properties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Struct

from weft.collect.drafts import Rules
from weft.config import CollectSettings
from weft.definitions import Definition
from weft.errors import Misconfigured
from weft.language.strict import Problem
from weft.model.reason import Dropped, Reason

if TYPE_CHECKING:  # without plans, a start does without
    from jsonschema import Draft202012Validator, ValidationError

SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"
STRIP_ROUNDS = 3
TRIAL_EXAMPLES = 3


_CLOSED = ("additionalProperties", "unevaluatedProperties")


class PlannedEvent(Struct, frozen=True, forbid_unknown_fields=True):
    """One event of a plan. schema: a JSON Schema (draft 2020-12) for its properties."""

    schema: dict[str, Any] = {}
    description: str = ""


class PlanDefinition(Struct, frozen=True, forbid_unknown_fields=True):
    """A tracking plan as it is written in `definitions/plans/`.

    mode: what happens to an event against the plan: observe counts it, quarantine refuses it, strip removes the
    properties at fault. unplanned: what happens to an event that the plan does not name. sources: absent means all.
    """

    name: str
    mode: Literal["observe", "quarantine", "strip"] = "observe"
    events: dict[str, PlannedEvent] = {}
    unplanned: Literal["allow", "quarantine"] = "allow"
    sources: tuple[str, ...] = ()
    description: str = ""


class Checked(Struct, frozen=True):
    """What a plan made of an event: its properties (some may be gone), and whether it was against the plan."""

    properties: Mapping[str, Any]
    violated: bool = False


class Plan(Struct, frozen=True):
    """A plan that is ready to check events."""

    name: str
    mode: str
    unplanned: str
    sources: frozenset[str]
    validators: dict[str, Draft202012Validator]

    def check(self, event: str, properties: Mapping[str, Any]) -> Checked | Dropped:
        """Hold one event against the plan."""
        validator = self.validators.get(event)
        if validator is None:
            if self.unplanned == "quarantine":
                return Dropped(Reason.UNPLANNED_EVENT, f"the plan `{self.name}` does not name this event")
            return Checked(properties)
        if validator.is_valid(properties):
            return Checked(properties)
        if self.mode == "quarantine":
            return Dropped(Reason.AGAINST_PLAN, f"{self.name}: {_first_fault(validator, properties)}")
        if self.mode == "strip":
            return Checked(_stripped(validator, properties), violated=True)
        return Checked(properties, violated=True)


class Fault(Struct, frozen=True):
    """One way in which events break a plan. rule: the keyword of the schema. examples: keys of the first of them."""

    path: str
    rule: str
    events: int
    examples: tuple[int, ...]


class Trial(Struct, frozen=True):
    """What a plan would do to events: numbers, and every fault, the most frequent first."""

    quarantined: int
    stripped: int
    observed: int
    faults: tuple[Fault, ...]


def try_plan(definition: PlanDefinition, event: str, properties: Mapping[int, Mapping[str, Any]]) -> Trial:
    """Hold events of one name against a plan. properties: of each event, by a key of the caller's.

    Raises Misconfigured for a plan that has faults itself.
    """
    plan = compile_plan(definition)
    validator = plan.validators.get(event)
    guilty: dict[tuple[str, str], list[int]] = {}
    quarantined = stripped = observed = 0
    for key, held in properties.items():
        match plan.check(event, held):
            case Dropped():
                quarantined += 1
            case Checked(properties=left, violated=True):
                stripped, observed = (stripped + 1, observed) if left != held else (stripped, observed + 1)
            case Checked():
                continue
        faults = {("$", "unplanned")} if validator is None else set(_faults(validator, held))
        for fault in faults:
            guilty.setdefault(fault, []).append(key)
    counted = sorted(guilty.items(), key=lambda item: (-len(item[1]), item[0]))
    found = tuple(Fault(*fault, len(keys), tuple(keys[:TRIAL_EXAMPLES])) for fault, keys in counted)
    return Trial(quarantined, stripped, observed, found)


def compile_plan(definition: PlanDefinition) -> Plan:
    """Make a plan ready. Raises Misconfigured for a schema that is none."""
    from jsonschema import SchemaError

    try:
        return _compile(definition)
    except SchemaError as error:
        raise Misconfigured(
            f"no valid JSON Schema: {error.message} at {error.json_path}", code="bad_definition"
        ) from error


def compile_rules(settings: CollectSettings, definitions: Sequence[Definition]) -> Rules:
    """Build the rules of the pipeline. Raises Misconfigured with the faults of all plans at once."""
    plans, problems = read_plans(definitions)
    if problems:
        raise Misconfigured("\n".join(map(str, problems)), code="bad_definition")
    return Rules(settings, plans)


def read_plans(definitions: Sequence[Definition]) -> tuple[tuple[Plan, ...], tuple[Problem, ...]]:
    """Make the plans among the definitions ready; return those without a fault, and every fault."""
    problems: list[Problem] = []
    plans: list[Plan] = []
    for definition in definitions:
        if definition.kind != "plans":
            continue
        try:
            plans.append(compile_plan(msgspec.convert(definition.body, PlanDefinition)))
        except (msgspec.ValidationError, Misconfigured) as error:
            problems.append(Problem(definition.path, definition.name, str(error)))
    return tuple(plans), tuple(problems)


def plan_schema() -> dict[str, Any]:
    """Return the JSON Schema of a plan file, for editors and for the docs."""
    return {"$schema": SCHEMA_ID, "title": "Weft tracking plan", **msgspec.json.schema(PlanDefinition)}


def _compile(plan: PlanDefinition) -> Plan:
    from jsonschema import Draft202012Validator

    validators: dict[str, Draft202012Validator] = {}
    for name, planned in plan.events.items():
        Draft202012Validator.check_schema(planned.schema)
        validators[name] = Draft202012Validator(planned.schema)
    return Plan(plan.name, plan.mode, plan.unplanned, frozenset(plan.sources), validators)


def _first_fault(validator: Draft202012Validator, properties: Mapping[str, Any]) -> str:
    """Name the path and the rule, never the value: it may be personal."""
    error = next(iter(validator.iter_errors(properties)))
    return f"{error.json_path} breaks `{error.validator}`"


def _faults(validator: Draft202012Validator, properties: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the path and the rule of each fault; a missing or unexpected property is named itself."""
    for error in validator.iter_errors(properties):
        names: Any = ()
        if error.validator == "required" and isinstance(error.instance, dict):
            names = [name for name in error.validator_value if name not in error.instance]
        elif error.validator in _CLOSED and not error.absolute_path:
            names = _guilty(error, properties)
        for path in [f"{error.json_path}.{name}" for name in names] or [error.json_path]:
            yield path, str(error.validator)


def _stripped(validator: Draft202012Validator, properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """Remove the properties at fault; what removing cannot mend (a required one is missing) stays observed."""
    kept = dict(properties)
    for _ in range(STRIP_ROUNDS):
        guilty = {name for error in validator.iter_errors(kept) for name in _guilty(error, kept)}
        if not guilty:
            break
        for name in guilty:
            kept.pop(name, None)
    return kept


def _guilty(error: ValidationError, properties: Mapping[str, Any]) -> Sequence[str]:
    if error.absolute_path:
        return [str(error.absolute_path[0])]
    if error.validator in _CLOSED and isinstance(error.schema, dict):
        planned: Any = error.schema.get("properties", {})
        return [name for name in properties if name not in planned]
    return []
