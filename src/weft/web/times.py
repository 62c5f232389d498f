"""Times as they are shown."""

from datetime import UTC, datetime


def time_text(at_us: int) -> str:
    """Return a time (microseconds since 1970 UTC) as RFC 3339 text."""
    return (
        datetime.fromtimestamp(at_us / 1_000_000, UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )
