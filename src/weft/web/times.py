"""Times as they are shown."""

from datetime import UTC, datetime


def time_text(at_us: int) -> str:
    """Return a time (microseconds since 1970 UTC) as RFC 3339 text."""
    return (
        datetime.fromtimestamp(at_us / 1_000_000, UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )


def micros(moment: datetime) -> int:
    """Return a time as microseconds since 1970 UTC; one without a zone is UTC."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1_000_000)
