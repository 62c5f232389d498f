"""Rate limits: a token bucket for each caller, in memory."""

from weft.errors import TooMany

CALLERS = 10_000


class Rates:
    """Lets each caller make `per_second` requests a second, and `burst` at once."""

    def __init__(self, per_second: float, burst: float) -> None:
        self._per_second = per_second
        self._burst = burst
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, caller: str, now_seconds: float) -> None:
        """Count one request. Raises TooMany with the time after which there is room again."""
        level, at = self._buckets.get(caller, (self._burst, now_seconds))
        level = min(self._burst, level + (now_seconds - at) * self._per_second)
        if level < 1:
            wait = (1 - level) / self._per_second
            self._buckets[caller] = (level, now_seconds)
            raise TooMany(
                f"More than {self._per_second:g} requests a second with this token. Come back later.",
                retry_after_seconds=int(wait) + 1,
            )
        if len(self._buckets) >= CALLERS:
            self._buckets.clear()
        self._buckets[caller] = (level - 1, now_seconds)
