"""How fast a lane may go: a token bucket, a circuit breaker, pauses between tries. Time is an argument."""

from enum import StrEnum
from random import Random

from weft.config import DeliverSettings

BURST_SECONDS = 0.25
OPEN_AFTER_FAILURES = 5
OPEN_SECONDS = 1.0
OPEN_MAX_SECONDS = 60.0


class Bucket:
    """Lets `rate_per_second` items through on average and BURST_SECONDS' worth (at least one) at once."""

    def __init__(self, rate_per_second: float, now_seconds: float) -> None:
        self._rate = rate_per_second
        self._most = max(1.0, rate_per_second * BURST_SECONDS)
        self._tokens = self._most
        self._at = now_seconds

    def available(self, now_seconds: float) -> int:
        """Return how many may go now."""
        earned = max(0.0, now_seconds - self._at) * self._rate
        self._tokens = min(self._most, self._tokens + earned)
        self._at = now_seconds
        return int(self._tokens)

    def take(self, items: int) -> None:
        """Note that so many went."""
        self._tokens -= items


class BreakerState(StrEnum):
    """CLOSED lets everything through, OPEN nothing, HALF_OPEN one item to see."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker:
    """Opens after OPEN_AFTER_FAILURES failures in a row and closes on one success.

    Each failed probe doubles the pause until the next, from OPEN_SECONDS to OPEN_MAX_SECONDS.
    """

    def __init__(self) -> None:
        self.state = BreakerState.CLOSED
        self.failures = 0
        self.until_seconds = 0.0
        self._pause_seconds = OPEN_SECONDS

    def permits(self, wanted: int, in_flight: int, now_seconds: float) -> int:
        """Return how many of `wanted` may go now."""
        if self.state == BreakerState.OPEN and now_seconds >= self.until_seconds:
            self.state = BreakerState.HALF_OPEN
        match self.state:
            case BreakerState.CLOSED:
                return wanted
            case BreakerState.HALF_OPEN:
                return min(wanted, 1) if in_flight == 0 else 0
            case BreakerState.OPEN:
                return 0

    def succeeded(self) -> None:
        """The receiver answered sensibly."""
        self.state = BreakerState.CLOSED
        self.failures = 0
        self._pause_seconds = OPEN_SECONDS

    def failed(self, now_seconds: float) -> None:
        """The receiver did not answer, or answered that it cannot."""
        self.failures += 1
        if self.state == BreakerState.HALF_OPEN:
            self._pause_seconds = min(OPEN_MAX_SECONDS, self._pause_seconds * 2)
        elif self.state == BreakerState.OPEN or self.failures < OPEN_AFTER_FAILURES:
            return
        self.state = BreakerState.OPEN
        self.until_seconds = now_seconds + self._pause_seconds


def pause_seconds(
    attempt: int, settings: DeliverSettings, retry_after_seconds: float | None, random: Random
) -> float:
    """Return how long to wait after this attempt: exponential with full jitter, never sooner than asked.

    (Full jitter: uniform between 0 and the exponential bound; it spreads retries better than a fixed pause.)
    """
    doublings = min(attempt - 1, 62)
    bound = min(settings.backoff_max_seconds, settings.backoff_seconds * 2.0**doublings)
    asked = min(retry_after_seconds or 0.0, settings.backoff_max_seconds)
    return max(random.uniform(0.0, bound), asked)
