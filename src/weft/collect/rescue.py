"""The slow, exact look at a body that the quick decode would not take: split it, judge each event alone."""

import itertools
import re
from typing import Any

import msgspec
from msgspec import Raw, Struct

from weft.config import CollectSettings
from weft.model.reason import Dropped, Reason

INT_MIN, INT_MAX = -(2**63), 2**63 - 1

SCAN_TOKENS = 200_000
"""Most strings and brackets that a malformed body is searched for; it bounds the time."""

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for a body that it does not take."""

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|["{}\[\],:]', re.DOTALL)
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_NOT_A_NUMBER = re.compile(rb"NaN|Infinity")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_CONTROL = re.compile(rb"[\x00-\x1f]")


class _Elements(Struct):
    batch: list[Raw]


_decode = msgspec.json.Decoder(Any).decode
_decode_elements = msgspec.json.Decoder(_Elements).decode


def split_batch(body: bytes) -> tuple[list[bytes], bytes] | None:
    """Return the elements of `batch` and the body without them; None for a body cut off or without one."""
    try:
        elements = [bytes(raw) for raw in _decode_elements(body).batch]
    except UNREADABLE:
        return _scan(body)
    return elements, body


def is_malformed(body: bytes) -> bool:
    """Tell whether a body is no JSON at all."""
    try:
        _decode(body)
    except UNREADABLE:
        return True
    return False


def judge(raw: bytes, settings: CollectSettings) -> dict[str, Any] | Dropped:
    """Decode one JSON object, or say exactly why it is refused."""
    if len(raw) > settings.event_bytes:
        return Dropped(Reason.TOO_LARGE, f"{len(raw)} bytes, the limit is {settings.event_bytes}")
    try:
        raw.decode()
        document = _decode(raw)
    except UnicodeDecodeError as error:
        return Dropped(Reason.BAD_ENCODING, f"not UTF-8 at byte {error.start}")
    except RecursionError:
        return Dropped(Reason.TOO_DEEP, f"deeper than {settings.depth}")
    except msgspec.ValidationError:
        return Dropped(Reason.BAD_NUMBER, "a number is beyond the range of a double")
    except msgspec.DecodeError as error:
        return _why_malformed(raw, str(error))
    if not isinstance(document, dict):
        return Dropped(Reason.NOT_AN_OBJECT, "an event is a JSON object")
    return _fault(document, settings.depth) or document


def _why_malformed(raw: bytes, error: str) -> Dropped:
    bare = _STRING.sub(b'""', raw)
    if _NOT_A_NUMBER.search(bare):
        return Dropped(Reason.BAD_NUMBER, "NaN and Infinity are not JSON")
    strings = b"".join(_STRING.findall(raw))
    if _CONTROL.search(strings):
        return Dropped(Reason.BAD_UNICODE, "a control character in a string must be escaped")
    if _SURROGATE.search(strings):
        return Dropped(Reason.BAD_UNICODE, "half of a surrogate pair")
    return Dropped(Reason.NOT_JSON, error)


def _fault(document: Any, depth: int) -> Dropped | None:
    """Look at every value without recursion: nesting, integers, NUL."""
    level: list[Any] = [document]
    nesting = 0
    while level:
        below: list[Any] = []
        for value in level:
            if isinstance(value, str):
                if "\x00" in value:
                    return Dropped(Reason.BAD_UNICODE, "NUL in a string")
            elif type(value) is int:
                if not INT_MIN <= value <= INT_MAX:
                    return Dropped(Reason.BAD_NUMBER, "an integer is beyond 64 bits; send it as a string")
            elif isinstance(value, dict | list):
                if nesting >= depth:
                    return Dropped(Reason.TOO_DEEP, f"deeper than {depth}")
                below.extend(value)
                if isinstance(value, dict):
                    below.extend(value.values())
        level = below
        nesting += 1
    return None


def _scan(body: bytes) -> tuple[list[bytes], bytes] | None:
    """Split a batch by its brackets alone, so that an event which is no JSON (NaN) costs only itself."""
    depth, key, after_key = 0, b"", False
    start, element = -1, 0
    found: tuple[list[bytes], bytes] | None = None
    elements: list[bytes] = []
    for match in itertools.islice(_TOKEN.finditer(body), SCAN_TOKENS):
        token = match.group()
        if token == b'"' or (depth == 0 and token != b"{"):
            return None
        if token in b"{[":
            if token == b"[" and depth == 1 and after_key and key == b'"batch"':
                start, element, elements = match.end(), match.end(), []
            depth += 1
        elif token in b"}]":
            depth -= 1
            if depth == 1 and start >= 0:
                elements.append(body[element : match.start()].strip())
                found = ([e for e in elements if e], body[:start] + body[match.start() :])
                start = -1
            if depth == 0:
                return found if not body[match.end() :].strip() else None
        elif token == b"," and start >= 0 and depth == 2:
            elements.append(body[element : match.start()].strip())
            element = match.end()
        if depth == 1:
            after_key = token == b":"
            key = token if token[:1] == b'"' else key
    return None
