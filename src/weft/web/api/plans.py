"""Tracking plans: read, changed, deleted, and tried on events that came already."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from litestar import Router, delete, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from weft.collect.plans import PlanDefinition, PlannedEvent, Trial, try_plan
from weft.definitions import Definition, version_of
from weft.errors import Misconfigured, NotFound, Rejected
from weft.model.access import Scope
from weft.web.api.access import needs
from weft.web.api.describe import By, Provided, failures
from weft.web.definition_edit import SavedView, put_definition, remove_definition
from weft.web.times import time_text

KIND = "plans"
LAST_MAX = 10_000

Check = Annotated[bool, QueryParameter(description="Only say whether it could be saved; write nothing.")]
Version = Annotated[
    str | None, QueryParameter(description="`version` as you saw it: refused if it has changed since.")
]


class PlanInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tracking plan as it is written, without its name."""

    mode: Annotated[
        Literal["observe", "quarantine", "strip"],
        Meta(description="An event against the plan is counted, refused, or loses the properties at fault."),
    ] = "observe"
    events: Annotated[
        dict[str, PlannedEvent],
        Meta(description="Event name → JSON Schema (draft 2020-12) of its properties, and a description."),
    ] = {}
    unplanned: Annotated[
        Literal["allow", "quarantine"],
        Meta(description="What becomes of events that the plan does not name."),
    ] = "allow"
    sources: Annotated[list[str], Meta(description="The sources it is for; empty: all.")] = []
    description: str = ""


class PlanView(msgspec.Struct, frozen=True):
    """A tracking plan in force."""

    name: Annotated[str, Meta(examples=["shop"])]
    description: str
    definition: Annotated[dict[str, Any], Meta(description="The content of its file.")]
    version: Annotated[str, Meta(description="Tells one state of it from another.")]
    events: Annotated[list[str], Meta(description="The events that it names.")]


class PlanTrial(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A plan to be tried on the newest events of one name."""

    plan: PlanInput
    event: Annotated[str, Meta(min_length=1, max_length=500, examples=["Order Completed"])]
    last: Annotated[int, Meta(description="How many events.", ge=1, le=LAST_MAX)] = 1_000


class FaultExample(msgspec.Struct, frozen=True):
    """One event with a fault."""

    position: Annotated[int, Meta(description="Its place in the log.")]
    message_id: str
    occurred_at: Annotated[str, Meta(description="RFC 3339.")]
    properties: Annotated[msgspec.Raw, Meta(description="As sent.")]


class FaultView(msgspec.Struct, frozen=True):
    """One way in which events break the plan."""

    path: Annotated[str, Meta(description="Of the property.", examples=["$.revenue"])]
    rule: Annotated[str, Meta(description="The keyword of the JSON Schema.", examples=["type"])]
    events: Annotated[int, Meta(description="How many have it.")]
    examples: Annotated[list[FaultExample], Meta(description="The newest of them.")]


class TrialView(msgspec.Struct, frozen=True):
    """What the plan would have done to events that were accepted, with every fault, the most frequent first."""

    event: str
    checked: int
    passed: int
    quarantined: int
    stripped: Annotated[int, Meta(description="How many would lose properties.")]
    observed: Annotated[int, Meta(description="How many would only be counted as against the plan.")]
    oldest_at: Annotated[str | None, Meta(description="When the oldest of them occurred; null without any.")]
    faults: list[FaultView]


@get("/plans", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=False)
def list_plans(services: Provided) -> list[PlanView]:
    """List the tracking plans."""
    return [_view(each) for each in services.definitions if each.kind == KIND]


@get("/plans/{name:str}", guards=[needs(Scope.READ)], responses=failures(404), sync_to_thread=False)
def show_plan(services: Provided, name: FromPath[str]) -> PlanView:
    """Show a tracking plan."""
    found = [each for each in services.definitions if each.kind == KIND and each.name == name]
    if not found:
        raise NotFound(f"There is no tracking plan `{name}`.")
    return _view(found[0])


@put("/plans/{name:str}", guards=[needs(Scope.WRITE)], responses=failures(400), sync_to_thread=True)
def put_plan(
    services: Provided,
    author: By,
    name: FromPath[str],
    data: JSONBody[PlanInput],
    check: Check = False,
    version: Version = None,
) -> SavedView:
    """Make a tracking plan, or replace one. It is written to its file under `definitions/plans/`."""
    return put_definition(services, KIND, name, _body(name, data), author, version=version, check=check)


@delete(
    "/plans/{name:str}",
    guards=[needs(Scope.WRITE)],
    responses=failures(400, 404),
    status_code=200,
    sync_to_thread=True,
)
def delete_plan(services: Provided, author: By, name: FromPath[str]) -> SavedView:
    """Delete a tracking plan and its file."""
    return remove_definition(services, KIND, name, author)


@post(
    "/plans/dry-run",
    guards=[needs(Scope.PROFILES)],
    responses=failures(400),
    status_code=200,
    sync_to_thread=True,
)
def dry_run_plan(services: Provided, data: JSONBody[PlanTrial]) -> TrialView:
    """Hold the newest accepted events of a name against a plan, saved or not. Nothing is changed."""
    events = services.facts.named(data.event, data.last)
    by_position = {each.position: each for each in events}
    properties: Mapping[int, Any] = {
        each.position: msgspec.json.decode(each.properties or "{}") for each in events
    }
    definition = msgspec.convert(_body("tried", data.plan), PlanDefinition)
    try:
        trial = try_plan(definition, data.event, properties)
    except Misconfigured as error:
        raise Rejected(str(error), code=error.code) from error
    faults = [
        FaultView(
            fault.path,
            fault.rule,
            fault.events,
            [
                FaultExample(
                    position,
                    by_position[position].message_id,
                    time_text(by_position[position].occurred_us),
                    msgspec.Raw(by_position[position].properties.encode() or b"{}"),
                )
                for position in fault.examples
            ],
        )
        for fault in trial.faults
    ]
    oldest = min((each.occurred_us for each in events), default=None)
    return _trial_view(data.event, len(events), trial, None if oldest is None else time_text(oldest), faults)


def _trial_view(
    event: str, checked: int, trial: Trial, oldest_at: str | None, faults: list[FaultView]
) -> TrialView:
    passed = checked - trial.quarantined - trial.stripped - trial.observed
    return TrialView(
        event, checked, passed, trial.quarantined, trial.stripped, trial.observed, oldest_at, faults
    )


def _view(each: Definition) -> PlanView:
    events: Any = each.body.get("events", {})
    description = str(each.body.get("description", ""))
    return PlanView(each.name, description, each.body, version_of(each.body), sorted(events))


def _body(name: str, data: PlanInput) -> dict[str, Any]:
    """Return a plan as its file holds it: what is as usual is not written."""
    body: dict[str, Any] = {"name": name}
    if data.description:
        body["description"] = data.description
    body["mode"] = data.mode
    if data.unplanned != "allow":
        body["unplanned"] = data.unplanned
    if data.sources:
        body["sources"] = list(data.sources)
    body["events"] = {
        event: ({"description": planned.description} if planned.description else {})
        | {"schema": planned.schema}
        for event, planned in data.events.items()
    }
    return body


router = Router(
    "/", route_handlers=[list_plans, show_plan, put_plan, delete_plan, dry_run_plan], tags=["plans"]
)
