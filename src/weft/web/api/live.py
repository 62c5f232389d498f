"""Live events: one reader of the warehouse for each filter feeds a bounded queue for each listener.

A look shows at most SHOWN_EVENTS; when more came, the newest are shown and a note says of how many.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Protocol

import msgspec
import structlog

from weft.errors import TooMany, Transient
from weft.model.event import EventFilter, StoredEvent

LISTENERS = 100
QUEUE_LOOKS = 40
SHOWN_EVENTS = 50
POLL_SECONDS = 0.25
BEAT_SECONDS = 15.0

log = structlog.get_logger()


class Look(msgspec.Struct, frozen=True):
    """What one look found, oldest first. came: positions that went by; not all of them fit the filter."""

    events: Sequence[StoredEvent]
    came: int
    sampled: bool


class Find(Protocol):
    """Looks for events, as `Events.find` does."""

    def __call__(
        self, wanted: EventFilter, limit: int, *, after: int = 0, before: int | None = None
    ) -> Sequence[StoredEvent]:
        """Return the newest events between two positions, newest first."""
        ...


class Listener:
    """A queue of looks. What does not fit is left out and counted in `missed`."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Look] = asyncio.Queue(QUEUE_LOOKS)
        self.missed = 0

    def offer(self, look: Look) -> None:
        """Put a look in, or count its events as missed."""
        try:
            self.queue.put_nowait(look)
        except asyncio.QueueFull:
            self.missed += len(look.events)

    async def next(self, seconds: float) -> Look | None:
        """Return the next look, or None when none comes in this time."""
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(self.queue.get(), seconds)
        return None


class Live:
    """Reads only while somebody listens. head: the position up to which events are stored now."""

    def __init__(self, find: Find, head: Callable[[], int]) -> None:
        self._find = find
        self._head = head
        self._listeners: dict[EventFilter, set[Listener]] = {}
        self._readers: dict[EventFilter, asyncio.Task[None]] = {}

    async def listen(self, wanted: EventFilter) -> AsyncGenerator[Listener]:
        """Yield one listener for as long as it is used."""
        if sum(map(len, self._listeners.values())) >= LISTENERS:
            raise TooMany(f"{LISTENERS} listeners are the most. Close one, or come back later.")
        head = await asyncio.to_thread(self._head)
        listener = Listener()
        listeners = self._listeners.setdefault(wanted, set())
        listeners.add(listener)
        if wanted not in self._readers:
            self._readers[wanted] = asyncio.create_task(self._read(wanted, head))
        try:
            yield listener
        finally:
            listeners.discard(listener)

    async def _read(self, wanted: EventFilter, after: int) -> None:
        listeners = self._listeners[wanted]
        try:
            while listeners:
                after, look = await asyncio.to_thread(self._look, wanted, after)
                if look is not None:
                    for listener in listeners:
                        listener.offer(look)
                await asyncio.sleep(POLL_SECONDS)
        finally:
            self._listeners.pop(wanted, None)
            self._readers.pop(wanted, None)

    def _look(self, wanted: EventFilter, after: int) -> tuple[int, Look | None]:
        """Return up to where was looked, and what was found behind `after`."""
        try:
            head = self._head()
            found = self._find(wanted, SHOWN_EVENTS, after=after) if head > after else ()
        except Transient as error:
            log.warning("live.retry", error=type(error).__name__)
            return after, None
        if not found:
            return max(after, head), None
        upto = max(head, found[0].position)
        return upto, Look(found[::-1], upto - after, len(found) == SHOWN_EVENTS)
