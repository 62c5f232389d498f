"""Facts that fade: which of them count now, how much each weighs, and what they come to.

What a measure that fades comes to is a struct of `v` (its value), `at` (when the latest fact behind it occurred,
microseconds since 1970 UTC) and `share` (of the weight of all facts that count, 0 to 1).
"""

from collections.abc import Callable

import ibis

from weft.clock import SECOND_US
from weft.language.property import WEEKDAYS
from weft.model.measure import Kind, Measure, Now
from weft.model.span import Boundary, Unit, Zone
from weft.profile.calendar import PART_HOURS
from weft.storage.frame_columns import zone_columns
from weft.storage.ibis_counted import merged, ranked
from weft.storage.ibis_frame import Frame
from weft.storage.ibis_functions import Value, let, nearest

WEIGHT_ONE = 2**40
"""What the newest fact weighs: weights are whole numbers, so that their sums are the same in any order."""


def as_now(wanted: Now, local: Value, frame: Frame) -> Value:
    """Return whether the local hour (a number) or weekday (its name) of a fact is like that of now."""
    columns = zone_columns(Zone.PERSON)
    hour: Value = frame.row[columns.hour]
    match wanted:
        case Now.WEEKDAY:
            names: Value = ibis.literal(list(WEEKDAYS), type="array<string>")
            return local == names[frame.row[columns.weekday]]
        case Now.HOUR:
            return local == hour
        case Now.PART_OF_DAY:
            return local - local % PART_HOURS == hour - hour % PART_HOURS


def turns(wanted: Now, frame: Frame) -> Value:
    """Return when now will be another time in that way."""
    columns = zone_columns(Zone.PERSON)
    match wanted:
        case Now.WEEKDAY:
            return frame.boundary(Boundary(Unit.DAY, 1))
        case Now.HOUR:
            return frame.row[columns.next_hour]
        case Now.PART_OF_DAY:
            return frame.row[columns.next_part]


def last_session(rows: Value, gap_us: int) -> Value:
    """Return the rows since the last gap so long or longer; rows are structs with `at`."""

    def since(times: Value) -> Value:
        begins: Value = ibis.range(times.length()).filter(
            lambda place: (place == 0) | (times[place] - times[place - 1] >= gap_us)
        )
        return times[begins.maxs()]

    def cut(inside: Value) -> Value:
        return let(
            let(inside.map(lambda each: each["at"]).sort(), since),
            lambda begun: inside.filter(lambda late: late["at"] >= begun),
        )

    return let(rows, cut)


def read_faded(measure: Measure, rows: Value, counted: Callable[[Callable[[Value], Value]], Value]) -> Value:
    """Return what the rows that count come to. counted: the rows as values with a weight, given the weight of a row."""
    if measure.kind is Kind.LAST:
        last: Value = rows.maxs()
        return _faded(last["v"], last["at"], ibis.null("float64"))
    return let(
        rows.map(lambda newer: newer["at"]).maxs(),
        lambda newest: let(
            merged(counted(lambda row: _weight(measure, newest - row["at"]))),
            lambda values: _first(measure, values),
        ),
    )


def _weight(measure: Measure, age_us: Value) -> Value:
    fading = measure.fading
    assert fading is not None
    lives = age_us.cast("float64") / float(fading.half_life_seconds * SECOND_US)
    return nearest(WEIGHT_ONE * ibis.literal(2.0) ** -lives).cast("int64")


def _first(measure: Measure, values: Value) -> Value:
    """Return the heaviest of merged values, with the weight that it has among all; of `top`, of those that it lists."""
    most = max(measure.most, 1)
    total = values.map(lambda every: every["n"]).sums().cast("float64")
    return let(
        ranked(values)[:most],
        lambda best: _faded(
            best[0]["v"] if measure.kind is Kind.MOST_FREQUENT else best.map(lambda shown: shown["v"]),
            -best[0]["at"],
            -best.map(lambda heavy: heavy["n"]).sums().cast("float64") / total.nullif(0),
        ),
    )


def _faded(value: Value, at_us: Value, share: Value) -> Value:
    """Return the struct, NULL where there is no value."""
    return ibis.cases((at_us.notnull(), ibis.struct({"v": value, "at": at_us, "share": share})))
