"""What is given of a profile from outside its facts: told traits, its time zone, its consents. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any
from zoneinfo import available_timezones

import msgspec

from weft.language.holds import typed
from weft.model.audience import ConsentState
from weft.model.consent import ConsentRecord
from weft.model.expression import Given, GivenKind
from weft.model.measure import PropertyColumn, ValueType

TIMEZONE = "timezone"
"""The told trait that says in which zone a person is."""


def told_values(givens: Iterable[Given], traits: Mapping[str, Any]) -> dict[Given, object]:
    """Return what the surviving told traits (JSON or values) are, each in its type; what is missing is left out."""
    found = {given: _told(given, traits) for given in givens if given.kind is GivenKind.TOLD}
    return {given: value for given, value in found.items() if value is not None}


def zone_of(traits: Mapping[str, Any], home: str) -> str:
    """Return the IANA name of a person's time zone. home: where she does not say, or says what nobody knows."""
    told = _plain(traits.get(TIMEZONE))
    return told if isinstance(told, str) and told in _zones() else home


def consent_state(records: Sequence[ConsentRecord], now_us: int) -> ConsentState:
    """Return what the records that hold on the nodes of a profile come to for one purpose, as the gate judges them."""
    if any(not record.granted for record in records):
        return ConsentState.REFUSED
    granted = any(record.at_us <= now_us for record in records)
    return ConsentState.GRANTED if granted else ConsentState.UNKNOWN


def _told(given: Given, traits: Mapping[str, Any]) -> object:
    first, *inside = PropertyColumn(given.name, given.type).keys
    value = _plain(traits.get(first))
    for key in inside:
        if isinstance(value, list) and re.fullmatch("[0-9]+", key):
            value = value[int(key)] if int(key) < len(value) else None
        else:
            value = value.get(key) if isinstance(value, dict) else None
    if given.type is ValueType.LIST:
        return _texts(value)
    return typed(value, given.type)


def _texts(value: object) -> list[str] | None:
    found = [typed(item, ValueType.TEXT) for item in value] if isinstance(value, list) else []
    return [str(text) for text in found if text is not None] or None


def _plain(value: Any) -> Any:
    return msgspec.json.decode(value) if isinstance(value, msgspec.Raw) else value


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
