"""One event from the request to the profile: what came in, what each step did, where it ended."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from weft.collect.plans import compile_rules
from weft.collect.trace import Ran, trace
from weft.collect.wire import event_bodies
from weft.errors import NotFound
from weft.identity.explain import browsing_reason
from weft.model.accepted import Accepted, Chunk
from weft.model.event import RefusedEvent, StoredEvent
from weft.model.identifier import Identifier, node_id
from weft.storage.duckdb_ownership import LoggedIn
from weft.web.api.event_view import LiveEvent, event_fields
from weft.web.api.naming import NamedBy, named_by
from weft.web.api.services import Services
from weft.web.times import time_text

LOG_INS_MOST = 50


class Ending(StrEnum):
    """What became of an event."""

    STORED = "stored"
    QUARANTINED = "quarantined"
    REPEATED = "repeated"  # its message_id was stored before
    WAITING = "waiting"  # accepted, not yet read


class RawLeft(StrEnum):
    """Whether the request is still there."""

    KEPT = "kept"
    IMPORTED = "imported"  # it came in a file
    TRIMMED = "trimmed"  # the log's replay window is past it


class RawView(msgspec.Struct, frozen=True):
    """The request as it was accepted, as far as it concerns this event."""

    body: Annotated[str, Meta(description="The event's bytes as text; of an unreadable request all of it.")]
    received_at: Annotated[str, Meta(description="RFC 3339.")]
    source: str
    events: Annotated[int, Meta(description="In the same request.")]
    ordinal: Annotated[int, Meta(description="Its place among them, from 0.")]
    default_type: Annotated[str, Meta(description="What the path said it is; empty for a batch.")]
    historical: Annotated[bool, Meta(description="Sent as history: its time was not corrected.")]
    user_agent: str
    ip: Annotated[str, Meta(description="Of a browser; the network part only, unless the settings differ.")]


class NormalView(LiveEvent, frozen=True, kw_only=True):
    """The event as it is stored."""

    consent: Annotated[msgspec.Raw, Meta(description="Purpose → whether granted; null: it says nothing.")]
    record_id: Annotated[str | None, Meta(description="Of a record: its key in its system.")]


class ChangeView(msgspec.Struct, frozen=True):
    """What a step did to one field."""

    field: Annotated[str, Meta(examples=["context.client"])]
    before: Annotated[Any, Meta(description="null: nothing was there.")]
    after: Annotated[Any, Meta(description="null: nothing is there any more.")]


class StepView(msgspec.Struct, frozen=True):
    """One step of the pipeline, run again now, under the settings and tracking plans of now."""

    name: Annotated[str, Meta(examples=["user agent"])]
    scope: Annotated[str, Meta(description="request (at the edge), context or event (in the tick).")]
    microseconds: Annotated[float, Meta(description="It took now; a request's step is for all its events.")]
    changes: list[ChangeView]
    reason: Annotated[str, Meta(description="Why it dropped the event; empty: it did not.")]
    detail: Annotated[str, Meta(description="What exactly was wrong.")]


class JoinedView(msgspec.Struct, frozen=True):
    """The profile that holds the event now."""

    id: UUID
    identifiers: list[NamedBy]
    traits: dict[str, Any]
    why: "OnDeviceView | None"


class OnDeviceView(msgspec.Struct, frozen=True):
    """Why what a device did alone is this person's: the log-in that says so."""

    device: NamedBy
    owner: Annotated[NamedBy, Meta(description="Who logged in.")]
    logged_in_at: Annotated[str, Meta(description="RFC 3339; after the event where it was stitched back.")]
    text: Annotated[
        str, Meta(examples=["Logged in on this device (7f2c) on 3 May 2026 10:02 UTC as user_id:42."])
    ]


class RefusedView(msgspec.Struct, frozen=True):
    """Why it is in quarantine."""

    reason: str
    detail: str
    name: Annotated[str, Meta(description="Of the event, where it could be read.")]
    replayed_at: Annotated[str | None, Meta(description="When it was sent again, RFC 3339.")]


class EventDetail(msgspec.Struct, frozen=True):
    """One event from the request to the profile."""

    position: Annotated[int, Meta(description="Its place in the log.")]
    ending: Annotated[
        Ending, Meta(description="`repeated`: its message_id was stored before; `waiting`: not read yet.")
    ]
    raw_left: Annotated[RawLeft, Meta(description="Whether the request is still in the log.")]
    raw: RawView | None
    event: NormalView | None
    steps: Annotated[list[StepView], Meta(description="In their order; empty when the request is gone.")]
    profile: JoinedView | None
    refused: RefusedView | None


def detail_of(services: Services, position: int) -> EventDetail:
    """Gather everything about the event at a position. Raises NotFound when the log never had it."""
    backlog = services.log.backlog()
    if position > backlog.head:
        raise NotFound(f"The log ends at position {backlog.head}.")
    stored = services.events.at(position)
    refused = services.events.refused_at(position) if stored is None else None
    left, accepted, ordinal = _request(services, position)
    return EventDetail(
        position,
        _ending(stored, refused, is_read=position <= backlog.consumed),
        left,
        None if accepted is None else _raw(accepted, ordinal),
        None if stored is None else _normal(stored),
        [] if accepted is None else _steps(services, accepted, ordinal, position),
        None if stored is None else _joined(services, stored),
        None if refused is None else _refused(refused),
    )


def _request(services: Services, position: int) -> tuple[RawLeft, Accepted | None, int]:
    """Return the request that holds a position, and the event's place in it."""
    entry = next(iter(services.log.read(position - 1, 1)), None)
    if entry is None or entry.first > position:
        return RawLeft.TRIMMED, None, 0
    if isinstance(entry.content, Chunk):
        return RawLeft.IMPORTED, None, 0
    first = entry.first
    for accepted in entry.content:
        if position < first + accepted.count:
            return RawLeft.KEPT, accepted, position - first
        first += accepted.count
    return RawLeft.TRIMMED, None, 0


def _ending(stored: StoredEvent | None, refused: RefusedEvent | None, *, is_read: bool) -> Ending:
    if stored is not None:
        return Ending.STORED
    if refused is not None:
        return Ending.QUARANTINED
    return Ending.REPEATED if is_read else Ending.WAITING


def _raw(accepted: Accepted, ordinal: int) -> RawView:
    bodies = event_bodies(accepted.body, single=bool(accepted.default_type))
    body = bodies[ordinal] if ordinal < len(bodies) else accepted.body
    return RawView(
        body.decode("utf-8", "backslashreplace"),
        time_text(accepted.received_at_us),
        accepted.source,
        accepted.count,
        ordinal,
        accepted.default_type,
        accepted.historical,
        accepted.user_agent,
        accepted.ip,
    )


def _normal(event: StoredEvent) -> NormalView:
    return NormalView(
        identifiers=named_by(event.identifiers),
        consent=msgspec.Raw((event.consent or "null").encode()),
        record_id=event.record_id,
        **event_fields(event),
    )


def _steps(services: Services, accepted: Accepted, ordinal: int, position: int) -> list[StepView]:
    rules = compile_rules(services.settings.collect, services.definitions)
    return [_step(each) for each in trace(accepted, ordinal, position, rules)]


def _step(ran: Ran) -> StepView:
    return StepView(
        ran.name,
        ran.scope.value,
        ran.microseconds,
        [ChangeView(each.field, each.before, each.after) for each in ran.changes],
        "" if ran.dropped is None else ran.dropped.reason.value,
        "" if ran.dropped is None else ran.dropped.detail,
    )


def _joined(services: Services, stored: StoredEvent) -> JoinedView | None:
    """Return who holds the event's node; None while the projection has not come so far, or if nobody does."""
    holder = services.ownership.holder(stored.position)
    profile = None if holder is None or holder.profile is None else services.profiles.get(holder.profile)
    if profile is None:
        return None
    why = _why(services, stored)
    return JoinedView(profile.profile_id, named_by(profile.identifiers), profile.traits, why)


def _why(services: Services, stored: StoredEvent) -> OnDeviceView | None:
    """Return the log-in by which an event that only devices name is somebody's; None for any other event."""
    devices, first = services.rules.devices, stored.identifiers[0]
    if any(each.namespace not in devices for each in stored.identifiers):
        return None
    node, at_us = node_id(services.node_key, first), stored.occurred_us
    found = services.ownership.log_in(node, at_us) or _only_log_in(services, node, first, at_us)
    if found is None:
        return None
    text = browsing_reason(first, found.owner, found.at_us, at_us)
    device, owner = named_by((first, found.owner))
    return OnDeviceView(device, owner, time_text(found.at_us), text)


def _only_log_in(services: Services, node: UUID, device: Identifier, at_us: int) -> LoggedIn | None:
    """Return the last log-in before a moment, else the first after it, on a device that one person uses."""
    links, _ = services.evidence.links_of([node], services.clock(), LOG_INS_MOST)
    log_ins = sorted(
        (each.at_us, link.right if link.left == device else link.left)
        for link in links
        for each in link.history
        if each.kind == "login" and each.retracts is None
    )
    before = [each for each in log_ins if each[0] <= at_us]
    found = before[-1] if before else next(iter(log_ins), None)
    return None if found is None else LoggedIn(found[1], found[0])


def _refused(refused: RefusedEvent) -> RefusedView:
    replayed = None if refused.replayed_us is None else time_text(refused.replayed_us)
    return RefusedView(refused.reason, refused.detail, refused.name, replayed)
