"""The reference of the collect figure: the least that answers 200 after an fsync.

On the same server and log engine: plain ASGI on Granian, msgspec to see that the body is JSON, one
SQLite commit (WAL, synchronous FULL) for every group that arrives while the last one is written. No
keys, no limits, no per-event checks: what Weft adds is the difference. Run it with the file of the log
in WEFT_REFERENCE_LOG.
"""

import asyncio
import os
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


class GroupLog:
    """Writes what has gathered in one commit, then wakes everybody who waits for it."""

    def __init__(self, path: str) -> None:
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._arrived = threading.Event()
        self._loop = asyncio.get_running_loop()
        self._path = path
        threading.Thread(target=self._write, daemon=True).start()

    async def append(self, body: bytes) -> None:
        """Return once the body is on disk."""
        done: asyncio.Future[None] = self._loop.create_future()
        self._waiting.append((body, done))
        self._arrived.set()
        await done

    def _write(self) -> None:
        log = sqlite3.connect(self._path, isolation_level=None, timeout=10)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            log.execute(f"PRAGMA {pragma}")
        log.execute("CREATE TABLE IF NOT EXISTS log (position INTEGER PRIMARY KEY, content BLOB NOT NULL)")
        while True:
            self._arrived.wait()
            self._arrived.clear()
            group, self._waiting = self._waiting, []
            if not group:
                continue
            content = msgspec.msgpack.encode([body for body, _ in group])
            log.execute("INSERT INTO log (content) VALUES (?)", (content,))
            self._loop.call_soon_threadsafe(_wake, [done for _, done in group])


def _wake(group: list[asyncio.Future[None]]) -> None:
    for done in group:
        if not done.done():
            done.set_result(None)


_log: GroupLog | None = None
_decode = msgspec.json.Decoder(list[msgspec.Raw] | dict[str, msgspec.Raw]).decode


async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Answer a POST once its body is durable; answer a GET at once (it is asked whether the server is up)."""
    global _log  # noqa: PLW0603 - one log a process, opened inside its loop
    if scope["type"] != "http":
        return
    if scope["method"] == "POST":
        if _log is None:
            _log = GroupLog(os.environ["WEFT_REFERENCE_LOG"])
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        _decode(body)
        await _log.append(body)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})
