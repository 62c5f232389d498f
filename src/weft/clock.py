"""The time of this machine, and a time in both its forms: microseconds since 1970 UTC, and UTC without a zone.

The warehouse keeps the second form. Only who puts things together asks for the time; others are told it.
"""

import time
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US


def now_us() -> int:
    """Return the time in microseconds since 1970 UTC."""
    return time.time_ns() // 1_000


def utc_now() -> datetime:
    """Return the time as UTC without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)


def us_of(moment: datetime) -> int:
    """Return a time in microseconds since 1970 UTC; one without a zone is UTC."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return (aware - EPOCH) // timedelta(microseconds=1)


def utc_of(at_us: int) -> datetime:
    """Return microseconds since 1970 UTC as a time: UTC without a zone."""
    return (EPOCH + timedelta(microseconds=at_us)).replace(tzinfo=None)
