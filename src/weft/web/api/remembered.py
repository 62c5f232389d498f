"""Figures that take longer to count than a page may take: counted beside the request, remembered for a moment."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

import structlog

log = structlog.get_logger()

T = TypeVar("T")

SPARE = 20
"""A figure that took a second to count is not counted again for this many seconds: at most a twentieth of a core."""


class Remembered(Generic[T]):
    """One figure. seconds: how old it may be; wait_seconds: how long a request waits for a fresh one."""

    def __init__(
        self, name: str, read: Callable[[], T], *, seconds: float = 2.0, wait_seconds: float = 0.05
    ) -> None:
        self._name = name
        self._read = read
        self._seconds = seconds
        self._wait_seconds = wait_seconds
        self._lock = threading.Lock()
        self._running: threading.Thread | None = None
        self._value: T | None = None
        self._good_until = 0.0

    def begin(self) -> threading.Thread | None:
        """Count anew if the figure is too old; return the thread that does."""
        with self._lock:
            if time.monotonic() < self._good_until:
                return None
            if self._running is None:
                self._running = threading.Thread(target=self._count, name=f"weft-{self._name}", daemon=True)
                self._running.start()
            return self._running

    def get(self, wait_seconds: float | None = None) -> T | None:
        """Return the figure, perhaps an older one while it is counted anew; None before the first is there."""
        running = self.begin()
        if running is not None:
            running.join(self._wait_seconds if wait_seconds is None else wait_seconds)
        return self._value

    def _count(self) -> None:
        started = time.monotonic()
        value = self._value
        try:
            value = self._read()
        except Exception as error:  # noqa: BLE001 - the older figure stays; the next request tries again
            log.warning("figure.failed", figure=self._name, error=type(error).__name__)
        ended = time.monotonic()
        with self._lock:
            self._value = value
            self._good_until = ended + max(self._seconds, SPARE * (ended - started))
            self._running = None
