"""Formulas, read by Python's own grammar."""

import ast
import math
from collections.abc import Callable
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.oracle.naive.values import whole_units

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def compute(formula: str, value_of: Callable[[str], Any], now: Any) -> float | None:
    """The value of a formula; None is missing. value_of: the value of a trait."""

    def number(node: ast.expr) -> Any:
        value = part(node)
        if isinstance(value, int | float | Decimal):
            value = float(value)
            return value if math.isfinite(value) else None
        return value

    def part(node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return value_of(name)
            case ast.UnaryOp(operand=operand):
                value = number(operand)
                return None if value is None else -value
            case ast.BinOp(left=left, op=op, right=right):
                return arithmetic(op, number(left), number(right))
            case ast.Call(func=ast.Name(id=name), args=args):
                return call(name, [number(arg) for arg in args], now)
        raise AssertionError(ast.dump(node))

    return number(ast.parse(formula.strip(), mode="eval").body)


def arithmetic(op: ast.operator, left: float | None, right: float | None) -> float | None:
    if left is None or right is None:
        return None
    match op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case _:
            return None if right == 0 else left / right


def call(name: str, arguments: list[Any], now: Any) -> float | None:
    known = [argument for argument in arguments if argument is not None]
    match name:
        case "coalesce":
            return known[0] if known else None
        case "min":
            return min(known, default=None)
        case "max":
            return max(known, default=None)
    if len(known) < len(arguments):
        return None
    first = arguments[0]
    match name:
        case "abs":
            return abs(first)
        case "floor":
            return math.floor(first)
        case "ceil":
            return math.ceil(first)
        case "round":
            return float(Decimal(repr(first)).to_integral_value(ROUND_HALF_UP))
        case "days_since":
            return whole_units(first, now, DAY)
        case "hours_since":
            return whole_units(first, now, HOUR)
        case _:
            return (arguments[1] - first) / DAY
