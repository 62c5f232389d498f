"""Audiences: how many are in each, who they are, and the signals of coming and going."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Router, get
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from weft.errors import NotFound
from weft.model.access import Scope
from weft.model.signal import SignalKind
from weft.web.api.access import needs
from weft.web.api.describe import LIMIT_DEFAULT, Limit, Provided, failures
from weft.web.api.services import Services
from weft.web.times import time_text


class AudienceView(msgspec.Struct, frozen=True):
    """An audience with its size."""

    name: Annotated[str, Meta(examples=["big_spenders"])]
    description: Annotated[str, Meta(description="As its definition says.")]
    size: Annotated[int, Meta(description="Current members.")]
    definition: Annotated[dict[str, Any], Meta(description="As it was written.")]


class MemberView(msgspec.Struct, frozen=True):
    """One member."""

    profile_id: UUID
    since: Annotated[str, Meta(description="RFC 3339.")]


class MemberPage(msgspec.Struct, frozen=True):
    """Members by profile id. next: pass it as `after` for more; null at the end."""

    members: list[MemberView]
    next: UUID | None


class SignalView(msgspec.Struct, frozen=True):
    """One change of a profile."""

    number: Annotated[int, Meta(description="Grows by one without gaps.")]
    kind: Annotated[SignalKind, Meta(description="subject: the audience, or the profile that is gone.")]
    profile_id: UUID
    subject: Annotated[str, Meta(examples=["big_spenders"])]
    at: Annotated[str, Meta(description="RFC 3339.")]
    position: Annotated[int, Meta(description="The log position it was computed at.")]


@get("/audiences", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=True)
def list_audiences(services: Provided) -> list[AudienceView]:
    """List the audiences with their sizes."""
    sizes = services.facts.sizes()
    return [
        AudienceView(each.name, str(each.body.get("description", "")), sizes.get(each.name, 0), each.body)
        for each in services.definitions
        if each.kind == "audiences"
    ]


@get(
    "/audiences/{name:str}/members",
    guards=[needs(Scope.PROFILES)],
    responses=failures(404),
    sync_to_thread=True,
)
def list_members(
    services: Provided,
    name: FromPath[str],
    after: Annotated[UUID | None, QueryParameter(description="Only members behind this profile id.")] = None,
    limit: Limit = LIMIT_DEFAULT,
) -> MemberPage:
    """List the members of an audience."""
    _must_exist(services, name)
    found = services.facts.members(name, after, limit)
    members = [MemberView(each.profile_id, time_text(each.since_us)) for each in found]
    return MemberPage(members, found[-1].profile_id if len(found) == limit else None)


@get("/signals", guards=[needs(Scope.PROFILES)], responses=failures(), sync_to_thread=True)
def list_signals(
    services: Provided,
    after: Annotated[int, QueryParameter(description="Only signals with a greater number.", ge=0)] = 0,
    limit: Limit = LIMIT_DEFAULT,
) -> list[SignalView]:
    """List signals: entered, exited, merged."""
    found = services.signals.read(after, limit)[:limit]
    return [
        SignalView(
            each.number, each.kind, each.profile_id, each.subject, time_text(each.at_us), each.position
        )
        for each in found
    ]


def _must_exist(services: Services, name: str) -> None:
    known = [each.name for each in services.definitions if each.kind == "audiences"]
    if name not in known:
        raise NotFound(f"There is no audience `{name}`; known: {', '.join(known) or 'none'}.")


router = Router("/", route_handlers=[list_audiences, list_members, list_signals], tags=["audiences"])
