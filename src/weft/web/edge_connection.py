"""HTTP/1.1 on one connection of the edge: requests come in, an ASGI application answers one after the other.

llhttp, the parser of Node, reads the bytes, strictly. The rest is here: limits of bytes and time for heads,
back-pressure, pipelining, and an end of the connection that does not lose the last answer.
"""

import asyncio
from collections import deque
from email.utils import formatdate
from typing import Any, cast
from urllib.parse import unquote_to_bytes

import httptools
import structlog

from weft.collect.edge.asgi import App
from weft.web.edge_exchange import Exchange

CONNECTIONS = 4_096
HEAD_BYTES = 64 * 1024
"""Most that may come in without the end of a head, a part of a body or the end of a request among it."""
HEADERS = 100
UNREAD_BYTES = 64 * 1024
"""Bytes of a body that wait for the application before reading pauses."""
PIPELINED = 32
IDLE_SECONDS = 30
"""Longest time for a head to come in, for the next request, and for a client to take its answer."""
LINGER_SECONDS = 2
"""After the last answer, what still comes is thrown away for so long: a reset could overtake the answer."""

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 2\r\nconnection: close\r\n\r\n"
)

log = structlog.get_logger()


class Shared:
    """What the connections of a server share. tick: seconds since it began; ending: no request follows."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.loop = asyncio.get_running_loop()
        self.open: set[Connection] = set()
        self.tick = 0
        self.ending = False
        self.date = formatdate(usegmt=True).encode()

    def sweep(self) -> None:
        """Count a second, and close what has been idle for too long."""
        self.tick += 1
        self.date = formatdate(usegmt=True).encode()
        for connection in tuple(self.open):
            connection.sweep()


class _Refused(Exception):  # noqa: N818 it is an answer
    """The head cannot be taken, with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Connection(asyncio.Protocol):
    """One connection. The parser calls the methods that begin with `on_`."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._parser: httptools.HttpRequestParser | None = httptools.HttpRequestParser(self)
        self._transport = cast("asyncio.Transport", None)
        self._client: tuple[str, int] | None = None
        self._reading: Exchange | None = None
        self._answering: Exchange | None = None
        self._waiting: deque[Exchange] = deque()
        self._task: asyncio.Task[None] | None = None
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._moved = False
        self._quiet_bytes = 0
        self._failure = 500
        self._since = shared.tick
        self._is_paused = False
        self._is_leaving = False
        self._has_eof = False
        self.is_stuck = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, if there is room."""
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self._client = (str(peer[0]), int(peer[1])) if isinstance(peer, tuple) else None
        is_full = len(self._shared.open) >= CONNECTIONS
        self._shared.open.add(self)
        if is_full:
            self._transport.write(_FULL)
            self._leave()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell those who wait that the client is gone. The parser knows this object: let go of it."""
        self._shared.open.discard(self)
        self._parser = None
        for exchange in (self._reading, self._answering, *self._waiting):
            if exchange is not None:
                exchange.lose()
        self._reading = self._answering = None
        self._waiting.clear()

    def data_received(self, data: bytes) -> None:
        """Parse what came; refuse what is no HTTP or too much."""
        if self._is_leaving or self._parser is None:
            return
        self._moved = False
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._is_leaving = True  # it is answered as if it had not asked for an upgrade
        except httptools.HttpParserCallbackError as error:
            why = error.__context__
            self._refuse(why.status if isinstance(why, _Refused) else 400)
        except httptools.HttpParserError:
            self._refuse(400)
        self._quiet_bytes = 0 if self._moved else self._quiet_bytes + len(data)
        if self._quiet_bytes > HEAD_BYTES and not self._is_leaving:
            self._refuse(431)

    def eof_received(self) -> bool:
        """Return whether the connection stays half open: until the answers are sent."""
        self._has_eof = self._is_leaving = True
        if self._reading is not None:
            self._failure = 400
            self._reading.lose()
            self._reading = None
        return self._answering is not None

    def pause_writing(self) -> None:
        """Note that the client does not take its answers."""
        self.is_stuck = True
        self._since = self._shared.tick

    def resume_writing(self) -> None:
        """Go on with what waits for that."""
        self.is_stuck = False
        if self._answering is not None:
            self._answering.wake()
        elif self._waiting:
            self._answer(self._waiting.popleft())

    def on_url(self, url: bytes) -> None:
        """Keep the target; it comes in the parts that it was received in."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header. Trailers, behind a body, mean nothing."""
        if self._reading is None:
            self._headers.append((name.lower(), value))
            if len(self._headers) > HEADERS:
                raise _Refused(431)

    def on_headers_complete(self) -> None:
        """Begin to answer; the body follows, most often out of the same bytes."""
        self._moved = True
        exchange = Exchange(self, self._scope())
        self._url, self._headers, self._reading = b"", [], exchange
        if self._answering is None and not self._waiting and not self.is_stuck:
            self._answer(exchange)
        elif len(self._waiting) < PIPELINED:
            self._waiting.append(exchange)
            self._pause()
        else:
            raise _Refused(429)

    def on_body(self, body: bytes) -> None:
        """Hand on a part of the body."""
        self._moved = True
        if self._reading is not None and self._reading.feed(body) > UNREAD_BYTES:
            self._pause()

    def on_message_complete(self) -> None:
        """End the request."""
        self._moved = True
        exchange, self._reading = self._reading, None
        if exchange is not None and self._parser is not None:
            exchange.end(is_last=self._parser.should_upgrade() or not self._parser.should_keep_alive())

    @property
    def date(self) -> bytes:
        """The time, as a head says it."""
        return self._shared.date

    @property
    def is_ending(self) -> bool:
        """Whether the answer that is made now is the last."""
        return self._shared.ending

    @property
    def is_busy(self) -> bool:
        """Whether an answer is made, or has not left."""
        return self._answering is not None or self._transport.get_write_buffer_size() > 0

    def write(self, data: bytes) -> None:
        """Send bytes, if the client is still there."""
        if self._parser is not None:
            self._transport.write(data)

    def invite(self) -> None:
        """Tell the client to send the body that it holds back."""
        self.write(_CONTINUE)

    def resume(self) -> None:
        """Read on."""
        if self._is_paused and not self._transport.is_closing():
            self._is_paused = False
            self._transport.resume_reading()

    def finish(self, exchange: Exchange, *, keeps: bool) -> None:
        """Go on with the next request, or leave."""
        if self._answering is not exchange:
            return  # the client has left
        self._answering = None
        self._since = self._shared.tick
        if not keeps or not (self._waiting or not self._is_leaving):
            self._leave()
        elif not self._waiting:
            self.resume()
        elif not self.is_stuck:
            self._answer(self._waiting.popleft())

    def sweep(self) -> None:
        """Close the connection if nothing has happened for too long."""
        idle_seconds = self._shared.tick - self._since
        if self._answering is not None and not self.is_stuck:
            return  # the application has limits of its own
        limit = LINGER_SECONDS if self._is_leaving and not self.is_busy else IDLE_SECONDS
        if idle_seconds > limit:
            self._transport.abort()

    def close(self, *, at_once: bool = False) -> None:
        """Close the connection, after what is being sent has left."""
        if at_once:
            self._transport.abort()
        elif not self.is_busy:
            self._transport.close()

    def _leave(self) -> None:
        """Send no more, throw away what comes, and close when the client does, or soon."""
        self._is_leaving = True
        self._waiting.clear()
        self._since = self._shared.tick
        if self._has_eof:
            self._transport.close()
        elif not self._transport.is_closing():
            self._transport.write_eof()
            self.resume()

    def _pause(self) -> None:
        if not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()

    def _scope(self) -> dict[str, Any]:
        assert self._parser is not None
        target, _, query = self._url.partition(b"?")
        if not target.startswith(b"/"):
            target = _path_of(self._url)
        path = unquote_to_bytes(target) if b"%" in target else target
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": self._parser.get_http_version(),
            "method": self._parser.get_method().decode(),
            "scheme": "http",
            "path": path.decode("utf-8", "replace"),
            "raw_path": target,
            "query_string": query,
            "root_path": "",
            "headers": self._headers,
            "client": self._client,
            "server": None,
        }

    def _answer(self, exchange: Exchange) -> None:
        self._answering = exchange
        self._task = self._shared.loop.create_task(self._run(exchange))

    async def _run(self, exchange: Exchange) -> None:
        try:
            await self._shared.app(exchange.scope, exchange.receive, exchange.send)
        except Exception as error:
            log.exception("edge.failed", error=type(error).__name__)
        if self._answering is exchange:  # it got no answer, or half of one
            exchange.fail(self._failure)
            self._answering = None
            self._leave()

    def _refuse(self, status: int) -> None:
        """Answer what is no request with a status, behind the answers that are still to come; then close."""
        self._is_leaving = True
        self._failure = status
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.lose()
        if self._answering is None:
            Exchange(self, {}).fail(status)
            self._leave()


def _path_of(url: bytes) -> bytes:
    """Return the path of a target that is a whole URL, as proxies send it."""
    try:
        return httptools.parse_url(url).path or b"/"
    except httptools.HttpParserError:
        raise _Refused(400) from None
