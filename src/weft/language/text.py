"""The small texts of definitions: durations, times, property paths."""

import datetime as dt
import re

SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
WINDOW_MAX_DAYS = 36_500
WINDOW_MAX_SECONDS = WINDOW_MAX_DAYS * SECONDS["d"]
PATH_CHARACTERS = 200
EACH = "*"
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MIDNIGHT = "T00:00:00.000Z"
ISO_TIME = (
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}"
    "([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)?)?$"
)
"""What a time in a property looks like, on every engine: alone, each of them takes more for one (DuckDB: `epoch`)."""


def seconds_of(text: str) -> int | None:
    """Return the length of `30d`, `12h`, …; None if it is no such text, not above zero, or over WINDOW_MAX_DAYS."""
    match = re.fullmatch(r"([0-9]{1,10})([smhdw])", text)
    if match is None:
        return None
    seconds = int(match[1]) * SECONDS[match[2]]
    return seconds if 0 < seconds <= WINDOW_MAX_SECONDS else None


def signed_seconds_of(text: str) -> int | None:
    """Return the length of `2d`, `+2d` or `-2d`; None as `seconds_of`."""
    seconds = seconds_of(text.removeprefix("-").removeprefix("+") if text[1:2].isdigit() else text)
    return -seconds if seconds is not None and text.startswith("-") else seconds


def unit_of(seconds: int) -> tuple[int, str]:
    """Return (7, "d") for 604,800: the largest unit that divides it, weeks as days."""
    for unit in "dhm":
        count, rest = divmod(seconds, SECONDS[unit])
        if count and not rest:
            return count, unit
    return seconds, "s"


def duration_of(seconds: int) -> str:
    """Return `7d` for 604,800, and `-7d` below zero."""
    count, unit = unit_of(abs(seconds))
    return f"{'-' if seconds < 0 else ''}{count}{unit}"


def microseconds_of(text: str) -> int | None:
    """Return microseconds since 1970 UTC of ISO 8601 text (no zone: UTC), or None."""
    try:
        time = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    try:
        time = time.replace(tzinfo=dt.UTC) if time.tzinfo is None else time.astimezone(dt.UTC)
    except OverflowError:  # in UTC before the year 1 or after 9999
        return None
    return (time - EPOCH) // dt.timedelta(microseconds=1)


def iso_of(microseconds: int) -> str:
    """Return ISO 8601 text in UTC: milliseconds, or microseconds if there are any."""
    time = EPOCH + dt.timedelta(microseconds=microseconds)
    precision = "microseconds" if microseconds % 1_000 else "milliseconds"
    return time.isoformat(timespec=precision).replace("+00:00", "Z")


def short_iso_of(microseconds: int) -> str:
    """Return ISO 8601 text in UTC as people write it: `2026-01-31`, `2026-01-31T08:00Z`, or longer."""
    text = iso_of(microseconds)
    if text.endswith(MIDNIGHT):
        return text.removesuffix(MIDNIGHT)
    return text.removesuffix(":00.000Z") + "Z" if text.endswith(":00.000Z") else text


def path_fault(path: str) -> str | None:
    """Return what is wrong with a property path, if anything."""
    if not path or len(path) > PATH_CHARACTERS:
        return f"a property path has 1 to {PATH_CHARACTERS} characters"
    parts = re.split(r"(?<!\\)\.", path)
    if not all(parts):
        return f"`{path}` has an empty part; write a dot that belongs to a name as `\\.`"
    if path.endswith("\\") or '\\"' in path:
        return (
            f"`{path}` has a `\\` that is before no dot, but at the end or before a quote; it cannot be named"
        )
    if parts[0] == EACH:
        return f"`{path}` begins with `*`; write the name of the list before it, such as `products.*.brand`"
    return None


def is_list_path(path: str) -> bool:
    """Say whether the path names each element of a list."""
    return EACH in re.split(r"(?<!\\)\.", path)
