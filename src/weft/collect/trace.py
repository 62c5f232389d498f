"""One event of the log taken through the pipeline again, to show what each step did to it and how long it took."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from weft.collect.drafts import ContextDraft, EventDraft, Intake, Rules
from weft.collect.normalise import unfold_request
from weft.collect.pipeline import CONTEXT_STEPS, EVENT_STEPS, REQUEST_STEPS, Scope, Step
from weft.collect.quarantine import Refused
from weft.model.accepted import Accepted
from weft.model.reason import Dropped

CHECK = "check"
"""The edge's step that refuses single events of a request; the log has kept what it said."""


class Change(msgspec.Struct, frozen=True):
    """What a step did to one field; None where there was or is nothing."""

    field: str
    before: Any
    after: Any


class Ran(msgspec.Struct, frozen=True):
    """One step: where it runs, its time, what it changed, and why the event went no further, if it did not."""

    name: str
    scope: Scope
    microseconds: float
    changes: tuple[Change, ...] = ()
    dropped: Dropped | None = None


class _Known(msgspec.Struct, frozen=True):
    """Knows the write key of a request whose source is known already."""

    source: str

    def source_of(self, write_key: str) -> str | None:
        """Return the source."""
        return self.source


def trace(accepted: Accepted, ordinal: int, position: int, rules: Rules) -> tuple[Ran, ...]:
    """Run the steps for one event of a request until one drops it. position: of the event.

    The rules are those of now. The time of a request's step is for all of its events.
    """
    ran, intake = _request_steps(accepted, ordinal, rules)
    if ran[-1].dropped is not None or intake is None:
        return tuple(ran)
    drafts: list[EventDraft] = []
    refused: list[Refused] = []
    unfold_request(accepted, position - ordinal, rules, drafts, {}, refused)
    draft = next((each for each in drafts if each.ordinal == ordinal), None)
    if draft is None:
        verdict = next((each.verdict for each in refused if each.ordinal == ordinal), None)
        return (*ran[:-1], msgspec.structs.replace(ran[-1], dropped=verdict))
    ran += _run(CONTEXT_STEPS, draft.context, rules, _context_fields)
    if draft.context.dropped is None:
        ran += _run(EVENT_STEPS, draft, rules, _event_fields)
    return tuple(ran)


def _request_steps(accepted: Accepted, ordinal: int, rules: Rules) -> tuple[list[Ran], Intake | None]:
    ran: list[Ran] = []
    intake = Intake(accepted.body, _Known(accepted.source), "known", accepted.default_type)
    refusal = next((each for each in accepted.refused if each.ordinal == ordinal), None)
    for step in REQUEST_STEPS:
        started = time.perf_counter()
        verdict = step.run(intake, rules)
        took = (time.perf_counter() - started) * 1_000_000
        if step.name == CHECK and refusal is not None:
            verdict = Dropped(refusal.reason, refusal.detail)
        source = (Change("source", None, intake.source),) if step.name == "authenticate" else ()
        ran.append(Ran(step.name, step.scope, round(took, 1), source, verdict))
        if verdict is not None:
            return ran, None
    return ran, intake


def _run(steps: Sequence[Step[Any]], draft: Any, rules: Rules, fields: Any) -> list[Ran]:
    ran: list[Ran] = []
    before: dict[str, Any] = fields(draft)
    for step in steps:
        started = time.perf_counter()
        verdict = step.run(draft, rules)
        took = (time.perf_counter() - started) * 1_000_000
        after: dict[str, Any] = fields(draft)
        ran.append(Ran(step.name, step.scope, round(took, 1), tuple(_changes(before, after)), verdict))
        if verdict is not None:
            draft.dropped = verdict
            break
        before = after
    return ran


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    names = dict.fromkeys((*before, *after))
    return [
        Change(name, before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    ]


def _context_fields(draft: ContextDraft) -> dict[str, Any]:
    """Return copies: the steps change the context in place."""
    data: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(draft.data))
    fields: dict[str, Any] = {f"context.{name}": value for name, value in data.items()}
    if draft.identifiers:
        fields["context identifiers"] = msgspec.to_builtins(draft.identifiers)
    if draft.consent is not None:
        fields["consent"] = msgspec.json.decode(draft.consent)
    return fields


def _event_fields(draft: EventDraft) -> dict[str, Any]:
    fields = {
        "type": draft.type,
        "name": draft.name,
        "occurred_us": draft.occurred_us,
        "identifiers": [f"{each.namespace}:{each.value}" for each in draft.identifiers],
        "properties": msgspec.json.decode(msgspec.json.encode(draft.properties)),
        "message_id": draft.message_id,
        "violations": [f"{plan}: {name}" for plan, name in draft.violations],
    }
    return {name: value for name, value in fields.items() if value}
