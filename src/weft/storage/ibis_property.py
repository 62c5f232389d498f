"""Typed columns out of properties: text of any valid JSON in, a value of the type or NULL out, never an error."""

from collections.abc import Sequence

import ibis

from weft.model.measure import PropertyColumn, ValueType
from weft.storage.ibis_functions import Value, json_extract_string

NUMBER_MAX = 1.7976931348623157e308
FIRST_TIME = "0001-01-01"
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
    """Return column name → expression; the JSON text is parsed once for all of them. DuckDB only."""
    pointers = sorted({column.pointer for column in columns})
    texts: Value = json_extract_string(properties, ibis.literal(pointers, type="array<string>"))
    return {
        column.column_name: _typed(texts[pointers.index(column.pointer)], column.type).name(
            column.column_name
        )
        for column in columns
    }


def _typed(text: Value, kind: ValueType) -> Value:
    if kind is ValueType.NUMBER:
        number = text.try_cast("float64")
        return ibis.cases((number.between(-NUMBER_MAX, NUMBER_MAX), number))  # not NaN, not infinite
    if kind is ValueType.BOOLEAN:
        return ibis.cases((text == "true", True), (text == "false", False))
    if kind is ValueType.TIME:
        time = text.try_cast("timestamp(6)")
        return ibis.cases((time.between(ibis.timestamp(FIRST_TIME), ibis.timestamp(LAST_TIME)), time))
    return text
