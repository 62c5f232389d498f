"""The one skeleton of every worker: read a numbered stream, commit the position with the effects, repeat."""

import threading
import time
from collections.abc import Callable

import structlog

from weft.errors import MustRestart, Transient

log = structlog.get_logger()

BACKOFF_MAX_SECONDS = 4.0
"""So that what failed for want of disk goes on within five seconds of there being some."""


class Worker:
    """Runs `step` in a thread of its own until it is stopped.

    step: does one unit of work and returns how much it did; 0 means idle. It commits its own position with its
    effects, so it may be killed anywhere and is simply called again.
    """

    def __init__(self, name: str, step: Callable[[], int], *, wait_seconds: float = 0.025) -> None:
        self.name = name
        self.healthy = True
        self.broken = False  # only a fresh process can go on
        self.done = 0
        self.failures = 0
        self._step = step
        self._wait_seconds = wait_seconds
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"weft-{name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Cut the current wait short: there is work."""
        self._wake.set()

    def stop(self, timeout_seconds: float = 30.0) -> None:
        """Let the running step finish and end the thread."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout_seconds)

    def _run(self) -> None:
        while not self._stopping.is_set():
            worked = self._attempt()
            if worked:
                continue
            self._wake.wait(self._pause_seconds())
            self._wake.clear()

    def _pause_seconds(self) -> float:
        if not self.failures:
            return self._wait_seconds
        return min(BACKOFF_MAX_SECONDS, 0.1 * 2 ** min(self.failures, 12))

    def _attempt(self) -> int:
        started = time.perf_counter()
        try:
            worked = self._step()
        except Transient as error:
            self.failures += 1
            self.broken = self.broken or isinstance(error, MustRestart)
            self.healthy = self.failures < 3 and not self.broken
            log.warning("worker.retry", worker=self.name, failures=self.failures, error=type(error).__name__)
            return 0
        except Exception as error:
            self.failures += 1
            self.healthy = False
            log.exception(
                "worker.failed", worker=self.name, failures=self.failures, error=type(error).__name__
            )
            return 0
        self.failures = 0
        self.healthy = True
        self.done += worked
        if worked:
            log.debug("worker.step", worker=self.name, worked=worked, seconds=time.perf_counter() - started)
        return worked
