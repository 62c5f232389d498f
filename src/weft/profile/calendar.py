"""The calendar of a time zone: where its units begin, how far it is ahead of UTC.

Times are microseconds since 1970 UTC.
"""

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

from weft.clock import DAY_US, HOUR_US, SECOND_US
from weft.model.span import Boundary, Unit

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)
PART_HOURS = 6
"""The day has four parts, from 0, 6, 12 and 18 o'clock."""
PROBE_DAYS = 7
"""No zone turned its clocks twice within so few."""
OFFSETS_YEARS_AHEAD = 2
MONTHS = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.YEAR: 12}


def boundary_us(boundary: Boundary, zone: dt.tzinfo, now_us: int) -> int:
    """Return when a boundary is in a zone. A midnight that does not exist is when the clocks jump over it."""
    today = _local(zone, now_us).date()
    unit, periods = boundary.unit, boundary.periods
    match unit:
        case Unit.DAY:
            first = today + dt.timedelta(days=periods)
        case Unit.WEEK:
            first = today - dt.timedelta(days=today.weekday()) + dt.timedelta(weeks=periods)
        case _:
            step = MONTHS[unit]
            month = ((today.year * 12 + today.month - 1) // step + periods) * step
            first = dt.date(month // 12, month % 12 + 1, 1)
    return (dt.datetime.combine(first, dt.time(), zone) - EPOCH) // MICROSECOND


def floor_us(boundary: Boundary, now_us: int) -> int:
    """Return a moment not later than a boundary is in any zone."""
    ahead, behind = (dt.timezone(dt.timedelta(hours=hours)) for hours in (14, -12))
    return min(boundary_us(boundary, zone, now_us) for zone in (ahead, behind)) - DAY_US


def local_hour(zone: ZoneInfo, now_us: int) -> tuple[int, int, int, int]:
    """Return the weekday (0 is Monday) and the hour in a zone, when the next hour begins there, and the next part."""
    local = _local(zone, now_us)
    following = after = _next_hour(zone, now_us)
    while _local(zone, after).hour // PART_HOURS == local.hour // PART_HOURS:
        after = _next_hour(zone, after)
    return local.weekday(), local.hour, following, after


def _next_hour(zone: ZoneInfo, now_us: int) -> int:
    ahead_us = _offset_seconds(zone, now_us) * SECOND_US
    return ((now_us + ahead_us) // HOUR_US + 1) * HOUR_US - ahead_us


def offsets(zone: ZoneInfo, now_us: int) -> tuple[tuple[int, int], ...]:
    """Return (moment, seconds ahead of UTC from then on) of a zone, in order, from 1970 until two years from now."""
    return _offsets(zone, _local(zone, now_us).year + OFFSETS_YEARS_AHEAD)


@lru_cache(maxsize=1_024)
def _offsets(zone: ZoneInfo, until_year: int) -> tuple[tuple[int, int], ...]:
    known = 0
    found = [(known, _offset_seconds(zone, known))]
    until_us = (dt.datetime(until_year + 1, 1, 1, tzinfo=dt.UTC) - EPOCH) // MICROSECOND
    for at_us in range(PROBE_DAYS * DAY_US, until_us, PROBE_DAYS * DAY_US):
        if _offset_seconds(zone, at_us) != found[-1][1]:
            found.append((_turn(zone, known, at_us), _offset_seconds(zone, at_us)))
        known = at_us
    return tuple(found)


def _turn(zone: ZoneInfo, before_us: int, after_us: int) -> int:
    """Return the second at which the offset becomes that of `after_us`."""
    wanted = _offset_seconds(zone, after_us)
    low, high = before_us // SECOND_US, after_us // SECOND_US
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _offset_seconds(zone, middle * SECOND_US) == wanted else (middle, high)
    return high * SECOND_US


def _local(zone: dt.tzinfo, at_us: int) -> dt.datetime:
    return (EPOCH + dt.timedelta(microseconds=at_us)).astimezone(zone)


def _offset_seconds(zone: ZoneInfo, at_us: int) -> int:
    offset = _local(zone, at_us).utcoffset()
    assert offset is not None
    return offset // dt.timedelta(seconds=1)
