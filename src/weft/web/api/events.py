"""Events as they come in."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import msgspec
from litestar import Request, Router, get
from litestar.datastructures import State
from litestar.params import QueryParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage

from weft.model.access import Scope
from weft.web.api.access import needs
from weft.web.api.describe import LIMIT_DEFAULT, Limit, Provided, failures
from weft.web.api.live import BEAT_SECONDS, Live
from weft.web.api.profiles import EventView, event_view


@get("/events", guards=[needs(Scope.PROFILES)], responses=failures(), sync_to_thread=True)
def list_events(
    services: Provided,
    after: Annotated[
        int | None, QueryParameter(description="Only behind this position; absent: the newest.", ge=0)
    ] = None,
    limit: Limit = LIMIT_DEFAULT,
) -> list[EventView]:
    """List events in the order of the log."""
    start = max(0, services.log.backlog().consumed - limit) if after is None else after
    return [event_view(each) for each in services.facts.latest(start, limit)]


@get("/events/stream", guards=[needs(Scope.PROFILES)], responses=failures())
async def stream_events(request: Request[object, object, State]) -> ServerSentEvent:
    """Follow events as they are stored (server-sent events).

    `event` carries one event. `missed` says how many were left out because this listener was slow.
    """
    live: Live = request.app.state.live
    return ServerSentEvent(_messages(live))


async def _messages(live: Live) -> AsyncGenerator[ServerSentEventMessage]:
    async with aclosing(live.listen()) as listeners:
        async for listener in listeners:
            yield ServerSentEventMessage(comment="listening", data=None)
            told = 0
            while True:
                event = await listener.next(BEAT_SECONDS)
                if event is None:
                    yield ServerSentEventMessage(comment="nothing new", data=None)
                    continue
                if listener.missed > told:
                    told = listener.missed
                    yield ServerSentEventMessage(event="missed", data=str(told))
                body = msgspec.json.encode(event_view(event)).decode()
                yield ServerSentEventMessage(event="event", id=str(event.position), data=body)


router = Router("/", route_handlers=[list_events, stream_events], tags=["events"])
