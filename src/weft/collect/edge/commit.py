"""Group commit: what arrives while a commit runs waits in one list and goes into the next, with one fsync."""

import asyncio
import queue
import threading
import time
from collections.abc import Callable

import structlog

from weft.collect.edge.metrics import EdgeMetrics
from weft.errors import MustRestart, Transient
from weft.model.accepted import Accepted
from weft.ports import EventLog

log = structlog.get_logger()

GROUP_BYTES = 8 * 1024 * 1024
GATHER_FROM_REQUESTS = 8
GATHER_SECONDS = 0.001
"""While many send, wait this long for those who were just answered: it saves them a commit made for the first."""
WAITING_BYTES = 32 * 1024 * 1024
"""Most that waits for the disk; beyond it requests are refused instead of filling the memory."""

_Waiting = tuple[Accepted, "asyncio.Future[None]"]


class GroupCommit:
    """One thread that appends to the log; an event loop waits for it without blocking."""

    def __init__(self, event_log: EventLog, metrics: EdgeMetrics, on_broken: Callable[[], None]) -> None:
        self._log = event_log
        self._metrics = metrics
        self._on_broken = on_broken
        self._waiting: queue.SimpleQueue[_Waiting] = queue.SimpleQueue()
        self._waiting_bytes = 0
        self._last_size = 0
        self._loop: asyncio.AbstractEventLoop | None = None

    def submit(self, accepted: Accepted) -> "asyncio.Future[None]":
        """Return a future that is done when the request is durable; it raises Transient if it is not.

        Call it from the event loop only.
        """
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            threading.Thread(target=self._run, name="weft-commit", daemon=True).start()
        if self._waiting_bytes > WAITING_BYTES:
            raise Transient("The disk does not keep up.")
        future: asyncio.Future[None] = self._loop.create_future()
        self._waiting_bytes += len(accepted.body)
        self._waiting.put((accepted, future))
        return future

    def _run(self) -> None:
        while True:
            group = self._next_group()
            error = self._append([accepted for accepted, _ in group])
            assert self._loop is not None
            try:
                self._loop.call_soon_threadsafe(self._resolve, group, error)
            except RuntimeError:
                return  # the loop is closed: nobody waits
            if isinstance(error, MustRestart):
                self._on_broken()
                return

    def _next_group(self) -> list[_Waiting]:
        group = [self._waiting.get()]
        if self._last_size >= GATHER_FROM_REQUESTS:
            time.sleep(GATHER_SECONDS)
        size_bytes = len(group[0][0].body)
        while size_bytes < GROUP_BYTES:
            try:
                group.append(self._waiting.get_nowait())
            except queue.Empty:
                break
            size_bytes += len(group[-1][0].body)
        self._last_size = len(group)
        return group

    def _append(self, requests: list[Accepted]) -> Exception | None:
        started = time.perf_counter()
        try:
            self._log.append(requests)
        except Transient as error:
            log.warning("collect.commit_failed", code=error.code, why=str(error))
            self._metrics.commit_failed()
            return error
        except Exception as error:
            log.exception("collect.commit_failed", error=type(error).__name__)
            self._metrics.commit_failed()
            return error
        self._metrics.committed(time.perf_counter() - started)
        return None

    def _resolve(self, group: list[_Waiting], error: Exception | None) -> None:
        for accepted, future in group:
            self._waiting_bytes -= len(accepted.body)
            if future.done():
                continue  # its client went away
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(_transient(error))


def _transient(error: Exception) -> Transient:
    if isinstance(error, Transient):
        return Transient(str(error), retry_after_seconds=error.retry_after_seconds)
    return Transient("The event log cannot be written.", retry_after_seconds=2)
