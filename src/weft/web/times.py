"""Times as they are shown."""

from datetime import UTC, datetime


def time_text(at_us: int) -> str:
    """Return a time (microseconds since 1970 UTC) as RFC 3339 text."""
    return (
        datetime.fromtimestamp(at_us / 1_000_000, UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )


def moment_text(at_us: int) -> str:
    """Return a time as the first whole millisecond that is not before it: asked about that moment, it has come."""
    return time_text(-(-at_us // 1_000) * 1_000)
