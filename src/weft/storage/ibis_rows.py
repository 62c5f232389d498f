"""Rows of a measure's state, one a fact: which of them count now, and when that changes.

A row is a struct of `at` (microseconds since 1970 UTC) and, where the measure needs them, `key` (the message's), `v`
and `w` (properties), `c0`, `c1`, … (what is compared at the time of reading); a row of `at` alone is the bare number.
"""

from collections.abc import Callable
from functools import reduce
from operator import and_

import ibis
import ibis.expr.types as ir

from weft.clock import SECOND_US
from weft.model.measure import Kind, Measure, ValueType
from weft.model.span import Calendar, Sliding
from weft.storage.ibis_condition import holds
from weft.storage.ibis_fading import as_now, last_session, turns
from weft.storage.ibis_frame import Frame, earliest
from weft.storage.ibis_functions import Value, epoch_us

ROWS_MAX = 20_000
"""Rows kept of a node for one measure, the newest."""
TIMES_MAX = 2_000
STATE_TYPES = {
    ValueType.NUMBER: "float64",
    ValueType.TEXT: "string",
    ValueType.BOOLEAN: "boolean",
    ValueType.TIME: "int64",
    ValueType.LIST: "array<string>",
}
FACTORS = ("v", "w")


def row_fields(measure: Measure) -> dict[str, str]:
    """Return the fields of a row with their types."""
    fields = {"at": "int64"}
    if measure.kind in (Kind.FIRST, Kind.LAST) and measure.properties:
        fields["key"] = "uuid"
    values = zip(FACTORS, measure.properties, strict=False)
    fields |= {name: STATE_TYPES[column.type] for name, column in values}
    moving = len(measure.moving)
    kinds = ["int64"] * moving + [STATE_TYPES[each.type] for each in measure.compared[moving:]]
    return fields | {f"c{ordinal}": kind for ordinal, kind in enumerate(kinds)}


def row_type(measure: Measure) -> str:
    """Return the type of a row."""
    fields = row_fields(measure)
    if len(fields) == 1:
        return fields["at"]
    return f"struct<{', '.join(f'{name}: {kind}' for name, kind in fields.items())}>"


def row_of(measure: Measure, facts: ir.Table) -> Value:
    """Return the row of a fact."""
    values: dict[str, Value] = {"at": facts["at_us"], "key": facts["message_key"]}
    for name, column in zip(FACTORS, measure.properties, strict=False):
        values[name] = stored(facts[column.column_name])
    for ordinal, column in enumerate(measure.compared):
        values[f"c{ordinal}"] = stored(facts[column.column_name])
    fields = row_fields(measure)
    return values["at"] if len(fields) == 1 else ibis.struct({name: values[name] for name in fields})


def stored(value: Value) -> Value:
    """Return a value as the state keeps it: a time in microseconds since 1970 UTC."""
    return epoch_us(value) if value.type().is_timestamp() else value


def fresh(measure: Measure, rows: Value, frame: Frame) -> Value:
    """Return the rows without those that will never count again."""
    match measure.span:
        case Sliding(from_seconds=seconds):
            start = frame.now_us - seconds * SECOND_US
            return rows.filter(lambda row: _at(measure, row) > start)
        case Calendar(first=first):
            floor = frame.floor(first)
            return rows.filter(lambda row: _at(measure, row) >= floor)
        case _:
            return rows


def tidy_rows(measure: Measure, rows: Value) -> Value:
    """Return the one form of equal rows: in order, the newest only, NULL for none."""
    most = TIMES_MAX if measure.kind is Kind.TIMES else ROWS_MAX
    ordered = rows.sort()
    newest = ibis.ifelse(rows.length() > most, ordered[-most:], ordered)
    return ibis.cases((rows.length() > 0, newest))


def within(measure: Measure, rows: Value, frame: Frame) -> Value:
    """Return the rows that count now."""
    if not (_ends_now(measure) or measure.moving):
        return rows
    now = rows.filter(
        lambda row: inside(measure, _at(measure, row), lambda ordinal: row[f"c{ordinal}"], frame)
    )
    gap = 0 if measure.fading is None else measure.fading.session_seconds
    return last_session(now, gap * SECOND_US) if gap else now


def inside(measure: Measure, at_us: Value, compared: Callable[[int], Value], frame: Frame) -> Value:
    """Return whether a fact of the measure counts now, but for its session. compared: what is, by its number."""
    wanted: list[Value] = [at_us <= frame.now_us] if _ends_now(measure) else []
    match measure.span:
        case Sliding(from_seconds=first, to_seconds=last):
            wanted.append(at_us > frame.now_us - first * SECOND_US)
            if last:
                wanted.append(at_us <= frame.now_us - last * SECOND_US)
        case Calendar(first=first, until=until):
            wanted += [at_us >= frame.boundary(first), at_us < frame.boundary(until)]
        case _:
            pass
    for ordinal, item in enumerate(measure.moving):
        wanted.append(holds(item.condition, compared(ordinal), frame.moment))
    for ordinal, each in enumerate(measure.alike, len(measure.moving)):
        wanted.append(as_now(each.now, compared(ordinal), frame))
    return reduce(and_, wanted, ibis.literal(value=True))


def due(measure: Measure, rows: Value, frame: Frame) -> Value | None:
    """Return a moment after now, not later than the first at which another set of rows counts. None: it never moves.

    NULL where it does not move any more, unless something happens.
    """
    moments: list[Value | None] = []
    now_us = frame.now_us
    if _ends_now(measure):
        moments.append(_least(measure, rows, now_us, 0))
    match measure.span:
        case Sliding(from_seconds=first, to_seconds=last):
            moments.append(_least(measure, rows, now_us, first * SECOND_US))
            if last:
                moments.append(_least(measure, rows, now_us, last * SECOND_US))
        case Calendar(first=first, until=until):
            moves = {boundary.following for boundary in (first, until)}
            moments += [
                ibis.cases((rows.length() > 0, frame.boundary(boundary))) for boundary in sorted(moves)
            ]
        case _:
            pass
    for ordinal, item in enumerate(measure.moving):
        name = f"c{ordinal}"
        for relative in item.condition.relatives:
            moments.append(
                rows.map(lambda row, name=name, relative=relative: frame.crossing(row[name], relative)).mins()
            )
    moments += [ibis.cases((rows.length() > 0, turns(each.now, frame))) for each in measure.alike]
    return earliest(moments)


def _ends_now(measure: Measure) -> bool:
    """Say whether a fact of the future does not count yet."""
    windowed = isinstance(measure.span, Sliding | Calendar)
    return windowed or measure.kind is Kind.TIMES or measure.fading is not None


def _least(measure: Measure, rows: Value, now_us: Value, after_us: int) -> Value:
    """Return the first moment to come that is so long after a row."""
    later = rows.filter(lambda row: _at(measure, row) > now_us - after_us)
    return later.map(lambda row: _at(measure, row) + after_us).mins()


def _at(measure: Measure, row: Value) -> Value:
    return row if len(row_fields(measure)) == 1 else row["at"]
