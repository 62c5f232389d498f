"""Households: people who live together, as a group with what they share; each stays a person of her own."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, get
from litestar.params import PathParameter
from msgspec import Meta
from sqlalchemy import Connection

from weft.errors import NotFound, Rejected
from weft.identity.households import Crowd, Household, oldest_of
from weft.identity.kinds.names.split import split_name
from weft.model.access import Scope
from weft.model.profile import ProfileDocument
from weft.profile.home import home_of
from weft.storage.database_households import read_household
from weft.web.api.access import needs
from weft.web.api.describe import Provided, failures
from weft.web.api.naming import NamedBy, NameView, name_view, named_by
from weft.web.api.profiles import Name
from weft.web.api.services import profile_by_name


class MemberOfView(msgspec.Struct, frozen=True):
    """A person of a household."""

    profile_id: UUID
    name: NameView
    identifiers: list[NamedBy]
    shares: Annotated[
        list[str],
        Meta(description="`address`, `landline`, `family_name`: what she shares with at least one other."),
    ]
    rank: Annotated[
        float,
        Meta(description="How far all this speaks for it, 0 to 1. It orders members; it is no probability."),
    ]
    probability: Annotated[
        float | None,
        Meta(
            description="That she lives with one of the others, by the model that compares people: of its three "
            "outcomes (one person, one household, strangers) this is the likeliest. null where it is not, or where she "
            "was not compared with them."
        ),
    ]


class HouseholdView(msgspec.Struct, frozen=True):
    """People who live together, the oldest profile first."""

    id: Annotated[UUID, Meta(description="Of the oldest profile; stays while that one stays.")]
    members: list[MemberOfView]
    shared: Annotated[
        dict[str, str],
        Meta(description="What all of them share → as it was told.", examples=[{"family_name": "Kim"}]),
    ]
    rank: Annotated[float, Meta(description="The least of the members'.")]


class CrowdView(msgspec.Struct, frozen=True):
    """So many share an address or a landline that it is no household."""

    trait: Annotated[str, Meta(examples=["address"])]
    at_least: Annotated[int, Meta(description="How many; there may be more.")]


class HomeView(msgspec.Struct, frozen=True):
    """The household of a person; null where there is none. crowd: why there is none, where too many share."""

    household: HouseholdView | None
    crowd: CrowdView | None


@get(
    "/profiles/{name:str}/household",
    guards=[needs(Scope.PROFILES)],
    responses=failures(400, 404),
    sync_to_thread=True,
)
def show_profile_household(services: Provided, name: Name) -> HomeView:
    """Show with whom a person lives."""
    profile = profile_by_name(services, name)
    with services.database.connect().execution_options(read_only=True) as connection:
        return _home(connection, profile)


@get(
    "/households/{household:str}",
    guards=[needs(Scope.PROFILES)],
    responses=failures(400, 404),
    sync_to_thread=True,
)
def show_household(
    services: Provided, household: Annotated[str, PathParameter(description="The household's id.")]
) -> HouseholdView:
    """Show a household by its id; also by one that it had before its oldest profile was merged into another."""
    try:
        oldest = oldest_of(UUID(household))
    except ValueError:
        raise Rejected("Name a household by its id, a UUID.") from None
    profile = services.profiles.get(oldest)
    if profile is not None:
        with services.database.connect().execution_options(read_only=True) as connection:
            found = _home(connection, profile).household
        if found is not None:
            return found
    raise NotFound("There is no household by that id (any more). Ask for that of a person instead.")


def _home(connection: Connection, profile: ProfileDocument) -> HomeView:
    found, documents = read_household(connection, profile)
    if isinstance(found, Crowd):
        return HomeView(None, CrowdView(found.trait, found.at_least))
    return HomeView(None if found is None else _view(found, documents), None)


def _view(household: Household, documents: Mapping[bytes, ProfileDocument]) -> HouseholdView:
    first = home_of(documents[household.members[0].profile_id].traits)
    told = {
        "address": ", ".join(part for part in (first.street, first.postcode, first.city) if part),
        "landline": first.landline,
        "family_name": first.family or (split_name(first.full_name)[1] or "").title(),
    }
    members = [
        MemberOfView(
            UUID(bytes=each.profile_id),
            name_view(documents[each.profile_id].traits),
            named_by(documents[each.profile_id].identifiers),
            list(each.shares),
            each.rank,
            each.probability,
        )
        for each in household.members
    ]
    return HouseholdView(
        household.id, members, {trait: told[trait] for trait in household.shared}, household.rank
    )


router = Router("/", route_handlers=[show_profile_household, show_household], tags=["profiles"])
