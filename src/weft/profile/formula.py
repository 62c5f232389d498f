"""Formulas over traits, as they are written: `(spend_365d - spend_before) / spend_before`.

    sum     = product { ("+" | "-") product }
    product = sign { ("*" | "/") sign }
    sign    = ["-"] part
    part    = number | name | function "(" sum { "," sum } ")" | "(" sum ")"

Read by descent with one token in view, without `eval`.
"""

import math
import re
from collections.abc import Callable
from itertools import pairwise

import msgspec

from weft.language.strict import nearest
from weft.model.expression import Call, Function, Number, Value
from weft.model.measure import ValueType

FORMULA_CHARACTERS = 2_000
FORMULA_DEPTH = 30
VALUE_PARTS = 500
VALUE_DEPTH = 50
_TOKEN = re.compile(
    r"\s*(?:([0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)|([A-Za-z_][A-Za-z0-9_]*)|([-+*/(),])|(\S))"
)

SUMS = {"+": Function.ADD, "-": Function.SUBTRACT}
PRODUCTS = {"*": Function.MULTIPLY, "/": Function.DIVIDE}
ANY_NUMBER = 100
ARGUMENTS: dict[str, tuple[Function, int, int, ValueType]] = {
    "min": (Function.MIN, 1, ANY_NUMBER, ValueType.NUMBER),
    "max": (Function.MAX, 1, ANY_NUMBER, ValueType.NUMBER),
    "coalesce": (Function.COALESCE, 1, ANY_NUMBER, ValueType.NUMBER),
    "abs": (Function.ABS, 1, 1, ValueType.NUMBER),
    "round": (Function.ROUND, 1, 1, ValueType.NUMBER),
    "floor": (Function.FLOOR, 1, 1, ValueType.NUMBER),
    "ceil": (Function.CEIL, 1, 1, ValueType.NUMBER),
    "days_since": (Function.DAYS_SINCE, 1, 1, ValueType.TIME),
    "hours_since": (Function.HOURS_SINCE, 1, 1, ValueType.TIME),
    "days_between": (Function.DAYS_BETWEEN, 2, 2, ValueType.TIME),
}
"""name → the function, the fewest and the most arguments, their type."""


class FormulaError(ValueError):
    """A formula that cannot be read; the message says where and what to write."""


class Token(msgspec.Struct, frozen=True):
    """A word of a formula. kind: number, name, sign, end; column: from 1."""

    kind: str
    text: str
    column: int


def tokens_of(formula: str) -> list[Token]:
    """Cut a formula into words. Raises FormulaError."""
    if len(formula) > FORMULA_CHARACTERS:
        raise FormulaError(
            f"longer than {FORMULA_CHARACTERS:,} characters; give a part of it a name as a trait"
        )
    tokens: list[Token] = []
    for match in _TOKEN.finditer(formula):
        number, name, sign, other = match.groups()
        column = match.end() - len(match[0].lstrip()) + 1
        if other:
            raise FormulaError(f"`{other}` at character {column} is no part of a formula")
        kind = "number" if number else "name" if name else "sign"
        tokens.append(Token(kind, number or name or sign, column))
    return [*tokens, Token("end", "", len(formula) + 1)]


def names_of(formula: str) -> list[str]:
    """Return the names of traits in a formula, in order, each as often as it occurs. Raises FormulaError."""
    tokens = tokens_of(formula)
    return [token.text for token, then in pairwise(tokens) if token.kind == "name" and then.text != "("]


def read_formula(formula: str, value_of: Callable[[str], Value]) -> Value:
    """Return the value that a formula tells. value_of: the value of a trait. Raises FormulaError."""
    value = _Parser(tokens_of(formula), value_of).formula()
    if _is_too_large(value):
        raise FormulaError(
            f"comes to more than {VALUE_PARTS} parts, or to {VALUE_DEPTH} one inside the other, once the traits that "
            "it names are put in their places; compute less in one trait"
        )
    return value


def _is_too_large(value: Value) -> bool:
    left: list[tuple[Value, int]] = [(value, 1)]
    parts = 0
    while left:
        part, depth = left.pop()
        parts += 1
        if parts > VALUE_PARTS or depth > VALUE_DEPTH:
            return True
        if isinstance(part, Call):
            left += [(argument, depth + 1) for argument in part.arguments]
    return False


class _Parser:
    def __init__(self, tokens: list[Token], value_of: Callable[[str], Value]) -> None:
        self._tokens = tokens
        self._value_of = value_of
        self._at = 0
        self._depth = 0

    def formula(self) -> Value:
        value = self._sum()
        if self._next.kind != "end":
            raise self._unexpected("an operator (+ - * /) or the end")
        return value

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        self._at += 1
        return token

    def _unexpected(self, wanted: str) -> FormulaError:
        token = self._next
        found = f"`{token.text[:40]}` at character {token.column}" if token.text else "the end"
        return FormulaError(f"expected {wanted}, found {found}")

    def _sum(self) -> Value:
        self._depth += 1
        if self._depth > FORMULA_DEPTH:
            raise FormulaError(f"nests deeper than {FORMULA_DEPTH}; give a part of it a name as a trait")
        value = self._chain(SUMS, lambda: self._chain(PRODUCTS, self._sign))
        self._depth -= 1
        return value

    def _chain(self, functions: dict[str, Function], part: Callable[[], Value]) -> Value:
        start = self._next
        value = part()
        while self._next.text in functions:
            operator = self._take()
            behind = self._next
            right = part()
            pair = (_number(value, start), _number(right, behind))
            value = Call(functions[operator.text], pair)
        return value

    def _sign(self) -> Value:
        if self._next.text != "-":
            return self._part()
        self._take()
        start = self._next
        value = _number(self._part(), start)
        if isinstance(value, Number):
            return Number(0.0 - value.value)
        return Call(Function.SUBTRACT, (Number(0.0), value))

    def _part(self) -> Value:
        token = self._next
        if token.kind == "number":
            return Number(_finite(self._take()))
        if token.kind == "name":
            self._take()
            return self._call(token) if self._next.text == "(" else self._value_of(token.text)
        if token.text == "(":
            self._take()
            value = self._sum()
            self._close()
            return value
        raise self._unexpected("a number, the name of a trait, a function or `(`")

    def _call(self, name: Token) -> Value:
        if name.text not in ARGUMENTS:
            raise FormulaError(
                f"`{name.text[:40]}` at character {name.column} is no function{nearest(name.text, ARGUMENTS)}"
            )
        function, fewest, most, kind = ARGUMENTS[name.text]
        self._take()
        arguments: list[Value] = []
        while not arguments or self._next.text == ",":
            if arguments:
                self._take()
            start = self._next
            arguments.append(_typed(self._sum(), kind, start, f"`{name.text}` takes"))
        self._close()
        if not fewest <= len(arguments) <= most:
            wanted = f"{fewest}" if fewest == most else f"{fewest} to {most}"
            raise FormulaError(f"`{name.text}` takes {wanted} values, found {len(arguments)}")
        return Call(function, tuple(arguments))

    def _close(self) -> None:
        if self._next.text != ")":
            raise self._unexpected("`)`")
        self._take()


def _number(value: Value, start: Token) -> Value:
    return _typed(value, ValueType.NUMBER, start, "this takes")


def _typed(value: Value, kind: ValueType, start: Token, before: str) -> Value:
    if value.value_type is kind:
        return value
    wanted = "times" if kind is ValueType.TIME else "numbers"
    hint = "; `days_since(…)` makes a number of a time" if value.value_type is ValueType.TIME else ""
    raise FormulaError(
        f"{before} {wanted}, and `{start.text}` at character {start.column} is {value.value_type}{hint}"
    )


def _finite(token: Token) -> float:
    number = float(token.text)
    if not math.isfinite(number):
        raise FormulaError(f"`{token.text[:40]}` at character {token.column} is too large for a number")
    return number
