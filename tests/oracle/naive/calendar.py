"""Local time, windows and relative times. Moments are datetimes in UTC without a zone."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
MONTHS = {"month": 1, "quarter": 3, "year": 12}
QUARTER_HOUR = timedelta(minutes=15)
NAMED = {
    "today": ("day", 0),
    "yesterday": ("day", -1),
    **{f"this_{unit}": (unit, 0) for unit in ("week", "month", "quarter", "year")},
    **{f"last_{unit}": (unit, -1) for unit in ("week", "month", "quarter", "year")},
}


def length(text: str) -> timedelta:
    """`30d`, also with a sign."""
    sign = -1 if text.startswith("-") else 1
    text = text.lstrip("+-")
    return sign * timedelta(seconds=int(text[:-1]) * UNITS[text[-1]])


def local(moment: datetime, zone: str) -> datetime:
    """What a clock on the wall shows."""
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))


def first_date(unit: str, periods: int, day: date) -> date:
    """The first date of the unit so many units after that of a day."""
    if unit == "day":
        return day + timedelta(days=periods)
    if unit == "week":
        return day - timedelta(days=day.weekday()) + timedelta(weeks=periods)
    months = MONTHS[unit]
    number = ((day.year * 12 + day.month - 1) // months + periods) * months
    return date(number // 12, number % 12 + 1, 1)


def start_of(unit: str, periods: int, zone: str, now: datetime) -> datetime:
    """The moment at which that unit begins."""
    midnight = datetime.combine(
        first_date(unit, periods, local(now, zone).date()), time(), tzinfo=ZoneInfo(zone)
    )
    return midnight.astimezone(UTC).replace(tzinfo=None)


def relative(text: str, zone: str, now: datetime) -> datetime | None:
    """`now-30d`, `today+3d`, `this_month-1`; None if it is no such text."""
    match = re.fullmatch(r"(now|today|this_week|this_month|this_quarter|this_year)([+-].+)?", text)
    if match is None:
        return None
    base, distance = match.groups()
    if base == "now":
        return now + (length(distance) if distance else timedelta())
    periods = int((distance or "0").rstrip("d"))
    return start_of(NAMED[base][0], periods, zone, now)


def is_within(window: Any, at: datetime, now: datetime, zone: str, home: str) -> bool:
    """Whether a fact of that time lies in the window."""
    if isinstance(window, str) and window not in NAMED:
        return now - length(window) < at <= now
    if isinstance(window, str):
        unit, start = NAMED[window]
        window = {"calendar": unit, "from": start, "to": start + 1}
    if "last" in window:
        end = now - (length(window["before"]) if "before" in window else timedelta())
        return end - length(window["last"]) < at <= end
    if "calendar" in window:
        where = home if window.get("zone") == "workspace" else zone
        first, until = (start_of(window["calendar"], window[key], where, now) for key in ("from", "to"))
        return first <= at < until and at <= now
    since, until = (moment_of(window[key]) if key in window else None for key in ("since", "until"))
    return (since is None or since <= at) and (until is None or at < until)


HOUR, SIXTIETH = r"(?:[01]\d|2[0-3])", r"[0-5]\d"
ISO = re.compile(
    rf"\d{{4}}-\d\d-\d\d(?:[T ]{HOUR}:{SIXTIETH}(?::{SIXTIETH}(?:\.\d{{1,9}})?)?"
    rf"(?:Z|[+-]{HOUR}(?::?{SIXTIETH})?)?)?",
    re.ASCII,
)


def moment_of(text: str) -> datetime | None:
    """ISO 8601 text, UTC without an offset; None if it is none."""
    if not ISO.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return None


def runs(moments: list[datetime], unit: str, zone: str, now: datetime) -> list[tuple[date, int]]:
    """Each run of consecutive local units with a fact: the first date of its last unit, and how many units it has."""
    quarters = {moment - (moment - datetime.min) % QUARTER_HOUR for moment in moments}
    found = sorted({first_date(unit, 0, local(at, zone).date()) for at in quarters if at <= now})
    ends: list[tuple[date, int]] = []
    for first in found:
        if ends and ends[-1][0] == first_date(unit, -1, first):
            ends[-1] = (first, ends[-1][1] + 1)
        else:
            ends.append((first, 1))
    return ends
