"""Traits and audiences computed the slow and obvious way, from the definitions as they are written."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple
from uuid import UUID

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
PLACES = Decimal("0.00000001")


class Fact(NamedTuple):
    key: UUID
    node: UUID
    type: str
    name: str
    at: datetime
    properties: dict[str, Any]


class Naive:
    """Evaluates one profile's facts at a moment."""

    def __init__(self, traits: Iterable[dict[str, Any]], audiences: Iterable[dict[str, Any]]) -> None:
        self.traits = {body["name"]: body for body in traits}
        self.audiences = {body["name"]: body for body in audiences}

    def evaluate(self, facts: list[Fact], now: datetime) -> tuple[dict[str, Any], dict[str, bool]]:
        values = {name: measure(body, facts, now) for name, body in self.traits.items()}
        members = {name: self.holds(body["who"], facts, now) for name, body in self.audiences.items()}
        return values, members

    def holds(self, rule: dict[str, Any], facts: list[Fact], now: datetime) -> bool:
        if "all" in rule:
            return all(self.holds(inner, facts, now) for inner in rule["all"])
        if "any" in rule:
            return any(self.holds(inner, facts, now) for inner in rule["any"])
        if "not" in rule:
            return not self.holds(rule["not"], facts, now)
        if "did" in rule:
            did = {"event": rule["did"]} if isinstance(rule["did"], str) else rule["did"]
            body = did | {"kind": "count", "where": rule.get("where", [])}
            body |= {"window": rule["within"]} if "within" in rule else {}
            return rule.get("at_least", 1) <= measure(body, facts, now) <= rule.get("at_most", 10**9)
        if rule["trait"] in self.traits:
            body = self.traits[rule["trait"]]
            return compare(rule, measure(body, facts, now), trait_type(body))
        kind = condition_type(rule)
        body = {"kind": "last", "type": "identify", "property": rule["trait"], "as": kind}
        return compare(rule, measure(body, facts, now), kind)

    def windows(self) -> list[tuple[dict[str, Any], int]]:
        """Every windowed source with its length in seconds."""
        found = [(body, seconds(body["window"])) for body in self.traits.values() if "window" in body]
        pending = [body["who"] for body in self.audiences.values()]
        while pending:
            rule = pending.pop()
            pending += rule.get("all", []) + rule.get("any", []) + ([rule["not"]] if "not" in rule else [])
            if "trait" in rule and "window" in self.traits.get(rule["trait"], {}):
                found.append((self.traits[rule["trait"]], seconds(self.traits[rule["trait"]]["window"])))
            if "within" in rule:
                did = {"event": rule["did"]} if isinstance(rule["did"], str) else rule["did"]
                body = did | {"kind": "count", "where": rule.get("where", [])}
                found.append((body, seconds(rule["within"])))
        return found

    def due(self, facts: list[Fact], now: datetime) -> datetime | None:
        """The first moment after now at which any row enters or leaves any window."""
        moments = [
            moment
            for body, length in self.windows()
            for fact in relevant(body, facts)
            for moment in (fact.at, fact.at + timedelta(seconds=length))
            if moment > now
        ]
        return min(moments, default=None)


def measure(body: dict[str, Any], facts: list[Fact], now: datetime) -> Any:
    kept = relevant(body, facts)
    if "window" in body:
        start = now - timedelta(seconds=seconds(body["window"]))
        kept = [fact for fact in kept if start < fact.at <= now]
    kept.sort(key=lambda fact: (fact.at, fact.key.int))
    match body["kind"]:
        case "count":
            return len(kept)
        case "sum":
            return sum((value_of(body, fact) for fact in kept), Decimal(0))
        case "distinct_count":
            return len({value_of(body, fact) for fact in kept})
        case kind:
            return value_of(body, kept[0 if kind == "first" else -1]) if kept else None


def relevant(body: dict[str, Any], facts: list[Fact]) -> list[Fact]:
    def wanted(fact: Fact) -> bool:
        if "type" in body:
            source = fact.type == body["type"]
        elif "record" in body:
            source = fact.type == "record" and fact.name == body["record"]
        else:
            source = fact.type == "track" and fact.name == body["event"]
        return (
            source
            and all(
                compare(item, extract(fact.properties, item["property"], kind := condition_type(item)), kind)
                for item in body.get("where", [])
            )
            and (body["kind"] == "count" or value_of(body, fact) is not None)
        )

    return [fact for fact in facts if wanted(fact)]


def value_of(body: dict[str, Any], fact: Fact) -> Any:
    if body["kind"] != "sum":
        return extract(fact.properties, body["property"], trait_type(body, value=True))
    product = Decimal(1)
    for path in body.get("multiply") or [body["property"]]:
        number = extract(fact.properties, path, "number")
        if number is None or abs(number) > (1e10 if "multiply" in body else 1e18):
            return None
        product *= Decimal(repr(number)).quantize(PLACES, ROUND_HALF_UP)
    return product.quantize(PLACES, ROUND_HALF_UP)


def trait_type(body: dict[str, Any], *, value: bool = False) -> str:
    if body["kind"] in ("first", "last") or (value and body["kind"] == "distinct_count"):
        return body.get("as", "text")
    return "number"


OPERATORS = (
    "is", "is_not", "more_than", "at_least", "less_than", "at_most", "between", "contains", "starts_with", "one_of",
    "exists",
)  # fmt: skip


def condition_type(item: dict[str, Any]) -> str:
    if "as" in item:
        return item["as"]
    ((operator, operand),) = ((key, item[key]) for key in OPERATORS if key in item)
    first = operand[0] if isinstance(operand, list) else operand
    if operator == "exists":
        return "text"
    if isinstance(first, bool):
        return "boolean"
    if isinstance(first, int | float):
        return "number"
    return "time" if operator in ("more_than", "at_least", "less_than", "at_most", "between") else "text"


def compare(item: dict[str, Any], value: Any, kind: str) -> bool:
    ((operator, raw),) = ((key, item[key]) for key in OPERATORS if key in item)
    if operator == "exists":
        return (value is not None) == raw
    if value is None:
        return operator == "is_not"
    if isinstance(value, float | int) and not isinstance(value, bool):
        value = Decimal(repr(value))

    def typed(operand: Any) -> Any:
        if kind == "time":
            return moment_of(operand)
        return Decimal(repr(operand)) if kind == "number" else operand

    operands = [typed(operand) for operand in (raw if isinstance(raw, list) else [raw])]
    return {
        "is": lambda: value == operands[0],
        "is_not": lambda: value != operands[0],
        "more_than": lambda: value > operands[0],
        "at_least": lambda: value >= operands[0],
        "less_than": lambda: value < operands[0],
        "at_most": lambda: value <= operands[0],
        "between": lambda: operands[0] <= value <= operands[1],
        "contains": lambda: operands[0] in value,
        "starts_with": lambda: value.startswith(operands[0]),
        "one_of": lambda: value in operands,
    }[operator]()


def extract(properties: dict[str, Any], path: str, kind: str) -> Any:
    value: Any = properties
    for part in path.split("."):
        if isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            return None
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    match kind:
        case "text":
            return text
        case "boolean":
            return {"true": True, "false": False}.get(text)
        case "number":
            try:
                return float(text)
            except ValueError:
                return None
        case _:
            return moment_of(text)


def moment_of(text: str) -> datetime | None:
    if len(text) < 10 or text[4] != "-":
        return None
    time = datetime.fromisoformat(text)
    return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time


def seconds(text: str) -> int:
    return int(text[:-1]) * UNITS[text[-1]]
