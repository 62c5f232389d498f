"""Values that name something (identifiers, record keys, event names) as text, the same for every column type."""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false, reportUnknownParameterType=false

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

KEY_CHARACTERS = 1_024


def key_text(values: pa.Array, *, number: bool = False) -> pa.Array:
    """Return keys as trimmed text: 17850.0 is "17850"; empty, too long and unprintable ones are null.

    number: text that was written as a number (`17850.0` in a CSV) is read as one.
    """
    kind = values.type
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return pc.cast(values, pa.string())
    if pa.types.is_string(kind) and not number:
        text = pc.utf8_trim_whitespace(values)
        sound = pc.and_(
            _length_fits(text),
            pc.invert(pc.match_substring(text, "\0")),
        )
        return pc.if_else(sound, text, None)
    return each_distinct(values, plain_text)


def each_distinct(values: pa.Array, function: Callable[[Any], str | None]) -> pa.Array:
    """Apply a function once per distinct value."""
    encoded = values.dictionary_encode()
    distinct = pa.array([function(value) for value in encoded.dictionary.to_pylist()], pa.string())
    return distinct.take(encoded.indices)


def plain_text(value: Any) -> str | None:
    """Return one key as text: a whole number without its fraction, anything else as it is written."""
    if isinstance(value, float) and not value.is_integer():
        return repr(value) if math.isfinite(value) else None
    if isinstance(value, float | Decimal) and value == int(value):
        return str(int(value))
    if not isinstance(value, str):
        return None if value is None or isinstance(value, bytes) else str(value)
    text = value.strip()
    whole, point, fraction = text.partition(".")
    if point and whole.isascii() and whole.isdigit() and not fraction.strip("0"):
        text = whole
    return text if text and len(text) <= KEY_CHARACTERS and "\0" not in text else None


def _length_fits(text: pa.Array) -> pa.Array:
    length = pc.binary_length(text)
    return pc.and_(pc.greater(length, 0), pc.less_equal(length, KEY_CHARACTERS))
