"""Windows and times relative to now, as they are written, read and written back."""

import re
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from weft.language.strict import Reader, inside
from weft.language.text import (
    WINDOW_MAX_DAYS,
    WINDOW_MAX_SECONDS,
    duration_of,
    microseconds_of,
    seconds_of,
    short_iso_of,
)
from weft.model.span import Boundary, Calendar, Fixed, Relative, Sliding, Span, Unit, Zone

CALENDAR_MAX_UNITS = 1_200

STARTS = {
    "today": Unit.DAY,
    "this_week": Unit.WEEK,
    "this_month": Unit.MONTH,
    "this_quarter": Unit.QUARTER,
    "this_year": Unit.YEAR,
}
BEFORE = {start: "yesterday" if start == "today" else start.replace("this", "last") for start in STARTS}

NAMED: dict[str, Span] = {
    name: Calendar(Boundary(unit, first), Boundary(unit, first + 1))
    for start, unit in STARTS.items()
    for name, first in ((start, 0), (BEFORE[start], -1))
}
"""`this_month`, `yesterday`, … → the window."""

ZoneKey = Annotated[Zone, Meta(description="Whose calendar: the person's, if it is left out.")]


class WrittenSliding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The facts of a time so long, which ended so long ago."""

    last: Annotated[str, Meta(description="How long: a number and s, m, h, d or w.", examples=["365d"])]
    before: (
        Annotated[str, Meta(description="How long ago it ended; left out: now.", examples=["365d"])]
        | UnsetType
    ) = UNSET


class WrittenCalendar(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The facts of whole units of the calendar; 0 is the unit in which now lies, -1 the one before."""

    calendar: Annotated[Unit, Meta(description="The unit. Weeks begin on Monday.")]
    from_: Annotated[int, Meta(description="From the start of this unit.", ge=-CALENDAR_MAX_UNITS, le=0)] = (
        msgspec.field(name="from")
    )
    to: Annotated[
        int,
        Meta(
            description="Up to the start of this unit; 1: up to the end of the present one.",
            ge=-CALENDAR_MAX_UNITS,
            le=1,
        ),
    ]
    zone: ZoneKey = Zone.PERSON


class WrittenFixed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The facts between two fixed times; one of them may be left out. UTC unless an offset is written."""

    since: Annotated[str, Meta(description="At this time or later.", examples=["2026-01-01"])] | UnsetType = (
        UNSET
    )
    until: Annotated[str, Meta(description="Before this time.", examples=["2026-02-01"])] | UnsetType = UNSET


WINDOWS = (WrittenSliding, WrittenCalendar, WrittenFixed)
_Text = Annotated[
    str,
    Meta(extra_json_schema={"anyOf": [{"pattern": "^[0-9]{1,10}[smhdw]$"}, {"enum": list(NAMED)}]}),
]
_Mapping = Annotated[
    dict[str, Any],
    Meta(extra_json_schema={"oneOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in WINDOWS]}),
]
Window = Annotated[
    _Text | _Mapping,
    Meta(
        description="Only facts of this time: `30d` (s, m, h, d, w), `this_month`, `yesterday`, …, or a mapping.",
        examples=["30d", "this_month"],
    ),
]


def read_window(reader: Reader, window: str | dict[str, Any] | UnsetType, at: str, key: str) -> Span | None:
    """Return the window; None without one, or for one with a fault."""
    if isinstance(window, UnsetType):
        return None
    place = inside(at, key)
    if isinstance(window, str):
        if window in NAMED:
            return NAMED[window]
        seconds = _seconds(reader, window, place, f", one of {', '.join(NAMED)}, or a mapping")
        return None if seconds is None else Sliding(seconds)
    if "last" in window or "before" in window:
        return _sliding(reader, window, place)
    if "calendar" in window:
        return _calendar(reader, window, place)
    if "since" in window or "until" in window:
        return _fixed(reader, window, place)
    reader.fault(
        place,
        "a window in a mapping has `last` (and `before`), `calendar`, `from` and `to`, or `since` and `until`",
    )
    return None


def read_duration(reader: Reader, text: str | UnsetType, at: str, key: str) -> int | None:
    """Return the seconds of a duration; None without one, or for one with a fault."""
    return None if isinstance(text, UnsetType) else _seconds(reader, text, inside(at, key))


def written_window(span: Span) -> str | dict[str, Any]:
    """Return the window as people write it: `30d`, `this_month`, else a mapping."""
    match span:
        case Sliding(from_seconds=seconds, to_seconds=0):
            return duration_of(seconds)
        case Sliding(from_seconds=start, to_seconds=end):
            return {"last": duration_of(start - end), "before": duration_of(end)}
        case Calendar(first=first, until=until):
            named = next((name for name, window in NAMED.items() if window == span), None)
            zone: dict[str, Any] = {} if first.zone is Zone.PERSON else {"zone": str(first.zone)}
            return named or {
                "calendar": str(first.unit), "from": first.periods, "to": until.periods
            } | zone  # fmt: skip
        case Fixed(since_us=since, until_us=until):
            times = {"since": since, "until": until}
            return {key: short_iso_of(time) for key, time in times.items() if time is not None}


def relative_of(text: str) -> Relative | None:
    """Return the time of `now-30d`, `today`, `today+3d`, `this_month-1`, …; None if it is no such text.

    The farthest is WINDOW_MAX_DAYS, or CALENDAR_MAX_UNITS of a longer unit.
    """
    match = re.fullmatch(
        r"(now|today|this_(?:week|month|quarter|year))(?:([+-])([0-9]{1,10})([smhdw]?))?", text
    )
    if match is None:
        return None
    base, sign, digits, letter = match.groups()
    count = int(digits or 0) * (-1 if sign == "-" else 1)
    if base == "now":
        seconds = seconds_of(f"{abs(count)}{letter}") if sign else 0
        return None if seconds is None else Relative(None, -seconds if sign == "-" else seconds)
    unit = STARTS[base]
    limit = WINDOW_MAX_DAYS if unit is Unit.DAY else CALENDAR_MAX_UNITS
    if abs(count) > limit or bool(sign and unit is Unit.DAY) != (letter == "d") or (letter or "d") != "d":
        return None
    return Relative(Boundary(unit, count))


def written_relative(relative: Relative) -> str:
    """Return the text that `relative_of` reads as this."""
    if relative.boundary is None:
        sign = "+" if relative.seconds > 0 else ""
        return f"now{sign}{duration_of(relative.seconds)}" if relative.seconds else "now"
    unit, periods = relative.boundary.unit, relative.boundary.periods
    base = next(name for name, each in STARTS.items() if each is unit)
    return f"{base}{periods:+d}{'d' if unit is Unit.DAY else ''}" if periods else base


def _seconds(reader: Reader, text: str, place: str, otherwise: str = "") -> int | None:
    seconds = seconds_of(text)
    if seconds is None:
        reader.fault(
            place,
            f"`{text[:40]}` is no duration: write a whole number and s, m, h, d or w, at most {WINDOW_MAX_DAYS}d"
            f"{otherwise}",
        )
    return seconds


def _sliding(reader: Reader, body: dict[str, Any], place: str) -> Span | None:
    written = reader.struct(WrittenSliding, body, place)
    if written is None:
        return None
    length = read_duration(reader, written.last, place, "last")
    before = read_duration(reader, written.before, place, "before")
    if length is None or (before is None and written.before is not UNSET):
        return None
    start = length + (before or 0)
    if start > WINDOW_MAX_SECONDS:
        reader.fault(place, f"reaches back {duration_of(start)}; at most {WINDOW_MAX_DAYS}d")
        return None
    return Sliding(start, before or 0)


def _calendar(reader: Reader, body: dict[str, Any], place: str) -> Span | None:
    written = reader.struct(WrittenCalendar, body, place)
    if written is None:
        return None
    if written.from_ >= written.to:
        reader.fault(
            place, f"`from` {written.from_} is not before `to` {written.to}, so no fact lies between them"
        )
        return None
    ends = (Boundary(written.calendar, periods, written.zone) for periods in (written.from_, written.to))
    return Calendar(*ends)


def _fixed(reader: Reader, body: dict[str, Any], place: str) -> Span | None:
    written = reader.struct(WrittenFixed, body, place)
    if written is None:
        return None
    times: list[int | None] = []
    for key, text in (("since", written.since), ("until", written.until)):
        at_us = None if isinstance(text, UnsetType) else microseconds_of(text)
        if at_us is None and not isinstance(text, UnsetType):
            reader.fault(
                inside(place, key), f"`{text[:40]}` is no time such as 2026-01-31 or 2026-01-31T08:00:00Z"
            )
            return None
        times.append(at_us)
    since, until = times
    if since is not None and until is not None and since >= until:
        reader.fault(place, "`since` is not before `until`, so no fact lies between them; swap them")
        return None
    return Fixed(since, until)
