"""What the page of one person shows besides the profile and its traits: audiences, deliveries."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, get
from msgspec import Meta

from weft.audience.sentence import sentences
from weft.model.access import Scope
from weft.storage.database_delivery import list_denials, list_items
from weft.storage.database_profiles import read_aliases
from weft.web.api.access import needs
from weft.web.api.describe import LIMIT_DEFAULT, Limit, Provided, failures
from weft.web.api.destinations import DeliveryView, DenialView, delivery_view, denial_view
from weft.web.api.profiles import ALIASES_MAX, Name
from weft.web.api.services import profile_by_name
from weft.web.times import time_text


class AudienceOfView(msgspec.Struct, frozen=True):
    """An audience that the person is in."""

    name: Annotated[str, Meta(examples=["big_spenders"])]
    description: Annotated[str, Meta(description="As its definition says.")]
    since: Annotated[str, Meta(description="RFC 3339.")]
    sentence: Annotated[
        dict[str, str], Meta(description="Why: language (en, ko, zh-TW) → the rule that the person fits.")
    ]


class ActsView(msgspec.Struct, frozen=True):
    """What was told to destinations about a person, and what the gate refused, the newest first."""

    deliveries: list[DeliveryView]
    denials: list[DenialView]


@get(
    "/profiles/{name:str}/audiences",
    guards=[needs(Scope.PROFILES)],
    responses=failures(400, 404),
    sync_to_thread=True,
)
def list_profile_audiences(services: Provided, name: Name) -> list[AudienceOfView]:
    """List the audiences that a person is in, the last entered first."""
    descriptions = {
        each.name: str(each.body.get("description", ""))
        for each in services.definitions
        if each.kind == "audiences"
    }
    rules = {each.name: each.who for each in services.understood.audiences}
    since = sorted(profile_by_name(services, name).audiences.items(), key=lambda item: (-item[1], item[0]))
    return [
        AudienceOfView(
            name,
            descriptions.get(name, ""),
            time_text(at_us),
            sentences(rules[name]) if name in rules else {},
        )
        for name, at_us in since
    ]


@get(
    "/profiles/{name:str}/deliveries",
    guards=[needs(Scope.PROFILES)],
    responses=failures(400, 404),
    sync_to_thread=True,
)
def list_profile_deliveries(services: Provided, name: Name, limit: Limit = LIMIT_DEFAULT) -> ActsView:
    """List what destinations were told about a person, also under the ids of profiles merged into this one."""
    profile = profile_by_name(services, name)
    with services.database.connect().execution_options(read_only=True) as connection:
        aliases = read_aliases(connection, profile.profile_id.bytes, ALIASES_MAX)
        ids = [profile.profile_id, *(UUID(bytes=each) for each in aliases)]
        items = list_items(connection, profiles=ids, limit=limit)
        denials = list_denials(connection, profiles=ids, limit=limit)
    return ActsView([delivery_view(each) for each in items], [denial_view(each) for each in denials])


router = Router(
    "/",
    route_handlers=[list_profile_audiences, list_profile_deliveries],
    tags=["profiles"],
)
