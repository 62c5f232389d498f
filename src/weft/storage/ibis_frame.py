"""What an expression knows of the time at which it is read: now, and the boundaries of the calendar."""

from collections.abc import Iterable
from typing import NamedTuple

import ibis
import ibis.expr.types as ir

from weft.clock import HOUR_US, SECOND_US
from weft.model.span import Boundary, Relative, Unit
from weft.storage.frame_columns import floor_column
from weft.storage.ibis_functions import Value

LENGTH_DAYS = {
    Unit.DAY: (1, 1),
    Unit.WEEK: (7, 7),
    Unit.MONTH: (28, 31),
    Unit.QUARTER: (90, 92),
    Unit.YEAR: (365, 366),
}
"""Least and most days of a unit."""
OFFSETS = "array<struct<at: int64, offset_seconds: int64>>"


class Frame(NamedTuple):
    """A row that has `now_us`, and whichever columns of `clock` and `zones` the definitions need."""

    row: ir.Table

    @property
    def now_us(self) -> Value:
        """Now, in microseconds since 1970 UTC."""
        return self.row["now_us"]

    def boundary(self, boundary: Boundary) -> Value:
        """Return when a boundary is, in microseconds since 1970 UTC."""
        return self.row[boundary.column_name]

    def floor(self, boundary: Boundary) -> Value:
        """Return the earliest that a boundary is in any zone."""
        return self.row[floor_column(boundary)]

    def moment(self, relative: Relative) -> Value:
        """Return the time that a relative one means."""
        start = self.now_us if relative.boundary is None else self.boundary(relative.boundary)
        return start + relative.seconds * SECOND_US if relative.seconds else start

    def crossing(self, at_us: Value, relative: Relative) -> Value:
        """Return a moment after now, not later than that at which `at_us` and the relative time change their order.

        NULL if they never do: a relative time only grows. Of the two moments at which `<` and `<=` change, the first
        that is still to come.
        """
        if relative.boundary is not None:
            moves = self.boundary(relative.boundary.following)
            soonest = at_us - relative.seconds * SECOND_US - _ahead_us(relative.boundary)
            return ibis.cases((at_us >= self.moment(relative), ibis.greatest(moves, soonest)))
        meet = at_us - relative.seconds * SECOND_US
        return ibis.cases((meet > self.now_us, meet), (meet + 1 > self.now_us, meet + 1))


def earliest(moments: Iterable[Value | None]) -> Value | None:
    """Return the least that is not NULL; None if there are none."""
    known = [moment for moment in moments if moment is not None]
    if not known:
        return None
    return ibis.least(*known) if len(known) > 1 else known[0]  # Spark's least takes two or more


def _ahead_us(boundary: Boundary) -> int:
    """Return the most by which a boundary is ahead of now; the day that changes clocks is not quite a day."""
    least, most = LENGTH_DAYS[boundary.unit]
    days = boundary.periods * (most if boundary.periods > 0 else least)
    return days * 24 * HOUR_US + 24 * HOUR_US
