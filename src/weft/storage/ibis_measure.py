"""A measure as Ibis expressions: gathered from facts, combined over nodes, tidied, read.

Each measure has one state column. All times in the state are microseconds since 1970 UTC:

    count            n  int64
    sum              s  decimal(38, 8)
    first, last      v  struct<at, key, v>, so that ties at one moment are decided by the message's key
    distinct_count   d  array of the distinct values
    with a window    r  array of one row per fact: at (count), <at, v> (distinct_count), <at, key, v> (first, last),
                        <at, v> or <at, v, w> (sum: the numbers as they came; terms are made when it is read)
"""

from collections.abc import Sequence
from functools import reduce
from operator import and_

import ibis
import ibis.expr.types as ir

from weft.model.measure import Kind, Measure, Source, ValueType
from weft.storage.ibis_condition import holds
from weft.storage.ibis_functions import Value, epoch_us, list_distinct, make_timestamp

DECIMAL = "decimal(38, 8)"
FACTOR = "decimal(19, 8)"
TERM_MAX = 1e18
"""A number beyond it is left out of a sum: 10^12 such terms still fit."""
FACTOR_MAX = 1e10
"""A factor beyond it leaves its product out of a sum: the product of two is exact in 38 digits."""
DIRECT_MAX = 2e7
"""Up to here a double times 10^8 is nearer to the right integer than to any other."""
MICROSECONDS = 1_000_000
FACTORS = ("v", "w")

STATE_TYPES = {
    ValueType.NUMBER: "float64",
    ValueType.TEXT: "string",
    ValueType.BOOLEAN: "boolean",
    ValueType.TIME: "int64",
}


def state_column(measure: Measure) -> str:
    """Return the name of the measure's state column."""
    return f"m_{measure.key}_{_part(measure)}"


def state_type(measure: Measure) -> str:
    """Return the type of the measure's state column."""
    if measure.window_seconds is not None:
        return f"array<{_row_type(measure)}>"
    match measure.kind:
        case Kind.COUNT:
            return "int64"
        case Kind.SUM:
            return DECIMAL
        case Kind.FIRST | Kind.LAST:
            return _row_type(measure)
        case Kind.DISTINCT_COUNT:
            return f"array<{_value_type(measure)}>"


def matches(source: Source, facts: ir.Table) -> Value:
    """Return whether a fact comes from the source."""
    same_type = facts["type"] == source.type
    return same_type if source.name is None else same_type & (facts["name"] == source.name)


def gather(measure: Measure, facts: ir.Table) -> Value:
    """Return the state of a group of facts; facts has `at_us` and `now_us` beside its columns. Rows are not sorted."""
    value = _fact_value(measure, facts)
    wanted = [matches(measure.source, facts)]
    wanted += [holds(item.condition, facts[item.property.column_name]) for item in measure.where]
    if value is not None:
        wanted.append(value.notnull())
    if measure.window_seconds is not None:
        now_us: Value = facts["now_us"]
        wanted.append(facts["at_us"] > now_us - measure.window_seconds * MICROSECONDS)
    where = reduce(and_, wanted)
    if measure.window_seconds is not None:
        return _row(measure, facts, value).collect(where=where)
    match measure.kind:
        case Kind.COUNT:
            return facts.count(where=where)
        case Kind.SUM:
            return _some(value).sum(where=where)
        case Kind.FIRST:
            return _row(measure, facts, value).min(where=where)
        case Kind.LAST:
            return _row(measure, facts, value).max(where=where)
        case Kind.DISTINCT_COUNT:
            return _some(value).collect(distinct=True, where=where)


def combine(measure: Measure, state: Value) -> Value:
    """Return the state of a group of states; associative and commutative. Rows are not sorted."""
    if measure.window_seconds is not None:
        return state.collect().flatten()
    match measure.kind:
        case Kind.COUNT:
            # by way of a decimal: DuckDB's sum is 128 bits wide, which Arrow lacks, and Ibis drops a plain cast
            return state.sum().cast("decimal(38, 0)").cast("int64")
        case Kind.SUM:
            return state.sum()
        case Kind.FIRST:
            return state.min()
        case Kind.LAST:
            return state.max()
        case Kind.DISTINCT_COUNT:
            return list_distinct(state.collect().flatten())


def fresh(measure: Measure, state: Value, now_us: Value) -> Value:
    """Return the state without rows that left the window."""
    if measure.window_seconds is None:
        return state
    start = now_us - measure.window_seconds * MICROSECONDS
    return state.filter(lambda row: _at(measure, row) > start)


def tidy(measure: Measure, state: Value) -> Value:
    """Return the one form of equal states: lists are sorted, empty is NULL."""
    if measure.window_seconds is None and measure.kind is Kind.COUNT:
        return state.nullif(0)
    if measure.window_seconds is None and measure.kind is not Kind.DISTINCT_COUNT:
        return state
    return ibis.cases((state.length() > 0, state.sort()))


def within(measure: Measure, state: Value, now_us: Value) -> Value:
    """Return the state with the rows only that are in the window at `now_us`."""
    if measure.window_seconds is None:
        return state
    start = now_us - measure.window_seconds * MICROSECONDS
    return state.filter(lambda row: (_at(measure, row) > start) & (_at(measure, row) <= now_us))


def read(measure: Measure, state: Value) -> Value:
    """Return the value of a state of rows `within`: no facts count 0 and sum to 0, and have no first or last."""
    if measure.window_seconds is not None:
        return _read_rows(measure, state)
    match measure.kind:
        case Kind.COUNT | Kind.SUM:
            return state.fill_null(0)
        case Kind.FIRST | Kind.LAST:
            return _typed(measure, state["v"])
        case Kind.DISTINCT_COUNT:
            return _length(state)


def due(measure: Measure, state: Value, now_us: Value) -> Value | None:
    """Return the first moment after now at which a row enters or leaves the window; None for a measure without one."""
    if measure.window_seconds is None:
        return None
    length = measure.window_seconds * MICROSECONDS
    later = state.filter(lambda row: _at(measure, row) > now_us - length)
    return later.map(
        lambda row: ibis.ifelse(_at(measure, row) > now_us, _at(measure, row), _at(measure, row) + length)
    ).mins()


def _read_rows(measure: Measure, rows: Value) -> Value:
    match measure.kind:
        case Kind.COUNT:
            return _length(rows)
        case Kind.SUM:
            names = FACTORS[: len(measure.properties)]
            terms = rows.map(lambda row: _term(measure, [row[name] for name in names]))
            return terms.sums().cast(DECIMAL).fill_null(0)
        case Kind.FIRST:
            return _typed(measure, rows.mins()["v"])
        case Kind.LAST:
            return _typed(measure, rows.maxs()["v"])
        case Kind.DISTINCT_COUNT:
            return _length(list_distinct(rows.map(lambda row: row["v"])))


def _length(values: Value) -> Value:
    """Return the length, 0 for NULL (for which Spark may say -1)."""
    return ibis.cases((values.notnull(), values.length()), else_=0)


def _fact_value(measure: Measure, facts: ir.Table) -> Value | None:
    """Return what a fact contributes, NULL if nothing; None where facts are only counted."""
    columns: list[Value] = [facts[column.column_name] for column in measure.properties]
    if measure.kind is Kind.SUM:
        return _term(measure, columns)
    if not columns:
        return None
    return epoch_us(columns[0]) if measure.properties[0].type is ValueType.TIME else columns[0]


def _term(measure: Measure, numbers: Sequence[Value]) -> Value:
    """Return a term of a sum: a number, or the product of two."""
    if len(measure.properties) == 1:
        return _decimal(numbers[0], TERM_MAX, DECIMAL)
    first, second = (_decimal(number, FACTOR_MAX, FACTOR) for number in numbers)
    return (first * second).cast(DECIMAL)


def _decimal(number: Value, limit: float, kind: str) -> Value:
    """Return the decimal that a double's shortest text means, to 8 places; NULL over the limit.

    DuckDB's direct cast multiplies by 10^8, so it is exact only up to DIRECT_MAX; the way through text is exact but
    takes a hundred times as long.
    """
    return ibis.cases(
        (number.between(-DIRECT_MAX, DIRECT_MAX), number.cast(kind)),
        (number.between(-limit, limit) & (number == number.floor()), number.cast("int64").cast(kind)),
        (number.between(-limit, limit), number.cast("string").cast(kind)),
    )


def _row(measure: Measure, facts: ir.Table, value: Value | None) -> Value:
    match measure.kind:
        case Kind.COUNT:
            return facts["at_us"]
        case Kind.SUM:
            numbers = {
                name: facts[column.column_name]
                for name, column in zip(FACTORS, measure.properties, strict=False)
            }
            return ibis.struct({"at": facts["at_us"], **numbers})
        case Kind.DISTINCT_COUNT:
            return ibis.struct({"at": facts["at_us"], "v": _some(value)})
        case Kind.FIRST | Kind.LAST:
            return ibis.struct({"at": facts["at_us"], "key": facts["message_key"], "v": _some(value)})


def _row_type(measure: Measure) -> str:
    match measure.kind:
        case Kind.COUNT:
            return "int64"
        case Kind.SUM | Kind.DISTINCT_COUNT:
            more = ", w: float64" if len(measure.properties) == len(FACTORS) else ""
            return f"struct<at: int64, v: {_value_type(measure)}{more}>"
        case Kind.FIRST | Kind.LAST:
            return f"struct<at: int64, key: uuid, v: {_value_type(measure)}>"


def _value_type(measure: Measure) -> str:
    return STATE_TYPES[measure.properties[0].type]


def _at(measure: Measure, row: Value) -> Value:
    return row if measure.kind is Kind.COUNT else row["at"]


def _typed(measure: Measure, value: Value) -> Value:
    return make_timestamp(value) if measure.value_type is ValueType.TIME else value


def _some(value: Value | None) -> Value:
    assert value is not None
    return value


def _part(measure: Measure) -> str:
    if measure.window_seconds is not None:
        return "r"
    return {Kind.COUNT: "n", Kind.SUM: "s", Kind.FIRST: "v", Kind.LAST: "v", Kind.DISTINCT_COUNT: "d"}[
        measure.kind
    ]
