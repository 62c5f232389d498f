"""Run the edge's application in this process: one event loop that reads, answers and waits for the disk.

Not on Granian, on which the engine's API runs: its own threads hand every request over to the loop and back, and that
handing over cost more than the rest of the request.
"""

import asyncio
import socket
import threading
from collections.abc import Callable

import uvloop

from weft.collect.edge.asgi import App, Message
from weft.web.edge_connection import Connection, Shared
from weft.web.serve import BACKLOG, DRAIN_SECONDS, STOP_POLL_SECONDS, claim_port

SWEEP_SECONDS = 1.0


def serve_edge(
    app: App,
    host: str,
    port: int,
    *,
    shared_port: bool,
    on_ready: Callable[[int], None],
    stop: threading.Event,
) -> None:
    """Serve until `stop` is set; then take no more connections, answer what is in flight and return.

    The parameters and faults are those of `weft.web.serve.serve`.
    """
    with claim_port(host, port, shared=shared_port) as claim:
        uvloop.run(_serve(app, claim, on_ready, stop))


async def _serve(
    app: App, claim: socket.socket, on_ready: Callable[[int], None], stop: threading.Event
) -> None:
    shared = Shared(app)
    life = _Life(app)
    await life.tell("lifespan.startup")
    server = await shared.loop.create_server(lambda: Connection(shared), sock=claim, backlog=BACKLOG)
    sweeping = asyncio.ensure_future(_sweep(shared))
    on_ready(claim.getsockname()[1])
    while not stop.is_set():
        await asyncio.sleep(STOP_POLL_SECONDS)
    shared.ending = True
    server.close()
    await _drain(shared)
    sweeping.cancel()
    await life.tell("lifespan.shutdown")


async def _sweep(shared: Shared) -> None:
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        shared.sweep()


async def _drain(shared: Shared) -> None:
    """Let answers leave; what takes longer than DRAIN_SECONDS is cut off."""
    give_up = shared.loop.time() + DRAIN_SECONDS
    while shared.open and shared.loop.time() < give_up:
        for connection in tuple(shared.open):
            connection.close()
        await asyncio.sleep(STOP_POLL_SECONDS / 5)
    for connection in tuple(shared.open):
        connection.close(at_once=True)


class _Life:
    """The application's lifespan: it is told when the server starts and ends, and each time it is waited for."""

    def __init__(self, app: App) -> None:
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        self._done = asyncio.Event()
        self._task = asyncio.ensure_future(app({"type": "lifespan"}, self._messages.get, self._take))

    async def tell(self, what: str) -> None:
        self._done.clear()
        await self._messages.put({"type": what})
        done = asyncio.ensure_future(self._done.wait())
        await asyncio.wait((done, self._task), timeout=DRAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        done.cancel()

    async def _take(self, _message: Message) -> None:
        self._done.set()
