"""Audiences: how many are in each, who they are, and the signals of coming and going."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
import yaml
from litestar import Router, get
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from weft.audience.sentence import sentences
from weft.clock import DAY_US, HOUR_US
from weft.definitions import version_of
from weft.errors import NotFound
from weft.model.access import Scope
from weft.model.profile import Membership, ProfileDocument
from weft.model.signal import SignalKind
from weft.profile.naming import is_known
from weft.storage.database_audiences import Hour, hours_of, hours_since, movements
from weft.storage.database_profiles import read_documents
from weft.web.api.access import needs
from weft.web.api.describe import LIMIT_DEFAULT, Limit, Provided, failures
from weft.web.api.lineage import UsedBy, using
from weft.web.api.naming import NamedBy, NameView, name_view, named_by
from weft.web.api.services import Services
from weft.web.times import time_text

HOURLY, DAILY = 1, 24
"""Lengths of a stretch in hours."""
HOURLY_DAYS_MAX = 3
TREND_DAYS = 14


class AudienceView(msgspec.Struct, frozen=True):
    """An audience with its size."""

    name: Annotated[str, Meta(examples=["big_spenders"])]
    description: Annotated[str, Meta(description="As its definition says.")]
    size: Annotated[int, Meta(description="Current members.")]
    definition: Annotated[dict[str, Any], Meta(description="As it was written.")]
    sentence: Annotated[
        dict[str, str],
        Meta(
            description="Language (en, ko, zh-TW) → who is in it, as a sentence.",
            examples=[{"en": "did Order Completed within 30 days"}],
        ),
    ]
    entered_24h: Annotated[int, Meta(description="How many entered in the last 24 hours, by whole hours.")]
    exited_24h: Annotated[int, Meta(description="How many exited in the last 24 hours, by whole hours.")]
    trend: Annotated[
        list[int | None],
        Meta(
            description="Members at the end of each of the last 15 days (UTC), today last; null: not yet counted."
        ),
    ]
    yaml: Annotated[str, Meta(description="The definition as YAML.")]
    version: Annotated[str, Meta(description="Tells one state of the definition from another.")]
    used_by: Annotated[list[UsedBy], Meta(description="The audiences and destinations that name it.")]


class MemberView(msgspec.Struct, frozen=True):
    """One member."""

    profile_id: UUID
    since: Annotated[str, Meta(description="RFC 3339.")]
    name: NameView
    identifiers: list[NamedBy]
    known: Annotated[bool, Meta(description="Named by something else than a browser or a device.")]
    last_seen_at: Annotated[
        str | None, Meta(description="RFC 3339; null while the profile is just changing.")
    ]


class MemberPage(msgspec.Struct, frozen=True):
    """Members by profile id. next: pass it as `after` for more; null at the end."""

    members: list[MemberView]
    next: UUID | None


class SizeView(msgspec.Struct, frozen=True):
    """An audience in one stretch of time."""

    at: Annotated[str, Meta(description="Where the stretch begins, RFC 3339.")]
    size: Annotated[int | None, Meta(description="Members at its end; null before anything was counted.")]
    entered: int
    exited: int


class SizesView(msgspec.Struct, frozen=True):
    """The size of an audience over time, oldest first; the last stretch is still running."""

    name: str
    step_seconds: Annotated[
        int, Meta(description="Length of a stretch: an hour up to 3 days, else a day (UTC).")
    ]
    sizes: list[SizeView]


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
    """List the audiences with their sizes, what moved in a day, and their definitions as sentences."""
    definitions = [each for each in services.definitions if each.kind == "audiences"]
    sizes = services.facts.sizes()
    rules = {each.name: each.who for each in services.understood.audiences}
    used_by = using(services.definitions)
    now = services.clock() // HOUR_US
    first = (now - TREND_DAYS * DAILY) // DAILY * DAILY
    with services.database.connect().execution_options(read_only=True) as connection:
        moved = movements(connection, services.clock() - DAY_US)
        hours = hours_since(connection, first)
    return [
        AudienceView(
            each.name,
            str(each.body.get("description", "")),
            sizes.get(each.name, 0),
            each.body,
            {} if each.name not in rules else sentences(rules[each.name]),
            *moved.get(each.name, (0, 0)),
            [stretch.size for stretch in _stretches(hours.get(each.name, []), first, now, DAILY)],
            yaml.safe_dump(each.body, sort_keys=False, allow_unicode=True, width=100),
            version_of(each.body),
            used_by.get(("audiences", each.name), []),
        )
        for each in definitions
    ]


@get("/audiences/{name:str}/sizes", guards=[needs(Scope.READ)], responses=failures(404), sync_to_thread=True)
def list_sizes(
    services: Provided,
    name: FromPath[str],
    days: Annotated[int, QueryParameter(description="How far back.", ge=1, le=400)] = 30,
) -> SizesView:
    """Show the size of an audience over time."""
    must_exist(services, name)
    step = HOURLY if days <= HOURLY_DAYS_MAX else DAILY
    now = services.clock() // HOUR_US
    first = (now - days * 24) // step * step
    with services.database.connect().execution_options(read_only=True) as connection:
        hours = hours_of(connection, name, first)
    return SizesView(name, step * 3600, _stretches(hours, first, now, step))


def _stretches(hours: Sequence[Hour], first: int, now: int, step: int) -> list[SizeView]:
    """Lay hours in which something moved over all stretches; what was before the first is not known."""
    size: int | None = None
    at = 0
    found: list[SizeView] = []
    for start in range(first, now + 1, step):
        entered = exited = 0
        while at < len(hours) and hours[at].hour < start + step:
            hour = hours[at]
            size = hour.size
            if hour.hour >= start:
                entered, exited = entered + hour.entered, exited + hour.exited
            at += 1
        found.append(SizeView(time_text(start * HOUR_US), size, entered, exited))
    return found


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
    must_exist(services, name)
    found = services.facts.members(name, after, limit)
    with services.database.connect().execution_options(read_only=True) as connection:
        documents = read_documents(connection, [each.profile_id.bytes for each in found])
    members = [_member(each, documents.get(each.profile_id.bytes)) for each in found]
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


def _member(member: Membership, profile: ProfileDocument | None) -> MemberView:
    since = time_text(member.since_us)
    if profile is None:
        return MemberView(member.profile_id, since, NameView("", "", ""), [], known=False, last_seen_at=None)
    seen = time_text(profile.last_seen_us)
    return MemberView(
        member.profile_id,
        since,
        name_view(profile.traits),
        named_by(profile.identifiers),
        is_known(profile.identifiers),
        seen,
    )


def must_exist(services: Services, name: str) -> None:
    """Raise NotFound for what is no audience, with the names of those that there are."""
    known = [each.name for each in services.definitions if each.kind == "audiences"]
    if name not in known:
        raise NotFound(f"There is no audience `{name}`; known: {', '.join(known) or 'none'}.")


router = Router(
    "/", route_handlers=[list_audiences, list_sizes, list_members, list_signals], tags=["audiences"]
)
