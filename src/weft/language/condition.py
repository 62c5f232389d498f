"""Comparisons as they are written, in the `where` of a source and in the rules of an audience."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from weft.language.strict import Reader, inside
from weft.language.text import microseconds_of, path_fault
from weft.model.measure import Condition, Operand, Operator, PropertyColumn, PropertyCondition, ValueType

NUMBER_MAX = 1.7976931348623157e308
Scalar = bool | int | float | str
Bound = int | float | str

ORDERED = (Operator.MORE_THAN, Operator.AT_LEAST, Operator.LESS_THAN, Operator.AT_MOST, Operator.BETWEEN)
TEXTUAL = (Operator.CONTAINS, Operator.STARTS_WITH)

As = Annotated[
    ValueType | UnsetType,
    Meta(description="What the value holds; without it, the operator and its value tell."),
]


class Operators(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The comparison: exactly one of the operators."""

    is_: Annotated[Scalar | UnsetType, Meta(description="Equal to this.")] = msgspec.field(
        default=UNSET, name="is"
    )
    is_not: Annotated[Scalar | UnsetType, Meta(description="Not equal to this, or missing.")] = UNSET
    more_than: Annotated[Bound | UnsetType, Meta(description="Above this number or after this time.")] = UNSET
    at_least: Annotated[Bound | UnsetType, Meta(description="This number or time, or above.")] = UNSET
    less_than: Annotated[Bound | UnsetType, Meta(description="Below this number or before this time.")] = (
        UNSET
    )
    at_most: Annotated[Bound | UnsetType, Meta(description="This number or time, or below.")] = UNSET
    between: Annotated[
        tuple[Bound, Bound] | UnsetType, Meta(description="From the first to the second, inclusive.")
    ] = UNSET
    contains: Annotated[str | UnsetType, Meta(description="The text has this part (case matters).")] = UNSET
    starts_with: Annotated[str | UnsetType, Meta(description="The text begins so (case matters).")] = UNSET
    one_of: Annotated[
        Annotated[list[Scalar], Meta(min_length=1, max_length=1_000)] | UnsetType,
        Meta(description="Equal to one of these."),
    ] = UNSET
    exists: Annotated[bool | UnsetType, Meta(description="true: there is a value; false: there is none.")] = (
        UNSET
    )
    as_: As = msgspec.field(default=UNSET, name="as")


class WrittenCondition(Operators, frozen=True, kw_only=True):
    """A condition on one property of the event or record."""

    property: Annotated[
        str,
        Meta(
            description="The property's path: `total`, `address.city`, `products.0.sku`; a dot in a name is `\\.`."
        ),
    ]


Where = Annotated[
    list[Annotated[dict[str, Any], Meta(extra_json_schema={"$ref": "#/$defs/WrittenCondition"})]],
    Meta(description="Only facts that meet all of these conditions.", max_length=50),
]


def read_where(reader: Reader, bodies: list[dict[str, Any]], at: str) -> tuple[PropertyCondition, ...]:
    """Read the conditions of a source; sorted, so that their order does not matter."""
    found: list[PropertyCondition] = []
    for ordinal, body in enumerate(bodies):
        place = f"{at}[{ordinal}]"
        written = reader.struct(WrittenCondition, body, place)
        if written is None:
            continue
        condition = read_condition(reader, written, None, place)
        fault = path_fault(written.property)
        if fault:
            reader.fault(inside(place, "property"), fault)
        elif condition is not None:
            found.append(PropertyCondition(PropertyColumn(written.property, condition.type), condition))
    return tuple(sorted(found, key=msgspec.json.encode))


def read_condition(reader: Reader, written: Operators, known: ValueType | None, at: str) -> Condition | None:
    """Read the comparison. known: the type of the compared value where that is certain."""
    given = {
        operator: value
        for operator in Operator
        if (value := getattr(written, "is_" if operator is Operator.IS else operator.value)) is not UNSET
    }
    if len(given) != 1:
        names = ", ".join(given) or "none"
        reader.fault(at, f"give exactly one comparison ({', '.join(Operator)}); here: {names}")
        return None
    ((operator, value),) = given.items()
    declared = None if written.as_ is UNSET else written.as_
    if known and declared and known != declared:
        reader.fault(inside(at, "as"), f"this value is {known}, not {declared}; leave `as` out")
        return None
    operands: tuple[Operand, ...] = tuple(value) if isinstance(value, list | tuple) else (value,)
    kind = known or declared or _inferred(operator, operands)
    return _checked(reader, operator, operands, kind, inside(at, operator))


def _inferred(operator: Operator, operands: tuple[Operand, ...]) -> ValueType:
    first = operands[0]
    if operator is Operator.EXISTS or operator in TEXTUAL:
        return ValueType.TEXT
    if isinstance(first, bool):
        return ValueType.BOOLEAN
    if isinstance(first, int | float):
        return ValueType.NUMBER
    return ValueType.TIME if operator in ORDERED else ValueType.TEXT


def _checked(
    reader: Reader, operator: Operator, operands: tuple[Operand, ...], kind: ValueType, at: str
) -> Condition | None:
    if operator is Operator.EXISTS:
        return Condition(operator, operands, kind)
    if operator in ORDERED and kind in (ValueType.TEXT, ValueType.BOOLEAN):
        reader.fault(at, f"{kind} has no order; compare numbers or times, or use `is`, `one_of`, `contains`")
        return None
    if operator in TEXTUAL and kind is not ValueType.TEXT:
        reader.fault(at, f"works on text, and this value is {kind}")
        return None
    read = [_operand(operand, kind) for operand in operands]
    if None in read:
        reader.fault(at, f"{WANTED[kind]}, found {', '.join(repr(operand) for operand in operands)}")
        return None
    kept = [operand for operand in read if operand is not None]
    if operator is Operator.BETWEEN and kept[0] > kept[1]:  # pyright: ignore[reportOperatorIssue] both of one type
        reader.fault(at, "the first is above the second, so nothing lies between them; swap them")
        return None
    return Condition(
        operator, tuple(sorted(set(kept), key=str)) if operator is Operator.ONE_OF else tuple(kept), kind
    )


WANTED = {
    ValueType.NUMBER: "expected a number",
    ValueType.TEXT: "expected text (put it into quotes)",
    ValueType.BOOLEAN: "expected true or false",
    ValueType.TIME: "expected a time such as 2026-01-31 or 2026-01-31T08:00:00Z",
}


def _operand(value: Operand, kind: ValueType) -> Operand | None:
    match kind, value:
        case ValueType.BOOLEAN, bool():
            return value
        case (_, bool()):
            return None
        case ValueType.NUMBER, int() | float():
            return float(value) if abs(value) <= NUMBER_MAX else None
        case ValueType.TEXT, str():
            return value
        case ValueType.TIME, str():
            return microseconds_of(value)
        case _:
            return None
