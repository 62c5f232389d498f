"""The engine API before it is there: its framework takes longer to load than everything else of a start.

The workers and health come first. Any other request waits for the moment in which the API is loaded.
"""

import asyncio
from collections.abc import Callable

import msgspec
import structlog

from weft.collect.edge.asgi import Answer, App, Receive, Scope, Send, reply
from weft.web.api.services import Services

log = structlog.get_logger()


class Readiness(msgspec.Struct, frozen=True):
    """Whether every worker is well."""

    ready: bool
    workers: dict[str, bool]


def readiness_of(services: Services) -> Readiness:
    """Ask every worker."""
    workers = {each.name: each.healthy for each in services.workers()}
    return Readiness(all(workers.values()), workers)


class LateApi:
    """An ASGI application that becomes `load()`'s. broken: called when that fails."""

    def __init__(self, services: Services, load: Callable[[], App], broken: Callable[[], None]) -> None:
        self._services = services
        self._load = load
        self._broken = broken
        self._app: App | None = None
        self._loading: asyncio.Task[App] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        app = self._app
        if app is not None and scope["type"] == "http":
            await app(scope, receive, send)
        elif scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["path"] == "/healthz":
            await reply(send, Answer(200, b'{"alive":true}'))
        elif scope["path"] == "/readyz":
            readiness = readiness_of(self._services)
            await reply(send, Answer(200 if readiness.ready else 503, msgspec.json.encode(readiness)))
        else:
            app = await asyncio.shield(self.load_soon())
            await app(scope, receive, send)

    def load_soon(self) -> "asyncio.Task[App]":
        """Begin to load in a thread, if nobody has; call it in the loop that serves."""
        if self._loading is None:
            self._loading = asyncio.ensure_future(self._arrive())
        return self._loading

    async def _arrive(self) -> App:
        try:
            self._app = await asyncio.to_thread(self._load)
        except Exception as error:
            log.critical("api.not_loaded", exc_info=error)
            self._broken()
            raise
        return self._app


async def _live(receive: Receive, send: Send) -> None:
    """Follow the server's life; the API has nothing to begin or to end with it."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return
