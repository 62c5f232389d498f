"""Which identifiers an event carries, normalised; the first one is the node that the event belongs to."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

from weft.collect.wire import Id, WireEvent
from weft.model.identifier import ANONYMOUS_ID, EMAIL, PHONE, SEPARATOR, USER_ID, Identifier

IDENTIFIER_CHARS = 512
NAMESPACE_CHARS = 64
EXTERNAL_IDS = 20
DEVICE_ID = "device_id"
ADVERTISING_ID = "advertising_id"

BLOCKED = frozenset(
    line.strip()
    for line in files("weft.collect").joinpath("data/blocked.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
) | {""}
"""Values that name nobody: one of them as an identifier would tie strangers together."""

_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]+\.[^@\s.,;<>\"]{2,}")
_NOT_NAMESPACE = re.compile(r"[^a-z0-9]+")
_NOT_DIGIT = re.compile(r"[^0-9]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def text_of(value: Id) -> str:
    """Return an id as text: 42 and 42.0 are "42", nothing is ""."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def clean(namespace: str, value: object) -> str:
    """Return a normalised value of a namespace, or "" for one that names nobody."""
    if not isinstance(value, str):
        if isinstance(value, bool) or not isinstance(value, int | float):
            return ""
        value = text_of(value)
    text = value.strip()
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if text.lower() in BLOCKED or len(text) > IDENTIFIER_CHARS or SEPARATOR in text:
        return ""
    if namespace == EMAIL:
        text = text.lower()
        return text if _EMAIL.fullmatch(text) else ""
    return _phone(text) if namespace == PHONE else text


def normalise_identifier(namespace: str, value: object) -> str | None:
    """Return the value as nodes are made of it; None if it names nobody. The name by which other rooms call `clean`."""
    return clean(namespace, value) or None


def identifiers_of(
    event: WireEvent, kind: str, traits: Mapping[str, Any] | None, named: Sequence[Identifier]
) -> list[Identifier]:
    """Return the identifiers of an event: user_id, email, phone, external and device ids, anonymous_id.

    traits: of an identify, or those in the context. named: what the context itself names (`named_by`).
    """
    found: list[Identifier] = []
    known_as = clean(USER_ID, event.user_id)
    if known_as:
        found.append(Identifier(USER_ID, known_as))
    if kind == "alias":
        _add_previous(event, found)
    if traits:
        for namespace in (EMAIL, PHONE):
            value = clean(namespace, traits.get(namespace))
            if value:
                found.append(Identifier(namespace, value))
    found += named
    if event.anonymous_id is not None:
        value = clean(ANONYMOUS_ID, event.anonymous_id)
        if value:
            found.append(Identifier(ANONYMOUS_ID, value))
    return list(dict.fromkeys(found)) if named or kind == "alias" else found


def named_by(context: Mapping[str, Any]) -> list[Identifier]:
    """Return the identifiers in a context: its externalIds and those of the device."""
    if "externalIds" not in context and "device" not in context:
        return []
    cleaned = ((namespace, clean(namespace, value)) for namespace, value in _from_context(context))
    return [Identifier(namespace, value) for namespace, value in cleaned if value]


def _add_previous(event: WireEvent, found: list[Identifier]) -> None:
    """Take an alias' previousId as what it looks like: an e-mail address, else an anonymous id."""
    text = text_of(event.previous_id)
    namespace = EMAIL if clean(EMAIL, text) else ANONYMOUS_ID
    value = clean(namespace, text)
    if value:
        found.append(Identifier(namespace, value))


def _from_context(context: Mapping[str, Any]) -> list[tuple[str, object]]:
    pairs: list[tuple[str, object]] = []
    external = context.get("externalIds")
    if isinstance(external, list):
        for item in external[:EXTERNAL_IDS]:
            if isinstance(item, dict) and isinstance(item.get("type"), str):
                namespace = _namespace(item["type"])
                if namespace:
                    pairs.append((namespace, item.get("id")))
    device = context.get("device")
    if isinstance(device, dict):
        pairs.append((DEVICE_ID, device.get("id")))
        pairs.append((ADVERTISING_ID, device.get("advertisingId")))
    return pairs


@lru_cache(maxsize=1024)
def _namespace(name: str) -> str:
    snake = _HUMP.sub("_", name[:NAMESPACE_CHARS]).lower()
    return _NOT_NAMESPACE.sub("_", snake).strip("_")


def _phone(text: str) -> str:
    """Keep the digits, with a leading + if the number was given in international form (+… or 00…)."""
    digits = _NOT_DIGIT.sub("", text)
    if not 5 <= len(digits) <= 15 + 2:
        return ""
    if text.lstrip("( ").startswith("+"):
        return f"+{digits}"
    return f"+{digits[2:]}" if digits.startswith("00") else digits
