"""Events as they come in, and one of them from the request to the profile."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import msgspec
from litestar import Request, Router, get
from litestar.datastructures import State
from litestar.params import PathParameter, QueryParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage

from weft.model.access import Scope
from weft.model.event import EventFilter
from weft.web.api.access import needs
from weft.web.api.describe import LIMIT_DEFAULT, Limit, Provided, failures
from weft.web.api.event_detail import EventDetail, detail_of
from weft.web.api.event_view import LiveEvent, live_event
from weft.web.api.live import BEAT_SECONDS, Listener, Live

Named = Annotated[str, QueryParameter(description="Only with this name, such as `Order Completed`.")]
From = Annotated[str, QueryParameter(description="Only from this source.")]
Text = Annotated[
    str,
    QueryParameter(
        description="Only with an identifier whose value holds this text; looks at the newest 1,000,000 events.",
        max_length=200,
    ),
]


class Sampled(msgspec.Struct, frozen=True):
    """Of so many events only some were told. missed: how many this listener was too slow for, since it began."""

    came: int
    told: int
    missed: int


@get("/events", guards=[needs(Scope.PROFILES)], responses=failures(), sync_to_thread=True)
def list_events(
    services: Provided,
    kind: Annotated[str, QueryParameter(name="type", description="Only of this type, such as `track`.")] = "",
    name: Named = "",
    source: From = "",
    text: Text = "",
    after: Annotated[
        int | None, QueryParameter(description="Only behind this position, the newest of those.", ge=0)
    ] = None,
    before: Annotated[int | None, QueryParameter(description="Only before this position.", ge=1)] = None,
    limit: Limit = LIMIT_DEFAULT,
) -> list[LiveEvent]:
    """List the newest events that fit, in the order of the log. The first position is the `before` of older ones."""
    wanted = EventFilter(kind, name, source, text)
    found = services.events.find(wanted, limit, after=after or 0, before=before)
    return [live_event(each) for each in reversed(found)]


@get("/events/stream", guards=[needs(Scope.PROFILES)], responses=failures())
async def stream_events(
    request: Request[object, object, State],
    kind: Annotated[str, QueryParameter(name="type", description="Only of this type, such as `track`.")] = "",
    name: Named = "",
    source: From = "",
    text: Text = "",
) -> ServerSentEvent:
    """Follow events as they are stored (server-sent events).

    `event` carries one event. At most 50 are told every quarter of a second; when more came, `sampled` says how many
    came, how many of them were told, and how many this listener missed because it was slow.
    """
    live: Live = request.app.state.live
    return ServerSentEvent(_messages(live, EventFilter(kind, name, source, text)))


@get(
    "/events/{position:int}",
    guards=[needs(Scope.PROFILES)],
    responses=failures(404),
    sync_to_thread=True,
)
def show_event(
    services: Provided, position: Annotated[int, PathParameter(description="Its place in the log.", ge=1)]
) -> EventDetail:
    """Show one event: as it came in, as it is stored, what each step did, its profile, or why it was refused."""
    return detail_of(services, position)


async def _messages(live: Live, wanted: EventFilter) -> AsyncGenerator[ServerSentEventMessage]:
    async with aclosing(live.listen(wanted)) as listeners:
        async for listener in listeners:
            yield ServerSentEventMessage(comment="listening", data=None)
            async with aclosing(_told(listener)) as told:
                async for message in told:
                    yield message


async def _told(listener: Listener) -> AsyncGenerator[ServerSentEventMessage]:
    missed = 0
    while True:
        look = await listener.next(BEAT_SECONDS)
        if look is None:
            yield ServerSentEventMessage(comment="nothing new", data=None)
            continue
        for event in look.events:
            body = msgspec.json.encode(live_event(event)).decode()
            yield ServerSentEventMessage(event="event", id=str(event.position), data=body)
        if look.sampled or listener.missed > missed:
            missed = listener.missed
            note = msgspec.json.encode(Sampled(look.came, len(look.events), missed)).decode()
            yield ServerSentEventMessage(event="sampled", data=note)


router = Router("/", route_handlers=[list_events, stream_events, show_event], tags=["events"])
