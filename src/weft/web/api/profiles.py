"""Profiles and what happened to them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Router, get
from litestar.params import PathParameter, QueryParameter
from msgspec import Meta

from weft.clock import us_of
from weft.errors import Rejected
from weft.model.access import Scope
from weft.model.event import TimelineEvent
from weft.model.identifier import Identifier
from weft.model.profile import ProfileDocument, TimelineQuery
from weft.profile.naming import is_known
from weft.profile.projection import NodeState
from weft.storage.database_history import changes_of
from weft.storage.database_profiles import read_aliases, read_nodes
from weft.web.api.access import needs
from weft.web.api.describe import LIMIT_DEFAULT, Limit, Provided, failures
from weft.web.api.event_view import EventFields, event_fields
from weft.web.api.naming import NameView, name_view
from weft.web.api.services import Services, profile_by_name
from weft.web.context_view import ContextView, context_view
from weft.web.profile_views import CONFIDENCE
from weft.web.times import time_text

ALIASES_MAX = 200
CHANGES_MOST = 1_000

Name = Annotated[
    str,
    PathParameter(description="A profile id, or an identifier as `namespace:value`, such as `user_id:42`."),
]


AsOf = Annotated[
    datetime | None,
    QueryParameter(
        description="A moment, RFC 3339: the identifiers that this person has today, by what was known of them then "
        "and by the definitions of today. Without it: what is served now."
    ),
]


class IdentifierView(msgspec.Struct, frozen=True):
    """One value that names the person."""

    namespace: Annotated[str, Meta(examples=["email"])]
    value: Annotated[str, Meta(examples=["kim@example.com"])]
    first_seen_at: Annotated[str | None, Meta(description="RFC 3339; null before its first event.")] = None
    last_seen_at: Annotated[str | None, Meta(description="RFC 3339; null before its first event.")] = None
    events: Annotated[int, Meta(description="How many came with it.")] = 0
    confidence: Annotated[
        float,
        Meta(
            description="How sure it is that it names this person, 0 to 1; 1: it came on one event with another."
        ),
    ] = CONFIDENCE


class ProfileView(msgspec.Struct, frozen=True):
    """What is known of one person."""

    id: Annotated[UUID, Meta(description="Stays the same while the oldest identifier stays.")]
    identifiers: Annotated[list[IdentifierView], Meta(description="All that name this person.")]
    traits: Annotated[
        dict[str, Any], Meta(description="By name; computed ones win.", examples=[{"orders": 3}])
    ]
    trait_sources: Annotated[
        dict[str, str],
        Meta(
            description="`identify`, `record:<source>/<record>`, or `computed:<version>` of the definition."
        ),
    ]
    audiences: Annotated[dict[str, str], Meta(description="Name → since when, RFC 3339.")]
    first_seen_at: Annotated[str, Meta(description="RFC 3339.")]
    last_seen_at: Annotated[str, Meta(description="RFC 3339.")]
    events: Annotated[int, Meta(description="How many are known.")]
    position: Annotated[int, Meta(description="The log position that this reflects.")]
    as_of: Annotated[str, Meta(description="When this was computed, RFC 3339.")]
    name: NameView
    known: Annotated[bool, Meta(description="Named by something else than a browser or a device.")]
    merged_from: Annotated[
        list[UUID], Meta(description="Ids of profiles that turned out to be this one; they still lead here.")
    ]
    timezone: Annotated[
        str,
        Meta(
            description="The person's own time zone, as told or as events last said; empty where nothing is known: "
            "then the workspace's holds.",
            examples=["Asia/Seoul"],
        ),
    ] = ""
    context: Annotated[
        dict[str, ContextView], Meta(description="What holds now and fades, by name, apart from `traits`.")
    ] = {}


class EventView(EventFields, frozen=True, kw_only=True):
    """One event or record of a profile."""

    session: Annotated[str, Meta(description="The session it belongs to; empty when none.")]


class EventPage(msgspec.Struct, frozen=True):
    """Events, newest first. next: pass it as `before` for older ones; null at the end."""

    events: list[EventView]
    next: str | None


@get(
    "/profiles/{name:str}", guards=[needs(Scope.PROFILES)], responses=failures(400, 404), sync_to_thread=True
)
def show_profile(services: Provided, name: Name, as_of: AsOf = None) -> ProfileView:
    """Show a profile, now or as what was known at a moment makes it."""
    profile = profile_by_name(services, name)
    if as_of is not None:
        return _past(services, profile, us_of(as_of))
    with services.database.connect().execution_options(read_only=True) as connection:
        nodes = read_nodes(connection, profile.profile_id.bytes)
        aliases = read_aliases(connection, profile.profile_id.bytes, ALIASES_MAX)
    return profile_view(profile, nodes, aliases, services.clock())


@get(
    "/profiles/{name:str}/events",
    guards=[needs(Scope.PROFILES)],
    responses=failures(400, 404),
    sync_to_thread=True,
)
def list_profile_events(
    services: Provided,
    name: Name,
    before: Annotated[str | None, QueryParameter(description="`next` of the page before.")] = None,
    limit: Limit = LIMIT_DEFAULT,
    kind: Annotated[str | None, QueryParameter(name="type", description="Only of this type.")] = None,
    event: Annotated[str | None, QueryParameter(name="name", description="Only of this name.")] = None,
    source: Annotated[str | None, QueryParameter(description="Only of this source.")] = None,
    until: Annotated[
        datetime | None,
        QueryParameter(description="Only what occurred before this moment, RFC 3339; begins a page."),
    ] = None,
) -> EventPage:
    """List what happened, newest first, each with the session it belongs to."""
    place = (us_of(until), 0) if until is not None and before is None else None
    query = TimelineQuery(limit, place if before is None else _place(before), kind, event, source)
    found = services.facts.timeline(profile_by_name(services, name), query)
    last = found[-1] if len(found) == limit else None
    return EventPage(
        [timeline_view(each) for each in found],
        None if last is None else f"{last.occurred_us}.{last.position}",
    )


def _past(services: Services, profile: ProfileDocument, at_us: int) -> ProfileView:
    found = services.explaining.past(profile, at_us).document
    key = profile.profile_id.bytes
    with services.database.connect().execution_options(read_only=True) as connection:
        aliases = read_aliases(connection, key, ALIASES_MAX)
        changes = changes_of(connection, [key, *aliases], CHANGES_MOST, upto_us=at_us)
    entered = {each.audience: each.at_us for each in reversed(changes) if each.entered}
    audiences = {name: entered.get(name, at_us) for name in found.audiences}
    return profile_view(msgspec.structs.replace(found, audiences=audiences), (), aliases)


def _place(cursor: str) -> tuple[int, int]:
    occurred_us, _, position = cursor.partition(".")
    try:
        return int(occurred_us), int(position)
    except ValueError:
        raise Rejected("`before` is what the last page's `next` said.") from None


def profile_view(
    profile: ProfileDocument,
    nodes: Iterable[NodeState] = (),
    aliases: Iterable[bytes] = (),
    now_us: int | None = None,
) -> ProfileView:
    """Return a profile as the API shows it. now_us: since 1970 UTC; left out: when it was computed."""
    states = {(node.namespace, node.value): node for node in nodes}
    return ProfileView(
        profile.profile_id,
        [_identifier(each, states.get((each.namespace, each.text))) for each in profile.identifiers],
        profile.traits,
        profile.sources,
        {name: time_text(since) for name, since in profile.audiences.items()},
        time_text(profile.first_seen_us),
        time_text(profile.last_seen_us),
        profile.events,
        profile.position,
        time_text(profile.as_of_us),
        name_view(profile.traits),
        is_known(profile.identifiers),
        [UUID(bytes=each) for each in aliases],
        profile.zone,
        context_view(profile, profile.as_of_us if now_us is None else now_us),
    )


def _identifier(identifier: Identifier, node: NodeState | None) -> IdentifierView:
    if node is None or not node.events:
        return IdentifierView(identifier.namespace, identifier.value)
    seen = time_text(node.first_us), time_text(node.last_us)
    return IdentifierView(identifier.namespace, identifier.value, *seen, node.events)


def timeline_view(event: TimelineEvent) -> EventView:
    """Return an event as the API shows it."""
    return EventView(session=event.session, **event_fields(event))


router = Router("/", route_handlers=[show_profile, list_profile_events], tags=["profiles"])
