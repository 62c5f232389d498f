"""The computed traits of the workspace, and what its events taught (the catalogue)."""

from typing import Annotated, Any

import msgspec
from litestar import Router, get
from msgspec import Meta

from weft.model.access import Scope
from weft.web.api.access import needs
from weft.web.api.describe import Provided, failures
from weft.web.api.services import Services
from weft.web.times import time_text


class DefinitionView(msgspec.Struct, frozen=True):
    """A definition as it was written."""

    name: Annotated[str, Meta(examples=["orders_30d"])]
    description: str
    definition: Annotated[dict[str, Any], Meta(description="The content of its file.")]


class KnownView(msgspec.Struct, frozen=True):
    """One property of an event, as it was seen."""

    type: Annotated[str, Meta(examples=["track"])]
    name: Annotated[str, Meta(description="Of the event.", examples=["Order Completed"])]
    property: Annotated[str, Meta(description="Empty for the event itself.", examples=["revenue"])]
    json_type: Annotated[str, Meta(examples=["number"])]
    count: Annotated[int, Meta(description="How often seen; of a property: in the sample.")]
    example: Annotated[str, Meta(description="Empty where it could be personal.")]
    first_seen_at: Annotated[str, Meta(description="When it was learned, RFC 3339.")]
    last_seen_at: Annotated[str, Meta(description="When it was seen last, RFC 3339.")]


@get("/traits", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=False)
def list_traits(services: Provided) -> list[DefinitionView]:
    """List the computed traits."""
    return _of_kind(services, "traits")


@get("/catalogue", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=True)
def list_catalogue(services: Provided) -> list[KnownView]:
    """List every event name and property that was seen."""
    return [
        KnownView(
            each.type,
            each.name,
            each.property,
            each.json_type,
            each.count,
            each.example,
            time_text(each.first_seen_us),
            time_text(each.last_seen_us),
        )
        for each in services.catalogue.known()
    ]


def _of_kind(services: Services, kind: str) -> list[DefinitionView]:
    return [
        DefinitionView(each.name, str(each.body.get("description", "")), each.body)
        for each in services.definitions
        if each.kind == kind
    ]


router = Router("/", route_handlers=[list_traits, list_catalogue], tags=["definitions"])
