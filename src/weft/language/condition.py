"""Comparisons as they are written, in the `where` of a source and in the rules of an audience."""

from collections.abc import Sequence
from typing import Annotated, Any, cast

import msgspec
from msgspec import UNSET, Meta, UnsetType

from weft.language.span import relative_of, written_relative
from weft.language.strict import Reader, inside
from weft.language.text import microseconds_of, short_iso_of
from weft.model.measure import Condition, Operand, Operator, Other, ValueType
from weft.model.span import Relative

WHOLE_MAX = 2**53
NUMBER_MAX = 1.7976931348623157e308
Scalar = bool | int | float | str
Bound = int | float | str

ORDERED = (Operator.MORE_THAN, Operator.AT_LEAST, Operator.LESS_THAN, Operator.AT_MOST, Operator.BETWEEN)
TEXTUAL = (Operator.CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH)
AMONG = (Operator.ONE_OF, Operator.NONE_OF)
PERCENT = (Operator.TOP_PERCENT, Operator.BOTTOM_PERCENT)
ON_LISTS = (Operator.CONTAINS, Operator.EXISTS)

EQUAL = "Equal to this."
UNEQUAL = "Not equal to this, or missing."
ABOVE = "Above this number or after this time."
NOT_BELOW = "This number or time, or above."
BELOW = "Below this number or before this time."
NOT_ABOVE = "This number or time, or below."
BETWEEN = "From the first to the second, inclusive."

As = Annotated[
    ValueType | UnsetType,
    Meta(description="What the value holds; without it, the operator and its value tell."),
]
OneOf = Annotated[list[Scalar], Meta(min_length=1, max_length=1_000)]
Percent = Annotated[float, Meta(gt=0, le=100)]


class SharedOperators(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The operators that mean the same wherever they are written."""

    contains: Annotated[
        str | UnsetType, Meta(description="The text has this part, the list this element (case matters).")
    ] = UNSET
    starts_with: Annotated[str | UnsetType, Meta(description="The text begins so (case matters).")] = UNSET
    ends_with: Annotated[str | UnsetType, Meta(description="The text ends so (case matters).")] = UNSET
    one_of: Annotated[OneOf | UnsetType, Meta(description="Equal to one of these.")] = UNSET
    none_of: Annotated[OneOf | UnsetType, Meta(description="Equal to none of these, or missing.")] = UNSET
    exists: Annotated[bool | UnsetType, Meta(description="true: there is a value; false: there is none.")] = (
        UNSET
    )
    as_: As = msgspec.field(default=UNSET, name="as")


class Operators(SharedOperators, frozen=True, kw_only=True):
    """The comparison: exactly one of the operators."""

    is_: Annotated[Scalar | UnsetType, Meta(description=EQUAL)] = msgspec.field(default=UNSET, name="is")
    is_not: Annotated[Scalar | UnsetType, Meta(description=UNEQUAL)] = UNSET
    more_than: Annotated[Bound | UnsetType, Meta(description=ABOVE)] = UNSET
    at_least: Annotated[Bound | UnsetType, Meta(description=NOT_BELOW)] = UNSET
    less_than: Annotated[Bound | UnsetType, Meta(description=BELOW)] = UNSET
    at_most: Annotated[Bound | UnsetType, Meta(description=NOT_ABOVE)] = UNSET
    between: Annotated[tuple[Bound, Bound] | UnsetType, Meta(description=BETWEEN)] = UNSET


def read_condition(
    reader: Reader, written: SharedOperators, known: ValueType | None, at: str, *, moving: bool = True
) -> Condition | None:
    """Read the comparison.

    known: the type of the compared value where that is certain. moving: whether relative times have a meaning here.
    """
    given = given_operators(written)
    if len(given) != 1:
        names = ", ".join(given) or "none"
        usual = ", ".join(each for each in Operator if each not in PERCENT)
        reader.fault(at, f"give exactly one comparison ({usual}); here: {names}")
        return None
    ((operator, value),) = given.items()
    declared = None if written.as_ is UNSET else written.as_
    if known and declared and known != declared:
        reader.fault(inside(at, "as"), f"this value is {known}, not {declared}; leave `as` out")
        return None
    operands: tuple[Any, ...] = tuple(value) if isinstance(value, list | tuple) else (value,)
    return condition_of(
        reader, operator, operands, known or declared or inferred(operator, operands[0]), inside(at, operator),
        moving=moving,
    )  # fmt: skip


def given_operators(written: SharedOperators) -> dict[Operator, Any]:
    """Return operator → what is written behind it, of those that are given."""
    fields = {operator: "is_" if operator is Operator.IS else operator.value for operator in Operator}
    found = {operator: getattr(written, field, UNSET) for operator, field in fields.items()}
    return {operator: value for operator, value in found.items() if value is not UNSET}


def inferred(operator: Operator, operand: object) -> ValueType:
    """Return what a value is taken for that is compared so, where nothing else tells."""
    if operator is Operator.EXISTS or operator in TEXTUAL:
        return ValueType.TEXT
    if isinstance(operand, bool):
        return ValueType.BOOLEAN
    if isinstance(operand, int | float):
        return ValueType.NUMBER
    return ValueType.TIME if operator in ORDERED else ValueType.TEXT


def condition_of(
    reader: Reader,
    operator: Operator,
    operands: Sequence[Any],
    kind: ValueType,
    at: str,
    *,
    moving: bool = True,
) -> Condition | None:
    """Return the comparison of a value of this type; operands as they are written, or `Other`."""
    if operator is Operator.EXISTS:
        return Condition(operator, tuple(operands), kind)
    if fault := _misfit(operator, kind):
        reader.fault(at, fault)
        return None
    element = ValueType.TEXT if kind is ValueType.LIST else kind
    read = [_operand(operand, element, moving=moving) for operand in operands]
    if None in read:
        shown = ", ".join(
            repr(operand)[:40] for operand, found in zip(operands, read, strict=True) if found is None
        )
        reader.fault(
            at, f"{WANTED[element]}{RELATIVE if moving and kind is ValueType.TIME else ''}, found {shown}"
        )
        return None
    kept = [operand for operand in read if operand is not None]
    if operator is Operator.BETWEEN and _is_turned(*kept):
        reader.fault(at, "the first is above the second, so nothing lies between them; swap them")
        return None
    return Condition(operator, tuple(sorted(set(kept), key=str)) if operator in AMONG else tuple(kept), kind)


def _misfit(operator: Operator, kind: ValueType) -> str | None:
    if kind is ValueType.LIST and operator not in ON_LISTS:
        return "a list is not compared so; use `contains` or `exists`"
    if operator in ORDERED and kind in (ValueType.TEXT, ValueType.BOOLEAN):
        return f"{kind} has no order; compare numbers or times, or use `is`, `one_of`, `contains`"
    if operator in TEXTUAL and kind not in (ValueType.TEXT, ValueType.LIST):
        return f"works on text, and this value is {kind}"
    if operator in PERCENT and kind is not ValueType.NUMBER:
        return f"works on number traits, and this one is {kind}"
    return None


WANTED = {
    ValueType.NUMBER: "expected a number",
    ValueType.TEXT: "expected text (put it into quotes)",
    ValueType.BOOLEAN: "expected true or false",
    ValueType.TIME: "expected a time such as 2026-01-31 or 2026-01-31T08:00:00Z",
}
RELATIVE = ", or one relative to now (now-30d, today, today-7d, this_month-1)"


def _operand(value: object, kind: ValueType, *, moving: bool) -> Operand | None:
    match kind, value:
        case _, Other():
            return value
        case ValueType.BOOLEAN, bool():
            return value
        case (_, bool()):
            return None
        case ValueType.NUMBER, int() | float():
            return float(value) + 0.0 if abs(value) <= NUMBER_MAX else None  # one zero, not two
        case ValueType.TEXT, str():
            return value
        case ValueType.TIME, str():
            at_us = microseconds_of(value)
            return at_us if at_us is not None or not moving else relative_of(value)
        case _:
            return None


def _is_turned(low: Operand, high: Operand) -> bool:
    """Say whether the first lies above the second always, so far as that is certain."""
    match low, high:
        case Relative(boundary=None), Relative(boundary=None):
            return low.seconds > high.seconds
        case Relative(boundary=first), Relative(boundary=second) if (
            first and second and first.unit is second.unit
        ):
            return first.periods > second.periods
        case int() | float(), int() | float():
            return low > high
        case _:
            return False


def written_operand(operand: Operand, kind: ValueType) -> bool | int | float | str:
    """Return an operand as people write it; no `Other`."""
    if isinstance(operand, Relative):
        return written_relative(operand)
    if kind is ValueType.TIME and isinstance(operand, int) and not isinstance(operand, bool):
        return short_iso_of(operand)
    return written_number(operand) if isinstance(operand, float) else cast("bool | str", operand)


def written_number(number: float) -> int | float:
    """Return a whole number as one, so far as a double holds each of them."""
    return int(number) if number.is_integer() and abs(number) <= WHOLE_MAX else number


def written_comparison(condition: Condition, *, known: bool) -> dict[str, Any]:
    """Return the operator and its operands as `read_condition` reads them; no `Other`.

    known: whether the type is certain without `as`.
    """
    operands = [written_operand(operand, condition.type) for operand in condition.operands]
    many = condition.operator in (*AMONG, Operator.BETWEEN)
    comparison = {str(condition.operator): operands if many else operands[0]}
    certain = known or inferred(condition.operator, operands[0]) is condition.type
    return comparison if certain else comparison | {"as": str(condition.type)}
