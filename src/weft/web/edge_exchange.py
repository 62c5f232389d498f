"""One request of the edge and its answer, as ASGI sees them."""

import asyncio
from collections.abc import Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Protocol, TypeAlias

from weft.collect.edge.asgi import Message

Headers: TypeAlias = Sequence[tuple[bytes, bytes]]

_REASONS = {status.value: status.phrase.encode() for status in HTTPStatus}
_CLOSE = (b"connection", b"close")
_KEEP = (b"connection", b"keep-alive")
_BODILESS = frozenset((HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED))
_GONE: Message = {"type": "http.disconnect"}


class Line(Protocol):
    """What an exchange needs of its connection."""

    is_stuck: bool

    @property
    def date(self) -> bytes:
        """The time, as a head says it."""
        ...

    @property
    def is_ending(self) -> bool:
        """Whether no request follows."""
        ...

    def write(self, data: bytes) -> None:
        """Send bytes, if the client is still there."""
        ...

    def invite(self) -> None:
        """Tell the client to send the body that it holds back."""
        ...

    def resume(self) -> None:
        """Read on."""
        ...

    def finish(self, exchange: "Exchange", *, keeps: bool) -> None:
        """End an exchange that is answered; keeps: the connection may carry another."""
        ...


class Exchange:
    """Gives the application the body as it comes, and sends its answer in one write where it can."""

    __slots__ = (
        "_answered",
        "_ended",
        "_gone",
        "_is_last",
        "_line",
        "_parts",
        "_start",
        "_started",
        "_told",
        "_unread_bytes",
        "_waiter",
        "scope",
    )

    def __init__(self, line: Line, scope: dict[str, Any]) -> None:
        self.scope = scope
        self._line = line
        self._parts: list[bytes] = []
        self._unread_bytes = 0
        self._ended = self._told = self._gone = self._is_last = self._started = self._answered = False
        self._waiter: asyncio.Future[None] | None = None
        self._start: Message | None = None

    async def receive(self) -> Message:
        """Return the next part of the body, the whole of it if it is there, else http.disconnect.

        A body that came in whole is handed on even if the client has left since: many send and go.
        """
        while not (self._parts or self._gone or (self._ended and not self._told)):
            if not self._ended:
                self._invite()
            await self._wait()
        if self._told or (self._gone and not self._ended):
            return _GONE
        body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts.clear()
        self._unread_bytes = 0
        self._told = self._ended
        return {"type": "http.request", "body": body, "more_body": not self._ended}

    async def send(self, message: Message) -> None:
        """Take the start of the answer, then its body; the head leaves with the first part."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        if self._answered:
            return
        more: bool = message.get("more_body", False)
        body: bytes = message.get("body", b"")
        content = b"" if self.scope["method"] == "HEAD" else body
        start, self._start = self._start, None
        if start is not None:
            self._started = True
            content = self._head(start["status"], start["headers"], None if more else len(body)) + content
        if content:
            self._line.write(content)
        if not more:
            self._answered = True
            self._line.finish(self, keeps=not self._is_last)
        while more and self._line.is_stuck and not self._gone:
            await self._wait()

    def feed(self, part: bytes) -> int:
        """Take a part of the body; return how many bytes wait to be read."""
        self._parts.append(part)
        self._unread_bytes += len(part)
        self.wake()
        return self._unread_bytes

    def end(self, *, is_last: bool) -> None:
        """Take the end of the body. is_last: the client wants no other request on this connection."""
        self._ended = True
        self._is_last = is_last
        self.wake()

    def lose(self) -> None:
        """Nothing more comes."""
        self._gone = True
        self.wake()

    def fail(self, status: int) -> None:
        """Answer for an application that did not; half an answer stays half."""
        self._is_last = True
        if not self._started:
            self._line.write(self._head(status, (), 0))

    def wake(self) -> None:
        """Let the application look again."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _wait(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _invite(self) -> None:
        headers: Headers = self.scope["headers"]
        if not self._parts and any(name == b"expect" for name, _ in headers):
            self._line.invite()
        self._line.resume()

    def _head(self, status: int, headers: Headers, length: int | None) -> bytes:
        """Build the head and note whether it ends the connection. length: of the body, None while it is not known."""
        is_last = self._is_last or not self._ended or self._line.is_ending
        is_old = not is_last and self.scope["http_version"] == "1.0"
        build = _head_again if isinstance(headers, tuple) else _head
        content, self._is_last = build(status, headers, length, is_last, is_old, self._line.date)
        return content


def _head(
    status: int, headers: Headers, length: int | None, is_last: bool, is_old: bool, date: bytes
) -> tuple[bytes, bool]:
    """Return a head, and whether the connection ends with its answer: without a length, only that ends it."""
    pairs = list(headers)
    names = {name for name, _ in pairs}
    if b"content-length" not in names:
        if length is None:
            is_last = True
        elif status not in _BODILESS:
            pairs.append((b"content-length", b"%d" % length))
    if b"connection" in names:
        is_last = is_last or _CLOSE in pairs
    elif is_last:
        pairs.append(_CLOSE)
    elif is_old:
        pairs.append(_KEEP)
    lines = b"".join([b"%b: %b\r\n" % pair for pair in pairs])
    return b"HTTP/1.1 %d %b\r\ndate: %b\r\n%b\r\n" % (status, _REASONS.get(status, b""), date, lines), is_last


_head_again = lru_cache(maxsize=256)(_head)
"""For headers in a tuple: such answers are sent again and again."""
