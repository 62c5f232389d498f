"""The kinds of measures over the facts that count."""

from collections import Counter
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.oracle.naive.calendar import first_date, is_within, local, runs
from tests.oracle.naive.values import Fact, Person, follow, meets, read, typed, whole_units

PLACES = Decimal("0.00000001")
TERM_MAX, FACTOR_MAX = 1e18, 1e10
TYPES = {"min": "number", "max": "number", "sum": "number", "mean": "number"}


def matching(body: dict[str, Any], person: Person, now: datetime) -> list[Fact]:
    """The facts of the source that meet the conditions and lie in the window, in their order."""
    found: list[Fact] = []
    for fact in person.facts:
        if "type" in body:
            source = fact.type == body["type"]
        elif "record" in body:
            source = fact.type == "record" and fact.name == body["record"]
        else:
            source = fact.type == "track" and fact.name == body["event"]
        if not source or not all(meets(item, fact, person, now) for item in body.get("where", [])):
            continue
        window = body.get("window")
        if window is None or is_within(window, fact.at, now, person.zone, person.home):
            found.append(fact)
    return sorted(found, key=lambda fact: (fact.at, fact.key.int))


def type_of(body: dict[str, Any]) -> str:
    """The type in which a measure reads its property."""
    if "*" in (body.get("property") or body.get("context") or "").split("."):
        return "list"
    if body.get("at"):
        return "number" if body["at"] == "hour" else "text"
    return body.get("as") or TYPES.get(body["kind"], "text")


def value_type(body: dict[str, Any]) -> str:
    """The type of a measure's value."""
    match body["kind"]:
        case "first" | "last":
            return type_of(body) if {"property", "context", "at"} & body.keys() else "time"
        case "min" | "max":
            return type_of(body)
        case "most_frequent":
            return "text"
        case "distinct" | "top":
            return "list"
        case _:
            return "number"


def measure(body: dict[str, Any], person: Person, now: datetime) -> Any:
    """The value of a measure; None is missing."""
    facts = matching(body, person, now)
    kind = body["kind"]
    match kind:
        case "count":
            return len(facts)
        case "streak" | "longest_streak":
            return streak(body, [fact.at for fact in facts], person, now)
        case "time_since":
            unit = timedelta(hours=1) if body.get("unit") == "hour" else timedelta(days=1)
            return whole_units(facts[-1].at, now, unit) if facts else None
        case "sum" | "mean":
            terms = [term for fact in facts if (term := term_of(body, fact, person)) is not None]
            if kind == "sum":
                return sum(terms, Decimal(0))
            return float(sum(terms, Decimal(0))) / len(terms) if terms else None
        case _:
            return of_values(body, facts, person)


def of_values(body: dict[str, Any], facts: list[Fact], person: Person) -> Any:
    """The kinds that look at the property's values."""
    kind = body["kind"]
    if not {"property", "context", "at"} & body.keys():
        return (facts[0] if kind == "first" else facts[-1]).at if facts else None
    as_ = type_of(body)
    read_all = [(value, fact.at) for fact in facts if (value := read(body, as_, fact, person)) is not None]
    values = [value for value, _ in read_all]
    match kind:
        case "first" | "last":
            return values[0 if kind == "first" else -1] if values else None
        case "min" | "max":
            return (min if kind == "min" else max)(values) if values else None
    single = [(each, at) for value, at in read_all for each in (value if as_ == "list" else [value])]
    if kind == "distinct_count":
        return len({value for value, _ in single})
    texts = [(text_of(value), at) for value, at in single]
    if not texts:
        return None
    if kind == "distinct":
        return sorted({text for text, _ in texts})[:100]
    often = Counter(text for text, _ in texts)
    latest = {text: max(at for other, at in texts if other == text) for text in often}
    ranked = sorted(sorted(often), key=lambda text: (often[text], latest[text]), reverse=True)
    return ranked[0] if kind == "most_frequent" else ranked[: body.get("k", 3)]


def text_of(value: Any) -> str:
    """A value as a text: a whole number without a point."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    return value


def term_of(body: dict[str, Any], fact: Fact, person: Person) -> Decimal | None:
    """What a fact adds to a sum."""
    if "multiply" not in body:
        number = read(body, "number", fact, person)
        return None if number is None or abs(number) > TERM_MAX else rounded(number)
    factors = [typed(follow(fact.properties, path), "number") for path in body["multiply"]]
    if any(factor is None or abs(factor) > FACTOR_MAX for factor in factors):
        return None
    one, other = (rounded(factor) for factor in factors)
    return rounded(one * other)


def rounded(number: float | Decimal) -> Decimal:
    """A number to 8 decimals: a whole one as it is, another as its shortest text says."""
    whole = isinstance(number, float) and number.is_integer()
    return Decimal(number if whole else str(number)).quantize(PLACES, ROUND_HALF_UP)


def streak(body: dict[str, Any], moments: list[datetime], person: Person, now: datetime) -> int:
    """Consecutive local units with a fact."""
    unit = body.get("unit", "day")
    zone = person.home if body.get("zone") == "workspace" else person.zone
    found = runs(moments, unit, zone, now)
    if body["kind"] == "longest_streak":
        return max((count for _, count in found), default=0)
    today = local(now, zone).date()
    alive = (first_date(unit, 0, today), first_date(unit, -1, today))
    return next((count for end, count in reversed(found) if end in alive), 0)
