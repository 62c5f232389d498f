"""Stretches of time that move by themselves: windows of facts, and times relative to now."""

from enum import StrEnum

import msgspec


class Unit(StrEnum):
    """A unit of the calendar. Weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Zone(StrEnum):
    """Whose calendar."""

    PERSON = "person"
    WORKSPACE = "workspace"


class Boundary(msgspec.Struct, frozen=True, order=True):
    """The start of the unit in which now lies, so many units later (earlier, below zero)."""

    unit: Unit
    periods: int = 0
    zone: Zone = Zone.PERSON

    @property
    def column_name(self) -> str:
        """The column of the table `zones` that holds it, in microseconds since 1970 UTC."""
        sign = "m" if self.periods < 0 else "p"
        return f"b_{self.unit}_{sign}{abs(self.periods)}_{self.zone}"

    @property
    def following(self) -> "Boundary":
        """When it will move next: the start of the next unit."""
        return Boundary(self.unit, 1, self.zone)


class Relative(msgspec.Struct, frozen=True, order=True, tag="relative"):
    """A time relative to now, or to a boundary of the calendar: so many seconds later (earlier, below zero)."""

    boundary: Boundary | None = None
    seconds: int = 0


class Sliding(msgspec.Struct, frozen=True, tag="sliding"):
    """Facts in (now - from_seconds, now - to_seconds]."""

    from_seconds: int
    to_seconds: int = 0


class Calendar(msgspec.Struct, frozen=True, tag="calendar"):
    """Facts in [first, until), and not after now."""

    first: Boundary
    until: Boundary


class Fixed(msgspec.Struct, frozen=True, tag="fixed"):
    """Facts in [since, until), microseconds since 1970 UTC; None is open."""

    since_us: int | None = None
    until_us: int | None = None


Span = Sliding | Calendar | Fixed
