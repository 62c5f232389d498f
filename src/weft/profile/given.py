"""What is given of a profile from outside its facts: told traits, its time zone. Pure."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any
from zoneinfo import available_timezones

import msgspec

from weft.language.holds import typed
from weft.model.expression import Given, GivenKind
from weft.model.measure import PropertyColumn, ValueType

TIMEZONE = "timezone"
"""The told trait that says in which zone a person is."""
ZoneEntry = tuple[int, bytes, str]
"""(occurred_us, message key, IANA name): where a person was. The latest in the order of the first two counts."""


def told_values(givens: Iterable[Given], traits: Mapping[str, Any]) -> dict[Given, object]:
    """Return what the surviving told traits (JSON or values) are, each in its type; what is missing is left out."""
    found = {given: _told(given, traits) for given in givens if given.kind is GivenKind.TOLD}
    return {given: value for given, value in found.items() if value is not None}


def zone_of(traits: Mapping[str, Any], seen: Iterable[ZoneEntry | None] = ()) -> str:
    """Return the IANA name of a person's time zone: as it was told, else where events last saw her; else empty.

    seen: the latest entry of each of her nodes.
    """
    told = _plain(traits.get(TIMEZONE))
    if isinstance(told, str) and told in known_zones():
        return told
    latest = max((entry for entry in seen if entry is not None), default=None)
    return "" if latest is None else latest[2]


def batch_value(text: str, kind: ValueType) -> object:
    """Return what a SQL trait came to (JSON) in its type; None where it is of another type by now."""
    return typed(msgspec.json.decode(text), kind)


def _told(given: Given, traits: Mapping[str, Any]) -> object:
    first, *inside = PropertyColumn(given.name, given.type).keys
    value = _plain(traits.get(first))
    for key in inside:
        if isinstance(value, list) and re.fullmatch("[0-9]+", key):
            value = value[int(key)] if int(key) < len(value) else None
        else:
            value = value.get(key) if isinstance(value, dict) else None
    return typed(value, given.type)


def _plain(value: Any) -> Any:
    return msgspec.json.decode(value) if isinstance(value, msgspec.Raw) else value


@cache
def known_zones() -> frozenset[str]:
    """Return the names of the IANA database."""
    return frozenset(available_timezones())
