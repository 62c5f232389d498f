"""Request bodies: read within a limit of bytes and of time, and decompressed within a limit of bytes and of ratio."""

import asyncio
import zlib

from weft.collect.edge.asgi import Failure, Headers, Receive, problem
from weft.config import CollectSettings
from weft.model.reason import Reason

RATIO = 100
DECOMPRESSED_BYTES = 10 * 1024 * 1024
RATIO_FROM_BYTES = 64 * 1024
"""Bodies that decompress to less than this may have any ratio: they cost nothing."""
SWEEP_SECONDS = 0.5

_WBITS = {b"gzip": 31, b"x-gzip": 31, b"deflate": 15}


class BodyReader:
    """Reads request bodies, and ends those that take too long to come in."""

    def __init__(self, settings: CollectSettings) -> None:
        self._limit_bytes = settings.batch_bytes
        self._seconds = settings.request_seconds
        self._reading: dict[asyncio.Task[object], int] = {}
        self._sweep_number = 0
        self._overdue: set[asyncio.Task[object]] = set()
        self._sweeping = False

    async def read(self, receive: Receive, headers: Headers) -> bytes | None:
        """Return the decompressed body, or None if the client went away. Raises Failure (400, 408, 413)."""
        declared = headers.get(b"content-length")
        if declared is not None and (not declared.isdigit() or int(declared[:19]) > self._limit_bytes):
            raise self._too_large()
        body = await self._receive(receive)
        encoding = headers.get(b"content-encoding")
        if body is None or encoding is None or encoding == b"identity":
            return body
        return self._decompress(body, encoding.strip().lower())

    async def _receive(self, receive: Receive) -> bytes | None:
        """Read the body; the sweeper cancels this task if that takes too long."""
        task = asyncio.current_task()
        assert task is not None
        if not self._sweeping:
            self._sweeping = True
            loop = asyncio.get_running_loop()
            loop.call_later(SWEEP_SECONDS, self._sweep, loop)
        self._reading[task] = self._sweep_number
        try:
            message = await receive()
            if message.get("more_body"):
                return await self._receive_rest(receive, message["body"])
        except asyncio.CancelledError:
            if task not in self._overdue:
                raise
            raise Failure(
                problem(408, "request_timeout", f"the request took more than {self._seconds} seconds")
            ) from None
        finally:
            del self._reading[task]
            self._overdue.discard(task)
        if message["type"] == "http.disconnect":
            return None
        body: bytes = message.get("body", b"")
        if len(body) > self._limit_bytes:
            raise self._too_large()
        return body

    async def _receive_rest(self, receive: Receive, first: bytes) -> bytes | None:
        parts = [first]
        size_bytes = len(first)
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            parts.append(message.get("body", b""))
            size_bytes += len(parts[-1])
            if size_bytes > self._limit_bytes:
                raise self._too_large()
            more = message.get("more_body", False)
        return b"".join(parts)

    def _decompress(self, body: bytes, encoding: bytes) -> bytes:
        """Decompress at most one byte more than is allowed."""
        wbits = _WBITS.get(encoding)
        if wbits is None:
            raise Failure(problem(400, Reason.BAD_COMPRESSION, "Content-Encoding is gzip or deflate"))
        if encoding == b"deflate" and body[:1] and body[0] & 0x0F != 8:
            wbits = -15  # raw deflate, which some senders mean by the name
        limit_bytes = min(self._limit_bytes, DECOMPRESSED_BYTES)
        inflate = zlib.decompressobj(wbits)
        try:
            whole = inflate.decompress(body, limit_bytes + 1)
        except zlib.error as error:
            raise Failure(
                problem(400, Reason.BAD_COMPRESSION, f"the body is no {encoding.decode()}")
            ) from error
        if len(whole) > limit_bytes:
            raise self._too_large()
        if len(whole) > max(RATIO_FROM_BYTES, RATIO * len(body)):
            raise Failure(
                problem(400, Reason.BAD_COMPRESSION, f"the body is compressed more than {RATIO} to 1")
            )
        if not inflate.eof:
            raise Failure(problem(400, Reason.BAD_COMPRESSION, "the compressed body is cut off"))
        return whole

    def _too_large(self) -> Failure:
        message = f"a request is at most {self._limit_bytes} bytes; send smaller batches"
        return Failure(problem(413, Reason.TOO_LARGE, message, (b"connection", b"close")))

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        """Cancel what has been read for too many sweeps; run again while anything is being read."""
        self._sweep_number += 1
        oldest = self._sweep_number - int(self._seconds / SWEEP_SECONDS)
        for task, began in self._reading.items():
            if began < oldest and task not in self._overdue:
                self._overdue.add(task)
                task.cancel()
        self._sweeping = bool(self._reading)
        if self._sweeping:
            loop.call_later(SWEEP_SECONDS, self._sweep, loop)
