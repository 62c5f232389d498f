"""The small texts of definitions: durations, times, property paths."""

import datetime as dt
import re

SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
WINDOW_MAX_DAYS = 3_660
PATH_CHARACTERS = 200
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def seconds_of(text: str) -> int | None:
    """Return the length of `30d`, `12h`, …; None if it is no such text, not above zero, or over WINDOW_MAX_DAYS."""
    match = re.fullmatch(r"([0-9]{1,9})([smhdw])", text)
    if match is None:
        return None
    seconds = int(match[1]) * SECONDS[match[2]]
    return seconds if 0 < seconds <= WINDOW_MAX_DAYS * SECONDS["d"] else None


def unit_of(seconds: int) -> tuple[int, str]:
    """Return (7, "d") for 604,800: the largest unit that divides it, weeks as days."""
    for unit in "dhm":
        count, rest = divmod(seconds, SECONDS[unit])
        if count and not rest:
            return count, unit
    return seconds, "s"


def microseconds_of(text: str) -> int | None:
    """Return microseconds since 1970 UTC of ISO 8601 text (no zone: UTC), or None."""
    try:
        time = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    if time.tzinfo is None:
        time = time.replace(tzinfo=dt.UTC)
    return (time - EPOCH) // dt.timedelta(microseconds=1)


def iso_of(microseconds: int) -> str:
    """Return ISO 8601 text in UTC: milliseconds, or microseconds if there are any."""
    time = EPOCH + dt.timedelta(microseconds=microseconds)
    precision = "microseconds" if microseconds % 1_000 else "milliseconds"
    return time.isoformat(timespec=precision).replace("+00:00", "Z")


def path_fault(path: str) -> str | None:
    """Return what is wrong with a property path, if anything."""
    if not path or len(path) > PATH_CHARACTERS:
        return f"a property path has 1 to {PATH_CHARACTERS} characters"
    if any(not part for part in re.split(r"(?<!\\)\.", path)):
        return f"`{path}` has an empty part; write a dot that belongs to a name as `\\.`"
    return None
