"""What moved an audience, and a person between audiences: who entered and left, when and through what."""

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, get
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from weft.clock import HOUR_US
from weft.model.access import Scope
from weft.model.profile import ProfileDocument
from weft.model.signal import Cause
from weft.storage.database_audiences import joined_since
from weft.storage.database_history import MembershipChange, causes_in, changes_in, changes_of
from weft.storage.database_profiles import read_aliases, read_documents
from weft.web.api.access import needs
from weft.web.api.audiences import must_exist
from weft.web.api.describe import LIMIT_DEFAULT, Limit, Provided, failures
from weft.web.api.naming import NamedBy, NameView, name_view, named_by
from weft.web.api.profiles import ALIASES_MAX, Name
from weft.web.api.services import Services, profile_by_name
from weft.web.times import moment_text, time_text


class EnteringView(msgspec.Struct, frozen=True):
    """One entering or leaving."""

    audience: Annotated[str, Meta(examples=["big_spenders"])]
    at: Annotated[str, Meta(description="RFC 3339.")]
    entered: Annotated[bool, Meta(description="false: left.")]
    cause: Cause


class MoverView(msgspec.Struct, frozen=True):
    """Somebody who entered or left."""

    profile_id: UUID
    name: NameView
    identifiers: list[NamedBy]
    at: Annotated[str, Meta(description="RFC 3339.")]
    cause: Cause


class MovesView(msgspec.Struct, frozen=True):
    """Who entered (or left): how many, by cause, and the newest."""

    count: int
    causes: dict[Cause, int]
    newest: list[MoverView]


class MovementsView(msgspec.Struct, frozen=True):
    """What changed an audience's size."""

    since: Annotated[str, Meta(description="RFC 3339.")]
    entered: MovesView
    exited: MovesView
    joined: Annotated[
        int,
        Meta(
            description="Members that were merged with another member, less those that were split off, in the hours "
            "since: the audience is smaller by them, and nobody left."
        ),
    ]


@get(
    "/audiences/{name:str}/movements",
    guards=[needs(Scope.PROFILES)],
    responses=failures(404),
    sync_to_thread=True,
)
def list_movements(
    services: Provided,
    name: FromPath[str],
    hours: Annotated[int, QueryParameter(description="How far back.", ge=1, le=24 * 90)] = 24,
    cause: Annotated[
        Cause | None, QueryParameter(description="Name only who moved through this; all are counted.")
    ] = None,
    limit: Limit = 20,
) -> MovementsView:
    """Show who entered and left an audience lately, and through what."""
    must_exist(services, name)
    since_us = services.clock() - hours * HOUR_US
    with services.database.connect().execution_options(read_only=True) as connection:
        causes = causes_in(connection, name, since_us)
        moved = {
            entered: changes_in(connection, name, since_us, entered=entered, most=limit, cause=cause)
            for entered in (True, False)
        }
        keys = {each.profile_id for changes in moved.values() for each in changes}
        documents = read_documents(connection, keys)
        joined = joined_since(connection, name, since_us // HOUR_US)
    came, left = (_moves(causes, moved[each], documents, entered=each) for each in (True, False))
    return MovementsView(time_text(since_us), came, left, joined)


@get(
    "/profiles/{name:str}/memberships",
    guards=[needs(Scope.PROFILES)],
    responses=failures(400, 404),
    sync_to_thread=True,
)
def list_memberships(
    services: Provided,
    name: Name,
    audience: Annotated[str | None, QueryParameter(description="Only of this one.")] = None,
    limit: Limit = LIMIT_DEFAULT,
) -> list[EnteringView]:
    """List which audiences a person entered and left, newest first, and through what."""
    profile = profile_by_name(services, name)
    return [
        EnteringView(each.audience, moment_text(each.at_us), each.entered, each.cause)
        for each in changes_of_profile(services, profile, limit, audience=audience)
    ]


def changes_of_profile(
    services: Services,
    profile: ProfileDocument,
    most: int,
    *,
    audience: str | None = None,
    upto_us: int | None = None,
) -> list[MembershipChange]:
    """Return the newest changes of a profile under every id that it had, newest first.

    audience: only of this one. upto_us: only those until then, microseconds since 1970 UTC.
    """
    key = profile.profile_id.bytes
    with services.database.connect().execution_options(read_only=True) as connection:
        ids = [key, *read_aliases(connection, key, ALIASES_MAX)]
        return changes_of(connection, ids, most, audience=audience, upto_us=upto_us)


def _moves(
    causes: Mapping[tuple[bool, Cause], int],
    newest: Sequence[MembershipChange],
    documents: Mapping[bytes, ProfileDocument],
    *,
    entered: bool,
) -> MovesView:
    mine = {cause: count for (came, cause), count in causes.items() if came is entered}
    shown = [
        _mover(each, documents[each.profile_id])
        for each in newest
        if each.profile_id in documents  # one that was merged since is shown under no name of its own
    ]
    return MovesView(sum(mine.values()), mine, shown)


def _mover(change: MembershipChange, profile: ProfileDocument) -> MoverView:
    return MoverView(
        profile.profile_id,
        name_view(profile.traits),
        named_by(profile.identifiers),
        moment_text(change.at_us),
        change.cause,
    )


router = Router("/", route_handlers=[list_movements, list_memberships], tags=["audiences"])
