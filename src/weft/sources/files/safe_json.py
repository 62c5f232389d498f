"""JSON that a reader behind us would trip over: what the wire refuses, an import rejects too."""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false, reportUnknownParameterType=false

from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

DEPTH = 32
INTEGER_MAX = 2**63 - 1
INTEGER_MIN = -(2**63)

_DOUBT = r"\\u|[0-9]{19}|[0-9][eE]\+?[0-9]{3}|[:,\[]\s*[-+]?(?i:nan|inf)"


_NUL = b"\\u0000"


def suspicious_written(texts: pa.Array) -> pa.Array | None:
    """Like `suspicious_json` for texts written from plain columns: only NUL can be wrong. None: nothing is."""
    content = texts.buffers()[2]
    if content is None or _NUL not in content.to_pybytes():
        return None
    return pc.match_substring(texts, _NUL.decode())


def suspicious_json(texts: pa.Array) -> pa.Array:
    """Say which texts are worth a closer look; cheap, and never false for a bad one."""
    brackets = pc.add(pc.count_substring(texts, "{"), pc.count_substring(texts, "["))
    return pc.or_(pc.greater(brackets, DEPTH), pc.match_substring_regex(texts, _DOUBT))


def fault_of_json(text: str) -> str | None:
    """Return what is wrong with a JSON object, or None."""
    if _depth(text) > DEPTH:
        return f"nested deeper than {DEPTH} levels"
    try:
        value: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return f"not JSON that can be kept: {error}"
    return _fault(value)


def _depth(text: str) -> int:
    """Return how deep it nests at most, counting brackets in strings too."""
    depth = deepest = 0
    for character in text:
        if character in "{[":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "}]":
            depth -= 1
    return deepest


def _fault(value: Any) -> str | None:
    if isinstance(value, str):
        return "a NUL character in a text" if "\0" in value else None
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return None if INTEGER_MIN <= value <= INTEGER_MAX else "a whole number beyond 64 bits"
    if isinstance(value, float):
        return None if value - value == 0 else "a number too large"
    members: list[Any] = [*value.keys(), *value.values()] if isinstance(value, dict) else value
    return next((fault for fault in map(_fault, members) if fault), None)
