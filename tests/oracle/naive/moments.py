"""Context traits: what the facts come to of which each weighs half as much after a half-life."""

import math
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from tests.oracle.naive.calendar import length, local
from tests.oracle.naive.measures import matching, text_of, type_of
from tests.oracle.naive.values import WEEKDAYS, Fact, Person, follow, read, typed


def in_context(body: dict[str, Any], person: Person, now: datetime, known: Any) -> dict[str, Any] | None:
    """What is told of a context trait; None if it is missing. known: the lasting trait that it is compared with."""
    facts = counting(body, person, now)
    as_ = type_of(body)
    said = [(fact, value) for fact in facts if (value := read(body, as_, fact, person)) is not None]
    said = since_gap(body, said)
    if not said:
        return None
    if body["kind"] == "last":
        fact, value = said[-1]
        found: dict[str, Any] = {"value": value, "at": fact.at, "share": None}
    else:
        found = heaviest(body, said, as_)
    compared = "beside" in body and known is not None
    return found | {"conflict": compared and known != found["value"]}


def counting(body: dict[str, Any], person: Person, now: datetime) -> list[Fact]:
    """The facts of its window, of such a time as now."""
    window = body.get("window", "last_session")
    session = window == "last_session" or "last_session" in window
    reach = length(body["half_life"]) * 10 if session else length(window)
    there = local(now, person.zone)
    like = {"weekday": WEEKDAYS[there.weekday()], "hour": there.hour, "part_of_day": there.hour // 6}

    def was(fact: Fact, what: str) -> Any:
        if what == "weekday":
            return read({"at": "weekday"}, "text", fact, person)
        hour = read({"at": "hour"}, "number", fact, person)
        return hour // 6 if what == "part_of_day" else hour

    return [
        fact
        for fact in matching({key: each for key, each in body.items() if key != "window"}, person, now)
        if now - reach < fact.at <= now
        and all(was(fact, what) == like[what] for what in body.get("like_now", []))
    ]


def since_gap(body: dict[str, Any], said: list[tuple[Fact, Any]]) -> list[tuple[Fact, Any]]:
    """Those of the last session, if that is the window."""
    window = body.get("window")
    if window is None or (window != "last_session" and "last_session" not in window):
        return said
    gap = timedelta(minutes=30) if isinstance(window, str) else length(window["last_session"])
    starts = [at for at in range(len(said)) if at == 0 or said[at][0].at - said[at - 1][0].at >= gap]
    return said[starts[-1] :] if starts else []


def heaviest(body: dict[str, Any], said: list[tuple[Fact, Any]], as_: str) -> dict[str, Any]:
    """The values that weigh most."""
    newest = said[-1][0].at
    weights: defaultdict[str, int] = defaultdict(int)
    latest: dict[str, datetime] = {}
    for fact, value in said:
        lives = (newest - fact.at) / length(body["half_life"])
        for each in value if as_ == "list" else [value]:
            text = text_of(each)
            weights[text] += math.floor(2**40 * 2**-lives + 0.5)
            latest[text] = fact.at
    ranked = sorted(sorted(weights), key=lambda text: (weights[text], latest[text]), reverse=True)
    best = ranked[: body.get("k", 3) if body["kind"] == "top" else 1]
    share = sum(weights[text] for text in best) / sum(weights.values())
    return {"value": best if body["kind"] == "top" else best[0], "at": latest[best[0]], "share": share}


def told(person: Person, path: str) -> Any:
    """A told trait as text."""
    return typed(follow(person.told, path), "text")
