"""What a fact says: paths, types, conditions."""

import json
import math
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import available_timezones

from tests.oracle.naive.calendar import length, local, moment_of, relative

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
ORDERED = ("more_than", "at_least", "less_than", "at_most", "between")
TEXTUAL = ("contains", "starts_with", "ends_with")
OPERATORS = (
    *ORDERED, *TEXTUAL, "is", "is_not", "one_of", "none_of", "exists", "top_percent", "bottom_percent",
)  # fmt: skip

ZONES = frozenset(available_timezones())
NOTHING: Any = {}


class Fact(NamedTuple):
    key: UUID
    node: UUID
    type: str
    name: str
    at: datetime
    properties: dict[str, Any]
    context: dict[str, Any] = NOTHING


class Person(NamedTuple):
    """What is known of a profile. zone: hers. home: the workspace's.

    thresholds: (trait, operator, percent) → number.
    """

    facts: list[Fact]
    profile: UUID = UUID(int=0)
    zone: str = "UTC"
    home: str = "UTC"
    told: dict[str, Any] = NOTHING
    consents: dict[str, str] = NOTHING
    lists: frozenset[str] = frozenset()
    thresholds: dict[tuple[str, str, float], float] = NOTHING


def follow(value: Any, path: str) -> Any:
    """What stands at a path; of a path with `*` a list of what is found."""
    parts = [part.replace("\\.", ".") for part in re.split(r"(?<!\\)\.", path)]
    for ordinal, part in enumerate(parts):
        if part == "*":
            rest = ".".join(name.replace(".", "\\.") for name in parts[ordinal + 1 :])
            if not isinstance(value, list):
                return None
            found = [follow(item, rest) if rest else item for item in value]
            return [each for one in found for each in (one or [])] if "*" in parts[ordinal + 1 :] else found
        if isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            return None
    return value


def typed(value: Any, kind: str) -> Any:
    """A JSON value as one of the type, or None if it is not of it."""
    if value is None:
        return None
    if kind == "list":
        return (
            ([typed(each, "text") for each in value if each is not None] or None)
            if isinstance(value, list)
            else None
        )
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    if kind == "text":
        return text
    if kind == "boolean":
        return {"true": True, "false": False}.get(text)
    if kind == "time":
        return moment_of(text)
    text = text.strip(" \t\r\n")
    number = float(text) if NUMBER.fullmatch(text) else math.nan
    return number if math.isfinite(number) else None


def is_zone(name: Any) -> bool:
    """Whether the IANA database knows it."""
    return isinstance(name, str) and name in ZONES


def read(where: dict[str, Any], kind: str, fact: Fact, person: Person) -> Any:
    """What `property`, `context` or `at` names in a fact."""
    if "at" in where:
        zone = fact.context.get("timezone")
        there = local(fact.at, zone if is_zone(zone) else person.home)
        return float(there.hour) if where["at"] == "hour" else WEEKDAYS[there.weekday()]
    place = fact.properties if "property" in where else fact.context
    return typed(follow(place, where.get("property") or where["context"]), kind)


def operator_of(item: dict[str, Any]) -> tuple[str, Any]:
    ((operator, operand),) = ((key, item[key]) for key in OPERATORS if key in item)
    return operator, operand


def condition_type(item: dict[str, Any]) -> str:
    """The type in which a condition compares."""
    path = item.get("property") or item.get("context") or ""
    if "*" in path.split("."):
        return "list"
    if "at" in item:
        return "number" if item["at"] == "hour" else "text"
    if "as" in item:
        return item["as"]
    operator, operand = operator_of(item)
    first = operand[0] if isinstance(operand, list) else operand
    if isinstance(first, dict):
        first = first.get("plus", "")
        return "number" if not isinstance(first, str) else "time" if first else "text"
    if operator == "exists" or operator in TEXTUAL:
        return "text"
    if isinstance(first, bool):
        return "boolean"
    if isinstance(first, int | float):
        return "number"
    return "time" if operator in ORDERED else "text"


def meets(item: dict[str, Any], fact: Fact, person: Person, now: datetime) -> bool:
    """Whether a fact meets a condition of `where`."""
    kind = condition_type(item)

    def operand(written: Any) -> Any:
        if not isinstance(written, dict):
            return typed_operand(written, kind, person.zone, now)
        value = read(written, kind, fact, person)
        if value is None or "plus" not in written:
            return value
        return later(value, length(written["plus"])) if kind == "time" else value + written["plus"]

    return compare(item, read(item, kind, fact, person), operand)


def later(moment: datetime, distance: timedelta) -> datetime:
    """A moment so much later, but not beyond the years that a datetime has."""
    try:
        return moment + distance
    except OverflowError:
        return datetime.max if distance > timedelta() else datetime.min


def typed_operand(written: Any, kind: str, zone: str, now: datetime) -> Any:
    """A written operand in the type of the comparison."""
    if kind == "time" and isinstance(written, str):
        moved = relative(written, zone, now)
        return moment_of(written) if moved is None else moved
    return Decimal(repr(written)) if kind == "number" and not isinstance(written, bool) else written


def compare(item: dict[str, Any], value: Any, operand: Callable[[Any], Any]) -> bool:
    """Whether a value compares so. A missing value or operand meets only what the specification lists."""
    operator, raw = operator_of(item)
    if operator == "exists":
        return (value is not None) == raw
    operands = [operand(one) for one in (raw if isinstance(raw, list) else [raw])]
    if value is None or None in operands:
        return operator in ("is_not", "none_of")
    if isinstance(value, float | int) and not isinstance(value, bool):
        value = Decimal(repr(value))
        operands = [Decimal(repr(one)) if isinstance(one, float) else one for one in operands]
    first, last = operands[0], operands[-1]
    match operator:
        case "is":
            return value == first
        case "is_not":
            return value != first
        case "one_of":
            return value in operands
        case "none_of":
            return value not in operands
        case "more_than":
            return value > first
        case "at_least":
            return value >= first
        case "less_than":
            return value < first
        case "at_most":
            return value <= first
        case "between":
            return first <= value <= last
        case "contains":
            return first in value
        case "starts_with":
            return value.startswith(first)
        case _:
            return value.endswith(first)


def whole_units(since: datetime, now: datetime, unit: timedelta) -> float:
    """Whole units passed; below zero for a time to come."""
    return float((now - since) // unit)
