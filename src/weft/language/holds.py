"""Whether one value meets a condition, where there is no engine to ask: the same answer as the compiled expression."""

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from weft.language.text import ISO_TIME, microseconds_of
from weft.model.measure import Condition, Operand, Operator, ValueType

COMPARISONS: dict[Operator, Callable[[Any, Sequence[Any]], bool]] = {
    Operator.IS: lambda value, operands: value == operands[0],
    Operator.IS_NOT: lambda value, operands: value != operands[0],
    Operator.MORE_THAN: lambda value, operands: value > operands[0],
    Operator.AT_LEAST: lambda value, operands: value >= operands[0],
    Operator.LESS_THAN: lambda value, operands: value < operands[0],
    Operator.AT_MOST: lambda value, operands: value <= operands[0],
    Operator.BETWEEN: lambda value, operands: operands[0] <= value <= operands[1],
    Operator.CONTAINS: lambda value, operands: operands[0] in value,
    Operator.STARTS_WITH: lambda value, operands: value.startswith(operands[0]),
    Operator.ENDS_WITH: lambda value, operands: value.endswith(operands[0]),
    Operator.ONE_OF: lambda value, operands: value in operands,
    Operator.NONE_OF: lambda value, operands: value not in operands,
}


def holds(condition: Condition, value: object) -> bool:
    """Return whether a value out of JSON does. A missing one meets only `is_not`, `none_of`, `exists: false`."""
    read = typed(value, condition.type)
    if condition.operator is Operator.EXISTS:
        return (read is not None) is condition.operands[0]
    if read is None:
        return condition.operator in (Operator.IS_NOT, Operator.NONE_OF)
    return COMPARISONS[condition.operator](read, condition.operands)


def typed(value: object, kind: ValueType) -> Operand | list[str] | None:
    """Return a value out of JSON as a condition compares it; None for nothing and for what is not of the type.

    A list of nothing is nothing.
    """
    if kind is ValueType.LIST:
        if not isinstance(value, list):
            return None
        elements = (_text(element) for element in value)
        return [element for element in elements if element is not None] or None
    text = _text(value)
    if text is None or kind is ValueType.TEXT:
        return text
    if kind is ValueType.BOOLEAN:
        return {"true": True, "false": False}.get(text)
    if kind is ValueType.TIME:
        return microseconds_of(text) if re.search(ISO_TIME, text) else None
    try:
        number = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()
