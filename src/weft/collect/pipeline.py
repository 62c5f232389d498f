"""The order of the steps from a request to a staged event, in one list; timing and counting in one place.

REQUEST steps run in the edge, before the answer. CONTEXT and EVENT steps run in the tick, in bulk: a context that many
events share is worked on once. A step changes the draft it is given and returns None, or says why it is dropped.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, Generic, TypeVar

from msgspec import Struct

from weft.collect import context, event, request
from weft.collect.drafts import ContextDraft, EventDraft, Intake, Rules
from weft.model.reason import Dropped, Reason

Draft = TypeVar("Draft", Intake, ContextDraft, EventDraft)
TickDraft = TypeVar("TickDraft", ContextDraft, EventDraft)


class Scope(StrEnum):
    """What a step works on, and so where it runs."""

    REQUEST = "request"
    CONTEXT = "context"
    EVENT = "event"


class Step(Struct, Generic[Draft], frozen=True):
    """One named step."""

    name: str
    scope: Scope
    run: Callable[[Draft, Rules], Dropped | None]


STEPS: tuple[Step[Any], ...] = (
    Step("decode", Scope.REQUEST, request.decode),
    Step("limits", Scope.REQUEST, request.limits),
    Step("authenticate", Scope.REQUEST, request.authenticate),
    Step("check", Scope.REQUEST, request.check),
    Step("merge context", Scope.CONTEXT, context.merge),
    Step("sender", Scope.CONTEXT, context.sender),
    Step("user agent", Scope.CONTEXT, context.user_agent),
    Step("bots", Scope.CONTEXT, context.bots),
    Step("campaign parameters", Scope.CONTEXT, context.campaign),
    Step("truncate IP", Scope.CONTEXT, context.truncate_ip),
    Step("consent", Scope.CONTEXT, context.consent),
    Step("type and name", Scope.EVENT, event.type_and_name),
    Step("correct clock", Scope.EVENT, event.correct_clock),
    Step("identifiers", Scope.EVENT, event.identifiers),
    Step("message id", Scope.EVENT, event.message_id),
    Step("tracking plan", Scope.EVENT, event.tracking_plan),
)
REQUEST_STEPS = tuple(step for step in STEPS if step.scope is Scope.REQUEST)
CONTEXT_STEPS = tuple(step for step in STEPS if step.scope is Scope.CONTEXT)
EVENT_STEPS = tuple(step for step in STEPS if step.scope is Scope.EVENT)
SAMPLE_REQUESTS = 16

_REQUEST_RUNS: tuple[Callable[[Intake, Rules], Dropped | None], ...] = tuple(
    step.run for step in REQUEST_STEPS
)


class Meter:
    """What went in, what was dropped and why, violations of plans, and the seconds of each step."""

    def __init__(self) -> None:
        self.requests = 0
        self.events = 0
        self.dropped: Counter[Reason] = Counter()
        self.violations: Counter[tuple[str, str]] = Counter()
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def add(self, other: "Meter") -> None:
        """Add another meter's figures to this one."""
        self.requests += other.requests
        self.events += other.events
        self.dropped.update(other.dropped)
        self.violations.update(other.violations)
        for name, seconds in other.seconds.items():
            self.seconds[name] += seconds


def run_request(intake: Intake, rules: Rules, meter: Meter) -> Dropped | None:
    """Take one request through the edge's steps. Every sixteenth is timed, and stands for the others."""
    meter.requests += 1
    run = _run_timed if not meter.requests % SAMPLE_REQUESTS else _run_untimed
    verdict = run(intake, rules, meter)
    if verdict is not None:
        meter.events += 1
        meter.dropped[verdict.reason] += 1
        return verdict
    meter.events += len(intake.events)
    for refusal in intake.refused:
        meter.dropped[refusal.reason] += 1
    return None


def _run_untimed(intake: Intake, rules: Rules, _meter: Meter) -> Dropped | None:
    for run in _REQUEST_RUNS:
        verdict = run(intake, rules)
        if verdict is not None:
            return verdict
    return None


def _run_timed(intake: Intake, rules: Rules, meter: Meter) -> Dropped | None:
    for step in REQUEST_STEPS:
        started = time.perf_counter()
        verdict = step.run(intake, rules)
        meter.seconds[step.name] += (time.perf_counter() - started) * SAMPLE_REQUESTS
        if verdict is not None:
            return verdict
    return None


def run_all(
    steps: Sequence[Step[TickDraft]], drafts: Sequence[TickDraft], rules: Rules, meter: Meter
) -> Sequence[TickDraft]:
    """Take many drafts through the steps; a dropped one keeps its verdict and goes no further. Return the others."""
    going: Sequence[TickDraft] = drafts
    for step in steps:
        started = time.perf_counter()
        run = step.run
        kept: list[TickDraft] = []
        keep = kept.append
        for draft in going:
            verdict = run(draft, rules)
            if verdict is None:
                keep(draft)
            else:
                draft.dropped = verdict
        going = kept
        meter.seconds[step.name] += time.perf_counter() - started
    return going
