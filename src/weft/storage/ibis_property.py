"""Typed columns out of properties: text of any valid JSON in, a value of the type or NULL out, never an error."""

from collections.abc import Sequence

import ibis

from weft.model.measure import PropertyColumn, ValueType
from weft.storage.ibis_functions import Value, json_extract_string, make_timestamp, zoned_epoch_us

NUMBER_MAX = 1.7976931348623157e308
FIRST_TIME = "0001-01-01"
OFFSET = "[T ][0-9:.]+ ?([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)$"
"""How the text of a time with an offset from UTC ends."""
LAST_TIME = "9999-12-31 23:59:59.999999"

COLUMN_TYPES = {
    ValueType.NUMBER: "float64",
    ValueType.TEXT: "string",
    ValueType.BOOLEAN: "boolean",
    ValueType.TIME: "timestamp(6)",
}
"""The Ibis type of a property column."""


def column_type(column: PropertyColumn) -> str:
    """Return the Ibis type of a property column."""
    return COLUMN_TYPES[column.type]


def extract(column: PropertyColumn, properties: Value) -> Value:
    """Return one property, typed, from the properties' JSON text. DuckDB only."""
    return extract_all([column], properties)[column.column_name]


def extract_all(columns: Sequence[PropertyColumn], properties: Value) -> dict[str, Value]:
    """Return column name → expression from the properties' JSON text. DuckDB only."""
    return typed_all(columns, texts_of(columns, properties))


def texts_of(columns: Sequence[PropertyColumn], properties: Value) -> Value:
    """Return what stands at the pointers of the columns, as a list of texts: the JSON is parsed once. DuckDB only."""
    pointers = ibis.literal(_pointers(columns), type="array<string>")
    return json_extract_string(properties, pointers) if columns else pointers


def typed_all(columns: Sequence[PropertyColumn], texts: Value) -> dict[str, Value]:
    """Return column name → expression from the list that `texts_of` the same columns makes."""
    pointers = _pointers(columns)
    return {
        column.column_name: _typed(texts[pointers.index(column.pointer)], column.type).name(
            column.column_name
        )
        for column in columns
    }


def _time(text: Value) -> Value:
    """Return the time in UTC.

    DuckDB's plain timestamp passes over an offset, and its zoned one would add the session's to a text without any;
    the zoned one also wants seconds, and a colon in the offset.
    """
    plain: Value = text.try_cast("timestamp(6)")
    seconds: Value = text.re_replace("([T ][0-9]{2}:[0-9]{2}) ?([Zz+-])", r"\1:00\2")
    colon: Value = seconds.re_replace("([+-][0-9]{2})([0-9]{2})$", r"\1:\2")
    zoned: Value = make_timestamp(zoned_epoch_us(colon.try_cast("timestamp('UTC', 6)")))
    return ibis.ifelse(text.re_search(OFFSET), zoned, plain)


def _pointers(columns: Sequence[PropertyColumn]) -> list[str]:
    return sorted({column.pointer for column in columns})


def _typed(text: Value, kind: ValueType) -> Value:
    if kind is ValueType.NUMBER:
        number = text.try_cast("float64")
        return ibis.cases((number.between(-NUMBER_MAX, NUMBER_MAX), number))  # not NaN, not infinite
    if kind is ValueType.BOOLEAN:
        return ibis.cases((text == "true", True), (text == "false", False))
    if kind is ValueType.TIME:
        time = _time(text)
        return ibis.cases((time.between(ibis.timestamp(FIRST_TIME), ibis.timestamp(LAST_TIME)), time))
    return text
