"""Destinations, what is on its way to them, and what came back."""

import os
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from weft.definitions import version_of
from weft.errors import Rejected
from weft.model.access import Scope
from weft.model.delivery import Denial, ItemState, OutboxEntry
from weft.storage.database import transaction
from weft.storage.database_delivery import counts, list_attempts, list_denials, list_items
from weft.storage.database_outbox import replay_dead, settle_doubt
from weft.web.api.access import needs
from weft.web.api.describe import LIMIT_DEFAULT, Provided, failures
from weft.web.definition_edit import ENV_SUFFIX
from weft.web.times import time_text

Limit = Annotated[int, QueryParameter(description="Most items to return.", ge=1, le=500)]
To = Annotated[str | None, QueryParameter(description="Only of this destination.")]
Of = Annotated[UUID | None, QueryParameter(description="Only of this profile.")]


class DestinationView(msgspec.Struct, frozen=True):
    """A destination as it is defined, and how it fares."""

    name: Annotated[str, Meta(examples=["crm"])]
    definition: Annotated[
        dict[str, Any], Meta(description="As it was written; it names secrets, it holds none.")
    ]
    version: Annotated[str, Meta(description="Tells one state of the definition from another.")]
    enabled: Annotated[bool, Meta(description="false: nothing is sent, and nothing is put aside for it.")]
    secrets: Annotated[
        dict[str, bool],
        Meta(description="Environment variable → whether this engine has it; its value is never shown."),
    ]
    items: Annotated[
        dict[str, int], Meta(description="State → number of items.", examples=[{"delivered": 7}])
    ]
    lane: Annotated[
        dict[str, Any], Meta(description="The running lane: breaker, rate; empty when none runs.")
    ]


class DeliveryView(msgspec.Struct, frozen=True):
    """One act on its way out, without its content."""

    key: UUID
    destination: str
    kind: Annotated[str, Meta(examples=["audience.entered"])]
    profile_id: UUID
    state: ItemState
    attempts: int
    purpose: str
    channel: str
    evidence: Annotated[str, Meta(description="The consent it rests on.")]
    enqueued_at: str
    due_at: str | None
    settled_at: str | None
    error: str


class AttemptView(msgspec.Struct, frozen=True):
    """One try."""

    number: int
    outcome: str
    status: Annotated[int, Meta(description="The destination's own code, 0 if none.")]
    error: str
    at: str
    latency_ms: float


class DenialView(msgspec.Struct, frozen=True):
    """An act that the gate refused."""

    key: UUID
    stage: Annotated[str, Meta(description="`enqueue` or `send`.")]
    destination: str
    kind: str
    profile_id: UUID
    purpose: str
    channel: str
    reason: Annotated[str, Meta(examples=["no_default"])]
    detail: str
    at: str


class ReplayDead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which dead letters to try again: all of a destination, or these."""

    destination: str | None = None
    keys: list[UUID] = []


class Revived(msgspec.Struct, frozen=True):
    """How many dead letters wait to be sent again."""

    items: int


class SettleDoubts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody found out about deliveries in doubt."""

    keys: Annotated[list[UUID], Meta(min_length=1, max_length=500)]
    delivered: Annotated[
        bool, Meta(description="false: each becomes a dead letter, which can be sent again.")
    ]


class Settled(msgspec.Struct, frozen=True):
    """How many doubts ended; what was not in doubt does not count."""

    items: int


@get("/destinations", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=True)
def list_destinations(services: Provided) -> list[DestinationView]:
    """List the destinations with their counts and their health."""
    with services.database.connect().execution_options(read_only=True) as connection:
        items = counts(connection)
    lanes = services.lanes()
    return [
        DestinationView(
            each.name,
            each.body,
            version_of(each.body),
            each.body.get("enabled", True) is not False,
            _secrets(each.body),
            {state.value: number for state, number in items.get(each.name, {}).items()},
            dict(lanes.get(each.name, {})),
        )
        for each in services.definitions
        if each.kind == "destinations"
    ]


@get("/deliveries", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=True)
def list_deliveries(
    services: Provided,
    destination: To = None,
    in_state: Annotated[
        ItemState | None, QueryParameter(name="state", description="Only in this state.")
    ] = None,
    profile: Of = None,
    after: Annotated[
        UUID | None,
        QueryParameter(description="Only behind this item: the last of the page before."),
    ] = None,
    limit: Limit = LIMIT_DEFAULT,
) -> list[DeliveryView]:
    """List acts on their way out, the last enqueued first."""
    with services.database.connect().execution_options(read_only=True) as connection:
        found = list_items(
            connection,
            destination=destination,
            state=in_state,
            profiles=_one(profile),
            after=after,
            limit=limit,
        )
    return [delivery_view(each) for each in found]


@get("/deliveries/{key:uuid}/attempts", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=True)
def list_delivery_attempts(services: Provided, key: FromPath[UUID]) -> list[AttemptView]:
    """List the tries of one act, oldest first."""
    with services.database.connect().execution_options(read_only=True) as connection:
        found = list_attempts(connection, key)
    return [
        AttemptView(a.number, a.outcome, a.status, a.error, time_text(a.at_us), a.latency_ms) for a in found
    ]


@post(
    "/deliveries/replay",
    guards=[needs(Scope.WRITE)],
    responses=failures(400, 404),
    status_code=200,
    sync_to_thread=True,
)
def replay_deliveries(services: Provided, data: JSONBody[ReplayDead]) -> Revived:
    """Give dead letters all their attempts again. The gate looks at each of them once more before it is sent."""
    if data.destination is None and not data.keys:
        raise Rejected("Name a destination, or the keys of dead letters.")
    with transaction(services.database) as connection:
        items = replay_dead(connection, services.clock(), destination=data.destination, keys=data.keys)
    return Revived(items)


@post(
    "/deliveries/settle",
    guards=[needs(Scope.WRITE)],
    responses=failures(400),
    status_code=200,
    sync_to_thread=True,
)
def settle_deliveries(services: Provided, data: JSONBody[SettleDoubts]) -> Settled:
    """End doubts by what somebody found out at the destination. Nothing is sent by this."""
    with transaction(services.database) as connection:
        return Settled(settle_doubt(connection, data.keys, services.clock(), delivered=data.delivered))


@get("/denials", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=True)
def list_denied(
    services: Provided, destination: To = None, profile: Of = None, limit: Limit = LIMIT_DEFAULT
) -> list[DenialView]:
    """List what the gate refused, newest first."""
    with services.database.connect().execution_options(read_only=True) as connection:
        found = list_denials(connection, destination=destination, profiles=_one(profile), limit=limit)
    return [denial_view(each) for each in found]


def _secrets(body: Mapping[str, Any]) -> dict[str, bool]:
    names = [value for key, value in body.items() if key.endswith(ENV_SUFFIX) and isinstance(value, str)]
    return {name: name in os.environ for name in names}


def _one(profile: UUID | None) -> list[UUID] | None:
    return None if profile is None else [profile]


def delivery_view(entry: OutboxEntry) -> DeliveryView:
    """Return an item of the outbox as the API shows it."""
    return DeliveryView(
        entry.key,
        entry.destination,
        entry.kind,
        entry.profile_id,
        entry.state,
        entry.attempts,
        entry.purpose,
        entry.channel,
        entry.evidence,
        time_text(entry.enqueued_us),
        None if entry.due_us is None else time_text(entry.due_us),
        None if entry.settled_us is None else time_text(entry.settled_us),
        entry.error,
    )


def denial_view(denial: Denial) -> DenialView:
    """Return a refusal as the API shows it."""
    return DenialView(
        denial.key,
        denial.stage,
        denial.destination,
        denial.kind,
        denial.profile_id,
        denial.purpose,
        denial.channel,
        denial.reason,
        denial.detail,
        time_text(denial.at_us),
    )


router = Router(
    "/",
    route_handlers=[
        list_destinations,
        list_deliveries,
        list_delivery_attempts,
        replay_deliveries,
        settle_deliveries,
        list_denied,
    ],
    tags=["destinations"],
)
