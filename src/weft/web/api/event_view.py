"""An event as every page of the API shows it."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from weft.model.event import ShownEvent, StoredEvent
from weft.web.api.naming import NamedBy, named_by
from weft.web.times import time_text


class EventFields(msgspec.Struct, frozen=True, kw_only=True):
    """One event or record."""

    position: Annotated[int, Meta(description="Its place in the log.")]
    message_id: Annotated[str, Meta(description="As the sender gave it.")]
    type: Annotated[str, Meta(description="track, identify, page, screen, group, alias or record.")]
    name: Annotated[str, Meta(examples=["Order Completed"])]
    occurred_at: Annotated[str, Meta(description="RFC 3339, corrected for clock skew.")]
    received_at: Annotated[str, Meta(description="RFC 3339.")]
    source: Annotated[str, Meta(description="Where it came from.")]
    properties: Annotated[msgspec.Raw, Meta(description="As sent; of identify: the traits.")]
    context: Annotated[msgspec.Raw, Meta(description="As the pipeline left it.")]


class LiveEvent(EventFields, frozen=True, kw_only=True):
    """One event or record of anyone."""

    identifiers: Annotated[list[NamedBy], Meta(description="It belongs to the first.")]


def event_fields(event: ShownEvent) -> dict[str, Any]:
    """Return what an EventFields is made of."""
    return {
        "position": event.position,
        "message_id": event.message_id,
        "type": event.type,
        "name": event.name,
        "occurred_at": time_text(event.occurred_us),
        "received_at": time_text(event.received_us),
        "source": event.source,
        "properties": msgspec.Raw(event.properties.encode() or b"{}"),
        "context": msgspec.Raw(event.context.encode() or b"{}"),
    }


def live_event(event: StoredEvent) -> LiveEvent:
    """Return an event as the API shows it."""
    return LiveEvent(identifiers=named_by(event.identifiers), **event_fields(event))
