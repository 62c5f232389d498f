"""Comparisons as Ibis expressions that are true or false, never NULL."""

from collections.abc import Callable
from decimal import Decimal

import ibis

from weft.model.measure import Condition, Operand, Operator, Other, ValueType
from weft.model.span import Relative
from weft.storage.ibis_functions import Value, epoch_us

DECIMAL_MAX = 10**27
MISSING_MEETS = (Operator.IS_NOT, Operator.NONE_OF)
Comparison = Callable[[Value, list[Value]], Value]

COMPARISONS: dict[Operator, Comparison] = {
    Operator.IS: lambda value, operands: value == operands[0],
    Operator.IS_NOT: lambda value, operands: value != operands[0],
    Operator.MORE_THAN: lambda value, operands: value > operands[0],
    Operator.AT_LEAST: lambda value, operands: value >= operands[0],
    Operator.LESS_THAN: lambda value, operands: value < operands[0],
    Operator.AT_MOST: lambda value, operands: value <= operands[0],
    Operator.BETWEEN: lambda value, operands: (value >= operands[0]) & (value <= operands[1]),
    Operator.CONTAINS: lambda value, operands: value.contains(operands[0]),
    Operator.STARTS_WITH: lambda value, operands: value.startswith(operands[0]),
    Operator.ENDS_WITH: lambda value, operands: value.endswith(operands[0]),
    Operator.ONE_OF: lambda value, operands: value.isin(operands),
    Operator.NONE_OF: lambda value, operands: value.notin(operands),
}

Moving = Callable[[Relative], Value]
"""What a relative time is now, in microseconds since 1970 UTC."""
OfFact = Callable[[Other], Value]
"""What another property of the same fact holds."""


def _stands_still(relative: Relative) -> Value:
    raise AssertionError(f"{relative} needs the time at which it is read")


def _of_no_fact(other: Other) -> Value:
    raise AssertionError(f"{other} needs a fact")


def holds(
    condition: Condition, value: Value, moment: Moving = _stands_still, other: OfFact = _of_no_fact
) -> Value:
    """Return whether the value does. A missing value meets only `is_not`, `none_of` and `exists: false`."""
    if condition.operator is Operator.EXISTS:
        return value.notnull() if condition.operands[0] else value.isnull()
    if condition.type is ValueType.TIME and value.type().is_timestamp():
        value = epoch_us(value)

    def read(operand: Operand) -> Value:
        match operand:
            case Relative():
                return moment(operand)
            case Other():
                return other(operand)
            case _:
                return _literal(operand, value)

    operands = [read(operand) for operand in condition.operands]
    return COMPARISONS[condition.operator](value, operands).fill_null(condition.operator in MISSING_MEETS)


def _literal(operand: bool | float | str, value: Value) -> Value:
    if value.type().is_decimal() and abs(operand) < DECIMAL_MAX:  # pyright: ignore[reportArgumentType] checked as number
        return ibis.literal(Decimal(repr(operand)), type="decimal(38, 8)")
    return ibis.literal(operand)
