"""Run an ASGI application in this process on Granian, until it is told to stop.

Granian's embedded server is used rather than its process manager: Weft's own supervisor starts the processes, and each
runs exactly one application with an event that stops it. Several processes may share a port (SO_REUSEPORT).
"""

import asyncio
import errno
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from weft.errors import Misconfigured

BACKLOG = 2_048
REQUESTS_AT_ONCE = 4_096
HEADER_SECONDS = 30
HEADER_BYTES = 64 * 1024
STOP_POLL_SECONDS = 0.05
DRAIN_SECONDS = 5


def serve(
    app: Callable[..., Any],
    host: str,
    port: int,
    *,
    shared_port: bool,
    on_ready: Callable[[int], None],
    stop: threading.Event,
) -> None:
    """Serve until `stop` is set; then take no more connections, answer what is in flight and return.

    port 0 picks a free one. on_ready is told the port when connections are taken. shared_port: other processes of ours
    listen on it too. Raises Misconfigured for a port that another program has.
    """
    with claim_port(host, port, shared=shared_port) as claim:
        chosen: int = claim.getsockname()[1]
        uvloop.run(_serve(app, host, chosen, on_ready, stop))


def claim_port(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """Bind a port without listening, so that nobody else gets it; close it to let go.

    A supervisor that wants one port for several processes claims it first and then passes its number on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        if port and not shared:
            _refuse_taken(family, host, port)
        claim = socket.socket(family, socket.SOCK_STREAM)
        claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        claim.bind((host, port))
    except OSError as error:
        raise _unusable(host, port, error) from error
    return claim


def _refuse_taken(family: int, host: str, port: int) -> None:
    """Fail if anybody listens: two programs that both share a port would take half of each other's requests."""
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


def _unusable(host: str, port: int, error: OSError) -> Misconfigured:
    if error.errno == errno.EADDRINUSE:
        return Misconfigured(
            f"Port {port} on {host} is in use. Stop the program that has it, or choose another port "
            "(collect.port or api.port in weft.toml, WEFT__COLLECT__PORT or WEFT__API__PORT).",
            code="port_in_use",
        )
    if error.errno == errno.EACCES:
        return Misconfigured(f"Port {port} on {host} needs more rights. Choose a port above 1023.")
    return Misconfigured(f"{host}:{port} cannot be listened on ({error.strerror}). Check the address.")


async def _serve(
    app: Callable[..., Any], host: str, port: int, on_ready: Callable[[int], None], stop: threading.Event
) -> None:
    server = Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        backlog=BACKLOG,
        backpressure=REQUESTS_AT_ONCE,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000, max_buffer_size=HEADER_BYTES),
        log_enabled=False,
    )
    running = asyncio.ensure_future(server.serve())
    await _listening(host, port, running)
    on_ready(port)
    while not stop.is_set() and not running.done():
        await asyncio.sleep(STOP_POLL_SECONDS)
    if not running.done():
        server.stop()
    with suppress(TimeoutError):  # a stream that never ends must not keep the process
        await asyncio.wait_for(running, DRAIN_SECONDS)


async def _listening(host: str, port: int, running: "asyncio.Future[None]") -> None:
    """Wait until connections are taken; if the server ends instead, raise what ended it."""
    address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 to connect, not to bind
    while not running.done():
        try:
            _, writer = await asyncio.open_connection(address, port)
        except OSError:
            await asyncio.sleep(STOP_POLL_SECONDS / 5)
            continue
        writer.close()
        return
    await running
    raise Misconfigured(f"The server on {host}:{port} ended at once. Is the address right?")
