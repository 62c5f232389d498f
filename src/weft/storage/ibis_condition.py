"""Conditions and rules as Ibis expressions that are true or false, never NULL."""

from collections.abc import Callable
from decimal import Decimal
from functools import reduce
from operator import and_, or_

import ibis

from weft.model.audience import AllRule, AnyRule, DidRule, NotRule, Rule, TraitRule
from weft.model.measure import Condition, Measure, Operand, Operator, ValueType
from weft.storage.ibis_functions import Value, epoch_us

DECIMAL_MAX = 10**27
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
    Operator.ONE_OF: lambda value, operands: value.isin(operands),
}


def holds(condition: Condition, value: Value) -> Value:
    """Return whether the value does. A missing value meets only `is_not` and `exists: false`."""
    if condition.operator is Operator.EXISTS:
        return value.notnull() if condition.operands[0] else value.isnull()
    if condition.type is ValueType.TIME and value.type().is_timestamp():
        value = epoch_us(value)
    operands = [_literal(operand, value) for operand in condition.operands]
    missing_meets = condition.operator is Operator.IS_NOT
    return COMPARISONS[condition.operator](value, operands).fill_null(missing_meets)


def membership(rule: Rule, value_of: Callable[[Measure], Value]) -> Value:
    """Return whether a rule holds, given the value of each measure."""
    match rule:
        case AllRule(rules=rules):
            return reduce(and_, (membership(inner, value_of) for inner in rules))
        case AnyRule(rules=rules):
            return reduce(or_, (membership(inner, value_of) for inner in rules))
        case NotRule(rule=inner):
            return ~membership(inner, value_of)
        case TraitRule(measure=measure, condition=condition):
            return holds(condition, value_of(measure))
        case DidRule(measure=measure, at_least=least, at_most=most):
            count = value_of(measure)
            bounds = [count >= least] if least else []
            bounds += [count <= most] if most is not None else []
            return reduce(and_, bounds) if bounds else ibis.literal(value=True)


def _literal(operand: Operand, value: Value) -> Value:
    if value.type().is_decimal() and abs(operand) < DECIMAL_MAX:  # pyright: ignore[reportArgumentType] checked as number
        return ibis.literal(Decimal(repr(operand)), type="decimal(38, 8)")
    return ibis.literal(operand)
