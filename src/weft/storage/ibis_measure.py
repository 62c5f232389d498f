"""A measure as Ibis expressions: gathered from facts, combined over nodes, tidied, read.

Each measure has one state column. All times in the state are microseconds since 1970 UTC:

    count                 n  int64
    sum                   s  decimal(38, 8)
    min, max              v  the value
    first, last           v  struct<at, key, v>, so that ties at one moment are decided by the message's key; `at` alone
                             where the time of the fact is the value
    distinct_count        d  array of the distinct values, and of `distinct`
    most_frequent, top    c  array of struct<v, n, at>: a value, how often, when last (weft.storage.ibis_counted)
    streaks               q  array of quarters of an hour (weft.storage.ibis_streak)
    what moves with time  r  array of one row a fact (weft.storage.ibis_rows)
"""

from collections.abc import Callable, Sequence
from functools import reduce
from operator import and_

import ibis
import ibis.expr.types as ir

from weft.clock import SECOND_US
from weft.model.measure import TERM_MAX, Kind, Measure, Other, Source, ValueType
from weft.model.span import Fixed
from weft.storage import ibis_rows
from weft.storage.ibis_condition import holds
from weft.storage.ibis_counted import (
    COUNTED,
    VALUES_MAX,
    counted_of,
    counted_one,
    listed,
    merged,
    most_frequent,
    text_of,
    tidy_counted,
)
from weft.storage.ibis_fading import read_faded
from weft.storage.ibis_frame import Frame, earliest
from weft.storage.ibis_functions import Value, list_distinct, make_timestamp, whole_sum
from weft.storage.ibis_rows import FACTORS, STATE_TYPES, row_fields, row_of, row_type, stored, tidy_rows
from weft.storage.ibis_streak import due_streak, quarter_of, read_streak, tidy_quarters, units_of

DECIMAL = "decimal(38, 8)"
FACTOR = "decimal(19, 8)"
FACTOR_MAX = 1e10
"""A factor beyond it leaves its product out of a sum: the product of two is exact in 38 digits."""
DIRECT_MAX = 2e7
"""Up to here a double times 10^8 is nearer to the right integer than to any other."""
DISTINCT_MAX = 10_000
COUNTED_KINDS = (Kind.MOST_FREQUENT, Kind.TOP)
DISTINCT_KINDS = (Kind.DISTINCT_COUNT, Kind.DISTINCT)
STREAKS = (Kind.STREAK, Kind.LONGEST_STREAK)


def state_column(measure: Measure) -> str:
    """Return the name of the measure's state column."""
    return f"m_{measure.key}_{_part(measure)}"


def state_type(measure: Measure) -> str:
    """Return the type of the measure's state column."""
    if measure.keeps_rows:
        return f"array<{row_type(measure)}>"
    match measure.kind:
        case Kind.COUNT:
            return "int64"
        case Kind.SUM:
            return DECIMAL
        case Kind.MIN | Kind.MAX:
            return STATE_TYPES[measure.properties[0].type]
        case Kind.FIRST | Kind.LAST:
            return row_type(measure)
        case Kind.DISTINCT_COUNT | Kind.DISTINCT:
            return f"array<{_element_type(measure)}>"
        case Kind.MOST_FREQUENT | Kind.TOP:
            return f"array<{COUNTED}>"
        case Kind.STREAK | Kind.LONGEST_STREAK:
            return "array<int64>"
        case Kind.MEAN | Kind.TIMES:
            raise AssertionError(f"{measure.kind} has no state of its own")


def matches(source: Source, facts: ir.Table) -> Value:
    """Return whether a fact comes from the source."""
    same_type = facts["type"] == source.type
    return same_type if source.name is None else same_type & (facts["name"] == source.name)


def counts(measure: Measure, facts: ir.Table) -> Value:
    """Return whether a fact is of the measure, now or at another time. facts has `at_us` beside its columns."""

    def other(operand: Other) -> Value:
        value = stored(facts[operand.property.column_name])
        match operand.property.type:
            case ValueType.TIME:
                return value + int(operand.plus) * SECOND_US
            case ValueType.NUMBER:
                return value + operand.plus
            case _:
                return value

    still = [item for item in measure.where if not item.condition.relatives]
    wanted = [matches(measure.source, facts)]
    wanted += [holds(item.condition, facts[item.property.column_name], other=other) for item in still]
    value = _fact_value(measure, facts)
    if value is not None:
        wanted.append(value.notnull())
    if isinstance(measure.span, Fixed):
        since, until = measure.span.since_us, measure.span.until_us
        at_us: Value = facts["at_us"]
        wanted += [] if since is None else [at_us >= since]
        wanted += [] if until is None else [at_us < until]
    return reduce(and_, wanted)


def gather(measure: Measure, facts: ir.Table) -> Value:
    """Return the state of a group of facts; facts has `at_us` beside its columns. Rows are not sorted."""
    value, where = _fact_value(measure, facts), counts(measure, facts)
    at_us: Value = facts["at_us"]
    if measure.keeps_rows:
        return row_of(measure, facts).collect(where=where)
    match measure.kind:
        case Kind.COUNT:
            return facts.count(where=where)
        case Kind.SUM:
            return _some(value).sum(where=where)
        case Kind.FIRST | Kind.MIN:
            row = _some(value) if measure.kind is Kind.MIN else row_of(measure, facts)
            return row.min(where=where)
        case Kind.LAST | Kind.MAX:
            row = _some(value) if measure.kind is Kind.MAX else row_of(measure, facts)
            return row.max(where=where)
        case Kind.DISTINCT_COUNT | Kind.DISTINCT:
            found = _listed(measure, _some(value)).collect(distinct=True, where=where)
            return found.flatten() if _is_list(measure) else found
        case Kind.MOST_FREQUENT | Kind.TOP:
            if _is_list(measure):
                return counted_of(_some(value), at_us).collect(where=where).flatten()
            return counted_one(_listed(measure, _some(value)), at_us).collect(where=where)
        case Kind.STREAK | Kind.LONGEST_STREAK:
            return quarter_of(at_us).collect(distinct=True, where=where)
        case Kind.MEAN | Kind.TIMES:
            raise AssertionError(f"{measure.kind} has no state of its own")


def combine(measure: Measure, state: Value) -> Value:
    """Return the state of a group of states; associative and commutative. Rows are not sorted."""
    if measure.keeps_rows or measure.kind in (*COUNTED_KINDS, *STREAKS):
        return state.collect().flatten()
    match measure.kind:
        case Kind.COUNT:
            return whole_sum(state)
        case Kind.SUM:
            return state.sum()
        case Kind.FIRST | Kind.MIN:
            return state.min()
        case Kind.LAST | Kind.MAX:
            return state.max()
        case _:
            return list_distinct(state.collect().flatten())


def fresh(measure: Measure, state: Value, frame: Frame) -> Value:
    """Return the state without rows that left their window for good."""
    return ibis_rows.fresh(measure, state, frame) if measure.keeps_rows else state


def tidy(measure: Measure, state: Value) -> Value:
    """Return the one form of equal states: lists are sorted and within their limits, empty is NULL."""
    if measure.keeps_rows:
        return tidy_rows(measure, state)
    if measure.kind in COUNTED_KINDS:
        return tidy_counted(state)
    if measure.kind in STREAKS:
        return tidy_quarters(state)
    if measure.kind in DISTINCT_KINDS:
        most = DISTINCT_MAX if measure.kind is Kind.DISTINCT_COUNT else VALUES_MAX
        return ibis.cases((state.length() > 0, list_distinct(state).sort()[:most]))
    return state.nullif(0) if measure.kind is Kind.COUNT else state


def within(measure: Measure, state: Value, frame: Frame) -> Value:
    """Return the state with the rows only that count now; what several nodes have in common stands in it once.

    Of a streak it is the local units with a fact.
    """
    rows = ibis_rows.within(measure, state, frame) if measure.keeps_rows else state
    if measure.kind in STREAKS:
        return units_of(measure, _quarters(measure, rows), frame)
    return merged(rows) if measure.kind in COUNTED_KINDS and not measure.keeps_rows else rows


def read(measure: Measure, state: Value, frame: Frame) -> Value:
    """Return the value of a state `within`: no facts count 0 and sum to 0; of what has no value it is NULL."""
    if measure.kind in STREAKS:
        return read_streak(measure, state, frame)
    if measure.keeps_rows:
        return _read_rows(measure, state)
    match measure.kind:
        case Kind.COUNT | Kind.SUM:
            return state.fill_null(0)
        case Kind.FIRST | Kind.LAST:
            return _typed(measure, state["v"] if measure.properties else state)
        case Kind.DISTINCT_COUNT:
            return _length(state)
        case Kind.DISTINCT:
            return listed(state)
        case Kind.MOST_FREQUENT:
            return most_frequent(state, 1)[0]
        case Kind.TOP:
            return _some_of(most_frequent(state, measure.most))
        case _:
            return _typed(measure, state)


def due(measure: Measure, state: Value, frame: Frame) -> Value | None:
    """Return a moment after now, not later than the first at which the value may change; None if it never does."""
    moments = [ibis_rows.due(measure, state, frame)] if measure.keeps_rows else []
    if measure.kind in STREAKS:
        moments.append(due_streak(measure, _quarters(measure, state), frame))
    return earliest(moments)


def _read_rows(measure: Measure, rows: Value) -> Value:
    if measure.fading is not None:
        return read_faded(measure, rows, lambda weight: _counted_rows(measure, rows, weight))
    match measure.kind:
        case Kind.COUNT:
            return _length(rows)
        case Kind.TIMES:
            return rows if len(row_fields(measure)) == 1 else rows.map(lambda row: row["at"])
        case Kind.SUM:
            names = FACTORS[: len(measure.properties)]
            terms = rows.map(lambda row: _term(measure, [row[name] for name in names]))
            return terms.sums().cast(DECIMAL).fill_null(0)
        case Kind.FIRST | Kind.LAST:
            found = rows.mins() if measure.kind is Kind.FIRST else rows.maxs()
            whole = len(row_fields(measure)) == 1
            return _typed(measure, found if whole else found["v" if measure.properties else "at"])
        case Kind.MIN | Kind.MAX:
            values = rows.map(lambda row: row["v"])
            return _typed(measure, values.mins() if measure.kind is Kind.MIN else values.maxs())
        case Kind.DISTINCT_COUNT | Kind.DISTINCT:
            values = rows.map(lambda row: _listed(measure, row["v"]))
            values = values.flatten() if _is_list(measure) else values
            return _length(list_distinct(values)) if measure.kind is Kind.DISTINCT_COUNT else listed(values)
        case Kind.MOST_FREQUENT | Kind.TOP:
            counted = merged(_counted_rows(measure, rows))
            ranked = most_frequent(counted, max(measure.most, 1))
            return ranked[0] if measure.kind is Kind.MOST_FREQUENT else _some_of(ranked)
        case Kind.MEAN | Kind.STREAK | Kind.LONGEST_STREAK:
            raise AssertionError(f"{measure.kind} is not read from rows")


def _counted_rows(measure: Measure, rows: Value, weight: Callable[[Value], Value] = lambda _: None) -> Value:
    if _is_list(measure):
        return rows.map(lambda row: counted_of(row["v"], row["at"], weight(row))).flatten()
    return rows.map(lambda row: counted_one(_listed(measure, row["v"]), row["at"], weight(row)))


def _quarters(measure: Measure, state: Value) -> Value:
    """Return the quarters of an hour of a streak's state, or of its rows."""
    if not measure.keeps_rows:
        return state
    whole = len(row_fields(measure)) == 1
    return list_distinct(state.map(lambda row: quarter_of(row if whole else row["at"])))


def _some_of(values: Value) -> Value:
    return ibis.cases((values.length() > 0, values))


def _length(values: Value) -> Value:
    """Return the length, 0 for NULL (for which Spark may say -1)."""
    return ibis.cases((values.notnull(), values.length()), else_=0)


def _fact_value(measure: Measure, facts: ir.Table) -> Value | None:
    """Return what a fact contributes, NULL if nothing; None where facts are only counted."""
    columns: list[Value] = [facts[column.column_name] for column in measure.properties]
    if measure.kind is Kind.SUM:
        return _term(measure, columns)
    return stored(columns[0]) if columns else None


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
        (number.between(-limit, limit) & (number % 1 == 0), number.cast("int64").cast(kind)),
        (number.between(-limit, limit), number.cast("string").cast(kind)),
    )


def _element_type(measure: Measure) -> str:
    if _is_list(measure) or measure.kind is Kind.DISTINCT:
        return "string"
    return STATE_TYPES[measure.properties[0].type]


def _listed(measure: Measure, value: Value) -> Value:
    """Return a value as it is collected: as text, but where it is only counted and where it is a list of texts."""
    return value if measure.kind is Kind.DISTINCT_COUNT or _is_list(measure) else text_of(value)


def _is_list(measure: Measure) -> bool:
    return measure.properties[0].type is ValueType.LIST


def _typed(measure: Measure, value: Value) -> Value:
    return make_timestamp(value) if measure.value_type is ValueType.TIME else value


def _some(value: Value | None) -> Value:
    assert value is not None
    return value


def _part(measure: Measure) -> str:
    """Return the letter of the form of the state."""
    if measure.keeps_rows:
        return "r"
    forms = {Kind.COUNT: "n", Kind.SUM: "s"} | dict.fromkeys(DISTINCT_KINDS, "d")
    forms |= dict.fromkeys(COUNTED_KINDS, "c") | dict.fromkeys(STREAKS, "q")
    return forms.get(measure.kind, "v")
