"""Streaks: runs of consecutive days, weeks or months with a fact.

The state is the set of quarters of an hour with a fact, for every zone's offset is a multiple of one. A quarter is
known by its number since the year 1, so that it is never below zero.
"""

import ibis

from weft.clock import DAY_US, SECOND_US
from weft.model.measure import Kind, Measure
from weft.model.span import Boundary, Unit
from weft.storage.frame_columns import zone_columns
from weft.storage.ibis_frame import Frame
from weft.storage.ibis_functions import Value, list_distinct, make_timestamp, times_in

QUARTER_US = 900 * SECOND_US
YEAR_ONE_US = 62_135_596_800 * SECOND_US
QUARTERS_MAX = 20_000
OVER_AFTER_DAYS = {Unit.DAY: 3, Unit.WEEK: 15, Unit.MONTH: 63}
"""So long after its last fact every streak of a unit is over, wherever the person is: two units and a day."""


def quarter_of(at_us: Value) -> Value:
    """Return the quarter of an hour in which a time lies."""
    return times_in(at_us + YEAR_ONE_US, QUARTER_US)


def tidy_quarters(quarters: Value) -> Value:
    """Return the one form of equal sets: in order, the newest only, NULL for none."""
    ordered = list_distinct(quarters).sort()
    newest = ibis.ifelse(ordered.length() > QUARTERS_MAX, ordered[-QUARTERS_MAX:], ordered)
    return ibis.cases((quarters.length() > 0, newest))


def units_of(measure: Measure, quarters: Value, frame: Frame) -> Value:
    """Return the numbers of the local units that have begun and have a fact, in order."""
    unit = measure.unit
    assert unit is not None
    offsets = frame.row[zone_columns(measure.zone).offsets]
    begun = quarters.filter(lambda quarter: _begin(quarter) <= frame.now_us)
    return list_distinct(begun.map(lambda quarter: _unit(unit, _local(_begin(quarter), offsets)))).sort()


def read_streak(measure: Measure, units: Value, frame: Frame) -> Value:
    """Return the length of the streak in units, 0 for none. units: a column, for they are read for each of them."""
    unit = measure.unit
    assert unit is not None
    offsets = frame.row[zone_columns(measure.zone).offsets]
    count = units.length()
    starts: Value = ibis.range(count).filter(
        lambda place: (place == 0) | (units[place] - units[place - 1] > 1),
    )
    if measure.kind is Kind.LONGEST_STREAK:
        longest: Value = starts.map(lambda start, run: starts[run + 1].fill_null(count) - start).maxs()
        return longest.fill_null(0).cast("int64")
    today = _unit(unit, _local(frame.now_us, offsets))
    return ibis.cases((units[-1] >= today - 1, count - starts[-1]), else_=0).cast("int64")


def due_streak(measure: Measure, quarters: Value, frame: Frame) -> Value:
    """Return a moment after now, not later than the first at which the streak might be another."""
    coming = quarters.filter(lambda quarter: _begin(quarter) > frame.now_us).map(_begin).mins()
    if measure.kind is Kind.LONGEST_STREAK:
        return coming
    unit = measure.unit
    assert unit is not None
    moves = frame.boundary(Boundary(unit, 1, measure.zone))
    lives = _begin(quarters.maxs()) > frame.now_us - OVER_AFTER_DAYS[unit] * DAY_US
    return ibis.least(coming, ibis.cases((lives, moves)))


def _begin(quarter: Value) -> Value:
    return quarter * QUARTER_US - YEAR_ONE_US


def _local(at_us: Value, offsets: Value) -> Value:
    """Return local time as microseconds since 1970."""
    passed = offsets.filter(lambda row: row["at"] <= at_us)
    return at_us + passed[-1].fill_null(offsets[0])["offset_seconds"] * SECOND_US


def _unit(unit: Unit, local_us: Value) -> Value:
    """Return the number of the unit in which a local time lies."""
    if unit is Unit.MONTH:
        local: Value = make_timestamp(local_us)
        return (local.year() * 12 + local.month()).cast("int64")
    day = times_in(local_us + YEAR_ONE_US, DAY_US)
    return day if unit is Unit.DAY else day // 7
