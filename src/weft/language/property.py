"""Properties of facts and the conditions on them, as they are written, read and written back."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from weft.language.condition import (
    ABOVE,
    BELOW,
    BETWEEN,
    EQUAL,
    NOT_ABOVE,
    NOT_BELOW,
    NUMBER_MAX,
    UNEQUAL,
    Bound,
    SharedOperators,
    condition_of,
    given_operators,
    inferred,
    read_condition,
    written_comparison,
    written_operand,
)
from weft.language.strict import Reader, inside, nearest
from weft.language.text import duration_of, is_list_path, path_fault, signed_seconds_of
from weft.model.measure import Condition, Operator, Other, Place, PropertyColumn, PropertyCondition, ValueType

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LOCAL_TIMES = {"hour": ValueType.NUMBER, "weekday": ValueType.TEXT}
HOUR_MAX = 23
PLACES = {"property": Place.PROPERTIES, "context": Place.CONTEXT, "at": Place.LOCAL_TIME}
KEYS = {place: key for key, place in PLACES.items()}

PropertyPath = Annotated[
    str,
    Meta(
        description="The property's path: `total`, `address.city`, `products.0.sku`, `products.*.brand` (a list); a "
        "dot in a name is `\\.`."
    ),
]
ContextPath = Annotated[str, Meta(description="The path inside the context instead, such as `page.path`.")]
LocalTime = Annotated[
    str,
    Meta(
        description="The local time of the fact instead: hour (0 to 23) or weekday (monday, …).",
        extra_json_schema={"enum": list(LOCAL_TIMES)},
    ),
]


class WrittenOther(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another property of the same fact: one of `property` and `context`."""

    property: PropertyPath | UnsetType = UNSET
    context: ContextPath | UnsetType = UNSET
    plus: Annotated[
        Bound | UnsetType,
        Meta(description="What is added: a duration for a time (`2d`, `-2d`), a number for a number."),
    ] = UNSET


_OtherBody = Annotated[dict[str, Any], Meta(extra_json_schema={"$ref": "#/$defs/WrittenOther"})]
Comparand = Bound | _OtherBody
Equal = bool | Bound | _OtherBody


class WrittenCondition(SharedOperators, frozen=True, kw_only=True):
    """A condition on one property of the event or record: exactly one of `property`, `context`, `at`, and an operator.

    Instead of a value, `{property: …, plus: …}` compares with another property of the same fact.
    """

    property: PropertyPath | UnsetType = UNSET
    context: ContextPath | UnsetType = UNSET
    at: LocalTime | UnsetType = UNSET
    is_: Annotated[Equal | UnsetType, Meta(description=EQUAL)] = msgspec.field(default=UNSET, name="is")
    is_not: Annotated[Equal | UnsetType, Meta(description=UNEQUAL)] = UNSET
    more_than: Annotated[Comparand | UnsetType, Meta(description=ABOVE)] = UNSET
    at_least: Annotated[Comparand | UnsetType, Meta(description=NOT_BELOW)] = UNSET
    less_than: Annotated[Comparand | UnsetType, Meta(description=BELOW)] = UNSET
    at_most: Annotated[Comparand | UnsetType, Meta(description=NOT_ABOVE)] = UNSET
    between: Annotated[tuple[Comparand, Comparand] | UnsetType, Meta(description=BETWEEN)] = UNSET


Where = Annotated[
    list[Annotated[dict[str, Any], Meta(extra_json_schema={"$ref": "#/$defs/WrittenCondition"})]],
    Meta(description="Only facts that meet all of these conditions.", max_length=50),
]


class Located(msgspec.Struct, frozen=True):
    """A path in a fact, and the type of what is there where that is certain."""

    path: str
    place: Place
    type: ValueType | None

    def column(self, kind: ValueType) -> PropertyColumn:
        """Return it as a column of this type; `tags` as a list is `tags.*`."""
        path = self.path if kind is not ValueType.LIST or is_list_path(self.path) else f"{self.path}.*"
        return PropertyColumn(path, kind, self.place)


def read_located(
    reader: Reader, at: str, /, *, required: bool = True, **written: str | UnsetType
) -> Located | None:
    """Return what one of `property`, `context` and `at` names; None for none, or for one with a fault."""
    given = {key: value for key, value in written.items() if not isinstance(value, UnsetType)}
    if len(given) != 1:
        if given or required:
            keys = ", ".join(f"`{key}`" for key in written)
            reader.fault(at, f"give exactly one of {keys}; here: {', '.join(given) or 'none'}")
        return None
    ((key, path),) = given.items()
    place = PLACES[key]
    if place is Place.LOCAL_TIME:
        if path not in LOCAL_TIMES:
            reader.fault(
                inside(at, key), f"`{path[:40]}` is no part of the local time{nearest(path, LOCAL_TIMES)}"
            )
            return None
        return Located(path, place, LOCAL_TIMES[path])
    if fault := path_fault(path):
        reader.fault(inside(at, key), fault)
        return None
    return Located(path, place, ValueType.LIST if is_list_path(path) else None)


def read_where(reader: Reader, bodies: list[dict[str, Any]], at: str) -> tuple[PropertyCondition, ...]:
    """Read the conditions of a source; sorted, so that their order does not matter."""
    found: list[PropertyCondition] = []
    for ordinal, body in enumerate(bodies):
        place = f"{at}[{ordinal}]"
        written = reader.struct(WrittenCondition, body, place)
        if written is None:
            continue
        located = read_located(
            reader, place, property=written.property, context=written.context, at=written.at
        )
        known = located.type if located else None
        condition = _read(reader, written, known, place)
        if located is not None and condition is not None and _is_possible(reader, located, condition, place):
            found.append(PropertyCondition(located.column(condition.type), condition))
    return tuple(sorted(found, key=msgspec.json.encode))


def written_where(where: tuple[PropertyCondition, ...]) -> list[dict[str, Any]]:
    """Return the conditions as `read_where` reads them."""
    return [
        {KEYS[item.property.place]: item.property.path} | _written(item.condition, item.property)
        for item in where
    ]


def _read(reader: Reader, written: WrittenCondition, known: ValueType | None, at: str) -> Condition | None:
    """Read a comparison that may have another property for an operand."""
    given = given_operators(written)
    operands: list[Any] = []
    if len(given) == 1:
        ((_, value),) = given.items()
        operands = list(value) if isinstance(value, list | tuple) else [value]
    if not any(isinstance(operand, dict) for operand in operands):
        return read_condition(reader, written, known, at)
    ((operator, _),) = given.items()
    declared = None if isinstance(written.as_, UnsetType) else written.as_
    place = inside(at, operator)
    kind = known or declared or _kind_beside(operator, operands)
    if kind is None:
        reader.fault(at, "say what the two properties hold: `as: number` or `as: time`")
        return None
    if known and declared and known != declared:
        reader.fault(inside(at, "as"), f"this value is {known}, not {declared}; leave `as` out")
        return None
    read = [
        _other(reader, operand, kind, place) if isinstance(operand, dict) else operand for operand in operands
    ]
    return None if None in read else condition_of(reader, operator, read, kind, place)


def _kind_beside(operator: Operator, operands: list[Any]) -> ValueType | None:
    """Return the type that an operand tells which is no bare property."""
    for operand in operands:
        plus = operand.get("plus") if isinstance(operand, dict) else operand
        if plus is not None:
            return ValueType.TIME if isinstance(plus, str) else ValueType.NUMBER
    return inferred(operator, "") if operator in (Operator.IS, Operator.IS_NOT) else None


def _other(reader: Reader, body: dict[str, Any], kind: ValueType, at: str) -> Other | None:
    written = reader.struct(WrittenOther, body, at)
    if written is None:
        return None
    located = read_located(reader, at, property=written.property, context=written.context)
    plus = _plus(reader, written.plus, kind, inside(at, "plus"))
    if located is None or plus is None:
        return None
    if located.type is not None or kind is ValueType.LIST:
        reader.fault(at, "a list is not compared so; name one value")
        return None
    return Other(located.column(kind), plus)


def _plus(reader: Reader, plus: Bound | UnsetType, kind: ValueType, at: str) -> float | None:
    """Return what is added, 0 for nothing; None and a fault for what is not of the type."""
    match kind, plus:
        case _, UnsetType():
            return 0.0
        case ValueType.TIME, str() if (seconds := signed_seconds_of(plus)) is not None:
            return float(seconds)
        case ValueType.NUMBER, int() | float() if abs(plus) <= NUMBER_MAX:
            return float(plus) + 0.0
        case _:
            wanted = "a duration such as `2d` or `-2d` for times, a number for numbers"
            reader.fault(at, f"expected {wanted}, found {str(plus)[:40]!r}")
            return None


def _is_possible(reader: Reader, located: Located, condition: Condition, at: str) -> bool:
    """Note a fault if a local time is compared with what no time has."""
    if located.place is not Place.LOCAL_TIME or condition.operator is Operator.EXISTS:
        return True
    place = inside(at, condition.operator)
    for operand in condition.operands:
        if located.path == "weekday" and operand not in WEEKDAYS:
            reader.fault(place, f"`{str(operand)[:40]}` is no weekday{nearest(str(operand), WEEKDAYS)}")
            return False
        if isinstance(operand, float) and not (0 <= operand <= HOUR_MAX and operand.is_integer()):
            reader.fault(place, f"{operand:g} is no hour: write a whole number from 0 to {HOUR_MAX}")
            return False
    return True


def _written(condition: Condition, column: PropertyColumn) -> dict[str, Any]:
    known = column.place is Place.LOCAL_TIME or is_list_path(column.path)
    if not any(isinstance(operand, Other) for operand in condition.operands):
        return written_comparison(condition, known=known)
    operands = [
        _written_other(operand) if isinstance(operand, Other) else written_operand(operand, condition.type)
        for operand in condition.operands
    ]
    certain = known or _kind_beside(condition.operator, operands) is condition.type
    comparison: dict[str, Any] = {
        str(condition.operator): operands if condition.operator is Operator.BETWEEN else operands[0]
    }
    return comparison if certain else comparison | {"as": str(condition.type)}


def _written_other(other: Other) -> dict[str, Any]:
    key = {KEYS[other.property.place]: other.property.path}
    if not other.plus:
        return key
    if other.property.type is ValueType.TIME:
        return key | {"plus": duration_of(int(other.plus))}
    return key | {"plus": written_operand(other.plus, ValueType.NUMBER)}
