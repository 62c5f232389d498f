"""What a person said about each purpose, and on which channels they must not be reached."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, delete, get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from weft.model.access import Scope
from weft.model.consent import ALL_CHANNELS, ConsentRecord
from weft.model.identifier import node_id
from weft.model.signal import Cause
from weft.storage.database import transaction
from weft.storage.database_consent import list_consents, read_evidence, record_consent, suppress, unsuppress
from weft.storage.database_outside import look_again
from weft.web.api.access import needs
from weft.web.api.describe import Provided, failures
from weft.web.api.profiles import Name
from weft.web.api.services import Services, profile_by_name
from weft.web.times import time_text

SOURCE = "api"


class ConsentView(msgspec.Struct, frozen=True):
    """One yes or no."""

    purpose: Annotated[str, Meta(examples=["marketing"])]
    granted: bool
    at: Annotated[str, Meta(description="When it was said, RFC 3339.")]
    source: str
    message_id: Annotated[str, Meta(description="The event, request or import line that proves it.")]


class SuppressionView(msgspec.Struct, frozen=True):
    """A channel on which this person must not be reached."""

    channel: Annotated[str, Meta(description="`*`: every channel.", examples=["email"])]
    reason: str
    at: str


class ConsentsView(msgspec.Struct, frozen=True):
    """All that was ever said, oldest first, and the suppressions in force."""

    records: list[ConsentView]
    suppressions: list[SuppressionView]


class NewConsent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A yes or no to be recorded. proof: names what proves it; the same proof again changes nothing."""

    purpose: Annotated[str, Meta(min_length=1, max_length=100, examples=["marketing"])]
    granted: bool
    proof: Annotated[str, Meta(min_length=1, max_length=200, examples=["form-2026-01-31-0001"])]


class NewSuppression(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A suppression to be made."""

    reason: Annotated[str, Meta(min_length=1, max_length=200, examples=["complaint"])]
    channel: Annotated[str, Meta(description="`*`: every channel.", min_length=1)] = ALL_CHANNELS


@get("/consent/{name:str}", guards=[needs(Scope.PROFILES)], responses=failures(400, 404), sync_to_thread=True)
def show_consent(services: Provided, name: Name) -> ConsentsView:
    """Show what a person said, and where they must not be reached."""
    return _shown(services, name)


def _shown(services: Services, name: str) -> ConsentsView:
    nodes = _nodes(services, name)
    with services.database.connect().execution_options(read_only=True) as connection:
        records = list_consents(connection, nodes)
        held = read_evidence(connection, nodes).suppressions
    shown = {(each.channel, each.reason, each.at_us) for each in held}
    said = [ConsentView(r.purpose, r.granted, time_text(r.at_us), r.source, r.message_id) for r in records]
    return ConsentsView(
        list(dict.fromkeys(said)),  # one answer stands on each node of the person
        [SuppressionView(channel, reason, time_text(at)) for channel, reason, at in sorted(shown)],
    )


@post("/consent/{name:str}", guards=[needs(Scope.WRITE)], responses=failures(400, 404), sync_to_thread=True)
def add_consent(services: Provided, name: Name, data: JSONBody[NewConsent]) -> ConsentsView:
    """Record a yes or no for a person. A no is obeyed from the moment of the answer."""
    now = services.clock()
    records = [
        ConsentRecord(node, data.purpose, data.granted, now, SOURCE, data.proof)
        for node in _nodes(services, name)
    ]
    with transaction(services.database) as connection:
        record_consent(connection, records)
        look_again(connection, [record.node_id.bytes for record in records], Cause.CONSENT)
    return _shown(services, name)


@post(
    "/consent/{name:str}/suppressions",
    guards=[needs(Scope.WRITE)],
    responses=failures(400, 404),
    sync_to_thread=True,
)
def add_suppression(services: Provided, name: Name, data: JSONBody[NewSuppression]) -> ConsentsView:
    """Reach a person no more on a channel, whatever their consent says."""
    with transaction(services.database) as connection:
        suppress(connection, _nodes(services, name), data.channel, data.reason, services.clock(), SOURCE)
    return _shown(services, name)


@delete(
    "/consent/{name:str}/suppressions",
    guards=[needs(Scope.WRITE)],
    responses=failures(400, 404),
    status_code=200,
    sync_to_thread=True,
)
def lift_suppression(
    services: Provided,
    name: Name,
    channel: Annotated[str, QueryParameter(description="`*`: the one for every channel.")] = ALL_CHANNELS,
) -> ConsentsView:
    """Lift the suppression of exactly this channel. The row stays as proof."""
    with transaction(services.database) as connection:
        unsuppress(connection, _nodes(services, name), channel, services.clock(), SOURCE)
    return _shown(services, name)


def _nodes(services: Services, name: str) -> list[UUID]:
    profile = profile_by_name(services, name)
    return [node_id(services.node_key, each) for each in profile.identifiers]


router = Router(
    "/", route_handlers=[show_consent, add_consent, add_suppression, lift_suppression], tags=["consent"]
)
