"""A lane: the threads that send for one connection, and how fast they may. A dead one slows no other."""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

import structlog
from msgspec import Struct

from weft.activate.destination import Destination, Parcel, Sender, Surroundings
from weft.activate.pace import Breaker, Bucket
from weft.clock import now_us
from weft.model.delivery import Outcome, Receipt
from weft.model.destination import Connection

log = structlog.get_logger()

CLEARANCE_SECONDS = 0.5
"""A parcel that waited longer than this for a free thread goes back and passes the gate again."""

PAUSE_MAX_SECONDS = 3_600.0
"""The longest Retry-After that halts a lane."""

AHEAD_SECONDS = 0.15
AHEAD_ITEMS_MAX = 400
"""Parcels handed out beyond the threads, so that they have work while a transaction commits."""


class LaneStatus(Struct, frozen=True):
    """What a lane is doing. delivered and failed count since the start."""

    name: str
    type: str
    breaker: str
    in_flight: int
    delivered: int
    failed: int
    last_error: str
    open_for_seconds: float


class Done(Struct, frozen=True):
    """A parcel that came back, with its receipt."""

    parcel: Parcel
    receipt: Receipt


class Lane:
    """Called by one coordinator thread, except for the sender threads inside."""

    def __init__(
        self,
        connection: Connection,
        destination: Destination,
        surroundings: Surroundings,
        on_done: Callable[[], None],
    ) -> None:
        self.connection = connection
        self.repeatable = destination.repeatable
        self.breaker = Breaker()
        self.timeout_seconds = surroundings.timeout_seconds
        self._destination = destination
        self._surroundings = surroundings
        self._on_done = on_done
        self._bucket = Bucket(connection.common.rate_per_second, time.monotonic())
        self._work: queue.SimpleQueue[tuple[float, Sequence[Parcel]] | None] = queue.SimpleQueue()
        self._done: deque[Done] = deque()
        self._recent: deque[tuple[float, int]] = deque()
        self._in_flight = 0
        self._paused_until = 0.0
        self._delivered = 0
        self._failed = 0
        self._last_error = ""
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._run, name=f"weft-send-{self.name}-{number}", daemon=True)
            for number in range(connection.common.concurrency)
        ]

    @property
    def name(self) -> str:
        """The name of its connection."""
        return self.connection.name

    @property
    def in_flight(self) -> int:
        """Parcels handed out and not yet collected."""
        return self._in_flight

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_seconds: float) -> None:
        """End the threads after the sends that run; what still waits comes back unsent."""
        self._stopping = True
        for _ in self._threads:
            self._work.put(None)
        deadline = time.monotonic() + timeout_seconds
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, deadline - time.monotonic()))

    def room(self, now_seconds: float) -> int:
        """Return how many parcels it takes now: threads free, tokens left, breaker and receiver willing."""
        if self._stopping or now_seconds < self._paused_until:
            return 0
        batch = self._destination.batch_items
        ahead = min(AHEAD_ITEMS_MAX, self._recently(now_seconds)) if self.repeatable else 0
        free = len(self._threads) * batch + ahead - self._in_flight
        if free <= 0:
            return 0
        return self.breaker.permits(
            min(free, self._bucket.available(now_seconds)), self._in_flight, now_seconds
        )

    def hand_out(self, parcels: Sequence[Parcel], now_seconds: float) -> None:
        """Give parcels, whose intent is committed, to the threads."""
        self._in_flight += len(parcels)
        self._bucket.take(len(parcels))
        size = self._destination.batch_items
        for start in range(0, len(parcels), size):
            self._work.put((now_seconds, parcels[start : start + size]))

    def collect(self, now_seconds: float) -> list[Done]:
        """Return what came back since the last call, and learn from it."""
        done = [self._done.popleft() for _ in range(len(self._done))]
        self._in_flight -= len(done)
        tried = [each.receipt for each in done if each.receipt.outcome != Outcome.UNSENT]
        if tried:
            self._recent.append((now_seconds, len(tried)))
        for receipt in tried:
            self._learn(receipt, now_seconds)
        return done

    def status(self) -> LaneStatus:
        """Return what it is doing."""
        return LaneStatus(
            name=self.name,
            type=self._destination.name,
            breaker=self.breaker.state,
            in_flight=self._in_flight,
            delivered=self._delivered,
            failed=self._failed,
            last_error=self._last_error,
            open_for_seconds=max(0.0, self.breaker.until_seconds - time.monotonic()),
        )

    def test(self) -> Receipt:
        """Send a message about nobody, at once and outside of the pace."""
        sender = self._open()
        try:
            return sender.test()
        finally:
            sender.close()

    def _recently(self, now_seconds: float) -> int:
        while self._recent and self._recent[0][0] < now_seconds - AHEAD_SECONDS:
            self._recent.popleft()
        return sum(items for _, items in self._recent)

    def _learn(self, receipt: Receipt, now_seconds: float) -> None:
        if receipt.outcome == Outcome.ACCEPTED:
            self._delivered += 1
            self._last_error = ""
        else:
            self._failed += 1
            self._last_error = receipt.error
        if receipt.outcome in {Outcome.ACCEPTED, Outcome.REFUSED}:
            self.breaker.succeeded()
            return
        if receipt.retry_after_seconds:
            self._paused_until = max(
                self._paused_until, now_seconds + min(receipt.retry_after_seconds, PAUSE_MAX_SECONDS)
            )
        else:
            self.breaker.failed(now_seconds)

    def _open(self) -> Sender:
        return self._destination.open(self.connection.settings, self._surroundings)

    def _run(self) -> None:
        sender: Sender | None = None
        while (work := self._work.get()) is not None:
            handed_at, parcels = work
            if self._stopping or time.monotonic() - handed_at > CLEARANCE_SECONDS:
                receipts: Sequence[Receipt] = [_unsent(parcel) for parcel in parcels]
            else:
                sender, receipts = self._send(sender, parcels)
            by_key = {receipt.key: receipt for receipt in receipts}
            self._done.extend(Done(p, by_key.get(p.item.key) or _lost(p)) for p in parcels)
            self._on_done()
        if sender is not None:
            sender.close()

    def _send(
        self, sender: Sender | None, parcels: Sequence[Parcel]
    ) -> tuple[Sender | None, Sequence[Receipt]]:
        try:
            sender = sender or self._open()
            return sender, sender.send(parcels)
        except Exception as error:
            log.exception("send.failed", destination=self.name, error=type(error).__name__)
            return sender, [_lost(parcel) for parcel in parcels]


def _unsent(parcel: Parcel) -> Receipt:
    return Receipt(parcel.item.key, Outcome.UNSENT, at_us=now_us())


def _lost(parcel: Parcel) -> Receipt:
    return Receipt(parcel.item.key, Outcome.UNKNOWN, error="sender_failed", at_us=now_us())
