"""Values as Ibis expressions over a row of what was measured and given, and when formulas change by themselves."""

from collections.abc import Callable, Iterator
from functools import reduce
from operator import add, mul, sub

import ibis
import ibis.expr.types as ir

from weft.clock import DAY_US, HOUR_US
from weft.model.expression import Call, Differ, Evidence, Function, Given, Number
from weft.model.expression import Value as Written
from weft.model.measure import Kind, Measure, ValueType
from weft.storage.ibis_counted import text_of
from weft.storage.ibis_frame import Frame
from weft.storage.ibis_functions import Value, ceil, epoch_us, floor, make_timestamp, nearest, times_in

SINCE_US = {Function.DAYS_SINCE: DAY_US, Function.HOURS_SINCE: HOUR_US}
ARITHMETIC: dict[Function, Callable[[Value, Value], Value]] = {
    Function.ADD: add,
    Function.SUBTRACT: sub,
    Function.MULTIPLY: mul,
    Function.DIVIDE: lambda left, right: left / right.nullif(0),
}
FUNCTIONS: dict[Function, Callable[..., Value]] = {
    Function.MIN: ibis.least,
    Function.MAX: ibis.greatest,
    Function.COALESCE: ibis.coalesce,
    Function.ABS: lambda number: number.abs(),
    Function.ROUND: nearest,
    Function.FLOOR: floor,
    Function.CEIL: ceil,
}


def value_column(measure: Measure) -> str:
    """Return the column that holds what a measure comes to."""
    return f"v_{measure.key}"


class Reading:
    """Reads values from one row: a column `v_<key>` for each measure, one for each given value, and a frame."""

    def __init__(self, row: ir.Table) -> None:
        self.row = row
        self.frame = Frame(row)

    def value(self, value: Written) -> Value:
        """Return what a value comes to, NULL where it is missing."""
        match value:
            case Measure(kind=Kind.MEAN):
                total, count = (self.value(part) for part in value.parts)
                return total.cast("float64") / count.nullif(0)
            case Measure(fading=fading):
                found = self.row[value_column(value)]
                return found if fading is None else _typed(found["v"], value.value_type)
            case Evidence(measure=measure, told=told):
                return _typed(self.row[value_column(measure)][told.value], value.value_type)
            case Differ(one=one, other=other):
                first, second = (text_of(self.value(each)) for each in (one, other))
                return (first != second).fill_null(False)
            case Given():
                return self.row[value.column_name]
            case Number(value=number):
                return ibis.literal(number, type="float64")
            case Call():
                return self._call(value)

    def due(self, value: Written) -> Iterator[Value]:
        """Yield moments after now at which a formula changes by itself; those of its measures are not among them."""
        if isinstance(value, Differ):
            yield from (*self.due(value.one), *self.due(value.other))
        if not isinstance(value, Call):
            return
        for argument in value.arguments:
            yield from self.due(argument)
        if value.function in SINCE_US:
            unit = SINCE_US[value.function]
            at_us = self._time(value.arguments[0])
            yield at_us + (self._passed(at_us, unit) + 1) * unit

    def _call(self, call: Call) -> Value:
        match call.function:
            case Function.DAYS_SINCE | Function.HOURS_SINCE:
                passed = self._passed(self._time(call.arguments[0]), SINCE_US[call.function])
                return passed.cast("float64")
            case Function.DAYS_BETWEEN:
                first, last = (self._time(argument) for argument in call.arguments)
                return (last - first).cast("float64") / DAY_US
            case _:
                numbers = [self.value(argument).cast("float64") for argument in call.arguments]
        if call.function in ARITHMETIC:
            found = reduce(ARITHMETIC[call.function], numbers)
        elif len(numbers) == 1 and call.function in (Function.MIN, Function.MAX, Function.COALESCE):
            found = numbers[0]
        else:
            found = FUNCTIONS[call.function](*numbers)
        number = found.cast("float64")  # `abs` and `coalesce` of whole numbers are integers to Ibis
        return ibis.cases((~(number.isnan() | number.isinf()), number))

    def _time(self, value: Written) -> Value:
        found = self.value(value)
        return epoch_us(found) if found.type().is_timestamp() else found

    def _passed(self, at_us: Value, unit_us: int) -> Value:
        """Return how many whole units have passed since then, rounded down."""
        passed = self.frame.now_us - at_us
        return ibis.cases(
            (passed >= 0, times_in(passed, unit_us)), (passed < 0, -times_in(unit_us - 1 - passed, unit_us))
        )


def _typed(value: Value, kind: ValueType) -> Value:
    return make_timestamp(value) if kind is ValueType.TIME else value
