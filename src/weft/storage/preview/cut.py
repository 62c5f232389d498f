"""A measure as a preview computes it, which is always at one moment for everybody."""

from typing import NamedTuple

import msgspec

from weft.clock import SECOND_US
from weft.model.measure import Measure
from weft.model.span import Calendar, Sliding
from weft.profile.calendar import floor_us

NOBODY = -1
"""The place of a profile without facts: what it comes to is what everybody comes to of whom nothing was found."""


class Cut(NamedTuple):
    """A measure over only those facts that occurred later than `after_us`, up to and with `upto_us` (None: all).

    A sliding window is the cut itself: at one moment that is the same, and no row has to be kept of each fact.
    """

    measure: Measure
    after_us: int | None = None
    upto_us: int | None = None


def cut(measure: Measure, now_us: int) -> Cut:
    """Return a measure with as few facts as it needs at a moment."""
    match measure.span:
        case Sliding(from_seconds=first, to_seconds=last):
            whole: Measure = msgspec.structs.replace(measure, span=None)
            return Cut(whole, now_us - first * SECOND_US, now_us - last * SECOND_US)
        case Calendar(first=first):
            return Cut(measure, floor_us(first, now_us) - 1, now_us)
        case _:
            return Cut(measure)
