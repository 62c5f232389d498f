"""The computed traits of the workspace, and what its events taught (the catalogue)."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Router, get
from litestar.datastructures import State
from msgspec import Meta

from weft.definitions import version_of
from weft.model.access import Scope
from weft.web.api.access import needs
from weft.web.api.describe import Provided, failures
from weft.web.api.figures import DAY_US, VOLUME_DAYS, Figures
from weft.web.api.services import Services
from weft.web.times import time_text


class DefinitionView(msgspec.Struct, frozen=True):
    """A definition as it was written."""

    name: Annotated[str, Meta(examples=["orders_30d"])]
    description: str
    definition: Annotated[dict[str, Any], Meta(description="The content of its file.")]
    version: Annotated[str, Meta(description="Tells one state of it from another.")]


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


class VolumeView(msgspec.Struct, frozen=True):
    """How often an event occurred."""

    type: Annotated[str, Meta(examples=["track"])]
    name: Annotated[str, Meta(examples=["Order Completed"])]
    counts: Annotated[list[int], Meta(description="By day, in the order of `days`.")]


class VolumesView(msgspec.Struct, frozen=True):
    """How often each event occurred on each day."""

    days: Annotated[list[str], Meta(description="Begin of each day (UTC), RFC 3339; today is the last.")]
    events: Annotated[list[VolumeView] | None, Meta(description="null while they are counted: ask again.")]


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


@get("/catalogue/volumes", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=True)
def list_volumes(request: Request[object, object, State]) -> VolumesView:
    """Count the events of each name by day. They are counted at most once a minute."""
    figures: Figures = request.app.state.figures
    counted, today = figures.volumes(), figures.day()
    days = range(today - VOLUME_DAYS + 1, today + 1)
    counts: dict[tuple[str, str], list[int]] = {}
    for each in counted or ():
        if each.day in days:
            counts.setdefault((each.type, each.name), [0] * VOLUME_DAYS)[each.day - days[0]] += each.count
    return VolumesView(
        [time_text(day * DAY_US) for day in days],
        None if counted is None else [VolumeView(*key, count) for key, count in sorted(counts.items())],
    )


def _of_kind(services: Services, kind: str) -> list[DefinitionView]:
    return [
        DefinitionView(each.name, str(each.body.get("description", "")), each.body, version_of(each.body))
        for each in services.definitions
        if each.kind == kind
    ]


router = Router("/", route_handlers=[list_traits, list_catalogue, list_volumes], tags=["definitions"])
