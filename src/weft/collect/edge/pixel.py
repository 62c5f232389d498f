"""The pixel: an event in the query of an image, for mails and pages without JavaScript."""

import base64
import binascii
from typing import Any

import msgspec

from weft.collect.edge.asgi import Answer
from weft.collect.edge.keys import query_of

_GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
ANSWER = Answer(
    200, _GIF, ((b"content-type", b"image/gif"), (b"cache-control", b"no-store, no-cache, private"))
)
_OBJECTS = ("properties", "traits", "context", "integrations")


def body_of(query: bytes) -> bytes:
    """Return the JSON of an event from `data` (base64), or from plain fields.

    Fields: userId, anonymousId, event … as they are; properties, traits and context as JSON, or one by one with a
    dot (`properties.plan=gold`). What is no JSON there stays text, and the pipeline says what is wrong with it.
    """
    fields = query_of(query)
    if "data" in fields:
        try:
            return base64.b64decode(fields["data"].replace("-", "+").replace("_", "/") + "==")
        except binascii.Error:
            return b""
    event: dict[str, Any] = {}
    for name, value in fields.items():
        head, dot, tail = name.partition(".")
        if name in _OBJECTS:
            event[name] = _value(value)
        elif dot and head in _OBJECTS:
            inner = event.setdefault(head, {})
            if isinstance(inner, dict):
                inner[tail] = value
        else:
            event[name] = value
    return msgspec.json.encode(event)


def _value(text: str) -> Any:
    try:
        return msgspec.json.decode(text.encode("utf-8", "replace"))
    except (msgspec.MsgspecError, RecursionError):
        return text
