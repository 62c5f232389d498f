"""The traits and audiences of one profile at a moment."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from tests.oracle.naive.calendar import length, local
from tests.oracle.naive.formulas import compute
from tests.oracle.naive.measures import matching, measure, value_type
from tests.oracle.naive.moments import in_context, told
from tests.oracle.naive.values import (
    WEEKDAYS,
    Fact,
    Person,
    compare,
    condition_type,
    follow,
    is_zone,
    operator_of,
    typed,
    typed_operand,
)

__all__ = ["Fact", "Naive", "Person", "zone_of"]


class Naive:
    """Evaluates one profile at a moment, each time from all its facts."""

    def __init__(self, traits: Iterable[dict[str, Any]], audiences: Iterable[dict[str, Any]]) -> None:
        self.traits = {body["name"]: body for body in traits}
        self.audiences = {body["name"]: body for body in audiences}

    def evaluate(self, person: Person, now: datetime) -> tuple[dict[str, Any], dict[str, bool]]:
        values = {name: self.value(name, person, now) for name in self.traits}
        members = {name: self.holds(body["who"], person, now) for name, body in self.audiences.items()}
        return values, members

    def value(self, name: str, person: Person, now: datetime) -> Any:
        body = self.traits[name]
        if "formula" in body:
            return compute(body["formula"], lambda other: self.value(other, person, now), now)
        if "half_life" in body:
            beside = body.get("beside")
            known = self.value(beside, person, now) if beside in self.traits else told(person, beside or "")
            return in_context(body, person, now, known)
        return measure(body, person, now)

    def shares(self) -> set[tuple[str, str, float]]:
        """The shares that rules name: (trait, operator, percent)."""
        found: set[tuple[str, str, float]] = set()
        rules: list[Any] = [body["who"] for body in self.audiences.values()]
        while rules:
            rule = rules.pop()
            rules += [*rule.get("all", []), *rule.get("any", []), *([rule["not"]] if "not" in rule else [])]
            if "trait" in rule and operator_of(rule)[0] in ("top_percent", "bottom_percent"):
                found.add((rule["trait"], *operator_of(rule)))
        return found

    def holds(self, rule: dict[str, Any], person: Person, now: datetime) -> bool:
        match next(key for key in KINDS if key in rule):
            case "all":
                return all(self.holds(inner, person, now) for inner in rule["all"])
            case "any":
                return any(self.holds(inner, person, now) for inner in rule["any"])
            case "not":
                return not self.holds(rule["not"], person, now)
            case "audience":
                return self.holds(self.audiences[rule["audience"]]["who"], person, now)
            case "trait":
                return self.trait(rule, person, now)
            case "did":
                body = facts_body(rule["did"]) | {"kind": "count", "where": rule.get("where", [])}
                body |= {"window": rule["within"]} if "within" in rule else {}
                return rule.get("at_least", 1) <= measure(body, person, now) <= rule.get("at_most", 2**60)
            case "sequence":
                return sequence(rule, person, now)
            case "first_time" | "last_time" as kind:
                body = facts_body(rule[kind]) | {"kind": kind.removesuffix("_time")}
                value = measure(body, person, now)
                return compare(rule, value, lambda raw: typed_operand(raw, "time", person.zone, now))
            case kind:
                return outside(kind, rule, person, now)

    def trait(self, rule: dict[str, Any], person: Person, now: datetime) -> bool:
        name = rule["trait"]
        operator, operand = operator_of(rule)
        namespace, *rest = name.split(".")
        if namespace == "context":
            part = rest[1] if len(rest) > 1 else "value"
            found = self.value(rest[0], person, now)
            kinds = {
                "value": value_type(self.traits[rest[0]]),
                "at": "time",
                "share": "number",
                "conflict": "boolean",
            }
            value, kind = (found or {"conflict": False}).get(part), kinds[part]
        elif name in self.traits and "half_life" not in self.traits[name]:
            body = self.traits[name]
            kind = "number" if "formula" in body else value_type(body)
            value = self.value(name, person, now)
        else:
            kind = condition_type(rule)
            value = typed(follow(person.told, name), kind)
        if operator in ("top_percent", "bottom_percent"):
            threshold = person.thresholds.get((name, operator, operand))
            if value is None or threshold is None:
                return False
            return value >= threshold if operator == "top_percent" else value <= threshold
        return compare(rule, value, lambda raw: typed_operand(raw, kind, person.zone, now))


def zone_of(facts: Iterable[Fact], told: dict[str, Any], home: str) -> str:
    """Where somebody is: as she was told to be, else where the latest event says, else where the workspace is."""
    if is_zone(told.get("timezone")):
        return told["timezone"]
    ordered = sorted(facts, key=lambda fact: (fact.at, fact.key.int), reverse=True)
    said = (fact.context.get("timezone") for fact in ordered)
    return next((name for name in said if is_zone(name)), home)


KINDS = (
    "all", "any", "not", "audience", "trait", "did", "sequence", "first_time", "last_time", "consent", "list",
    "split", "local_time",
)  # fmt: skip


def facts_body(written: Any) -> dict[str, Any]:
    return {"event": written} if isinstance(written, str) else dict(written)


def sequence(rule: dict[str, Any], person: Person, now: datetime) -> bool:
    """A fact and another later than it, or just not that. Facts that are to come have not happened."""
    steps = rule["sequence"]
    window = {"window": rule["within"]} if "within" in rule else {}
    firsts = matching(facts_body(steps["first"]) | window, person, now)
    firsts = [fact for fact in firsts if fact.at <= now]
    after = length(steps["after"]) if "after" in steps else None
    behind = matching(facts_body(steps["then" if "then" in steps else "not_then"]), person, now)
    behind = [fact for fact in behind if fact.at <= now]

    def follows(first: Fact) -> bool:
        return any(first.at < then.at and (after is None or then.at <= first.at + after) for then in behind)

    if "then" in steps:
        return any(follows(first) for first in firsts)
    return any(not follows(first) for first in firsts if after is None or first.at + after <= now)


def outside(kind: str, rule: dict[str, Any], person: Person, now: datetime) -> bool:
    """The rules that look at no facts."""
    match kind:
        case "consent":
            return person.consents.get(rule["consent"], "unknown") == rule["is"]
        case "list":
            return rule["list"] in person.lists
        case "split":
            digest = hashlib.md5(f"{rule['split']}\x1f{person.profile}".encode()).hexdigest()
            share = int(digest[:8], 16) / 2**32 * 100
            return rule.get("from", 0) <= share < rule.get("to", 100)
        case _:
            return local_time(rule["local_time"], person, now)


def local_time(body: dict[str, Any], person: Person, now: datetime) -> bool:
    there = local(now, person.home if body.get("zone") == "workspace" else person.zone)
    start, end = body.get("from", 0), body.get("to", 24)
    hours = start <= there.hour < end if start < end else there.hour >= start or there.hour < end
    return hours and WEEKDAYS[there.weekday()] in body.get("weekdays", WEEKDAYS)
