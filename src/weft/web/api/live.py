"""Live events: one reader of the warehouse feeds a bounded queue for each listener."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence

import structlog

from weft.errors import TooMany, Transient
from weft.model.profile import TimelineEvent

LISTENERS = 100
QUEUE_EVENTS = 1_000
READ_EVENTS = 500
POLL_SECONDS = 0.25
BEAT_SECONDS = 15.0

log = structlog.get_logger()


class Listener:
    """A queue of events. What does not fit is left out and counted in `missed`."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[TimelineEvent] = asyncio.Queue(QUEUE_EVENTS)
        self.missed = 0

    def offer(self, event: TimelineEvent) -> None:
        """Put an event in, or count it as missed."""
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            self.missed += 1

    async def next(self, seconds: float) -> TimelineEvent | None:
        """Return the next event, or None when none comes in this time."""
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(self.queue.get(), seconds)
        return None


class Live:
    """Reads only while somebody listens.

    latest: events behind a position, oldest first. head: the position up to which events are stored now.
    """

    def __init__(
        self, latest: Callable[[int, int], Sequence[TimelineEvent]], head: Callable[[], int]
    ) -> None:
        self._latest = latest
        self._head = head
        self._listeners: set[Listener] = set()
        self._reader: asyncio.Task[None] | None = None

    async def listen(self) -> AsyncGenerator[Listener]:
        """Yield one listener for as long as it is used."""
        if len(self._listeners) >= LISTENERS:
            raise TooMany(f"{LISTENERS} listeners are the most. Close one, or come back later.")
        listener = Listener()
        self._listeners.add(listener)
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._read(await asyncio.to_thread(self._head)))
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    async def _read(self, after: int) -> None:
        while self._listeners:
            try:
                events = await asyncio.to_thread(self._latest, after, READ_EVENTS)
            except Transient as error:
                log.warning("live.retry", error=type(error).__name__)
                events = ()
            for event in events:
                after = max(after, event.position)
                for listener in self._listeners:
                    listener.offer(event)
            if len(events) < READ_EVENTS:
                await asyncio.sleep(POLL_SECONDS)
