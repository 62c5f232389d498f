"""Typed columns out of properties: text of any valid JSON in, a value of the type or NULL out, never an error."""

import re
from collections.abc import Mapping, Sequence

import ibis
import ibis.expr.types as ir

from weft.language.text import EACH, ISO_TIME
from weft.model.measure import Place, PropertyColumn, ValueType
from weft.storage.ibis_functions import (
    Value,
    json_extract_all,
    json_extract_string,
    local_time,
    make_timestamp,
    zoned_epoch_us,
)

NUMBER_MAX = 1.7976931348623157e308
FIRST_TIME = "0001-01-01"
OFFSET = "[T ][0-9:.]+(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"
"""How the text of a time with an offset from UTC ends."""
LAST_TIME = "9999-12-31 23:59:59.999999"

COLUMN_TYPES = {
    ValueType.NUMBER: "float64",
    ValueType.TEXT: "string",
    ValueType.BOOLEAN: "boolean",
    ValueType.TIME: "timestamp(6)",
    ValueType.LIST: "array<string>",
}
"""The Ibis type of a property column."""


TEXTS = "array<string>"
TEXT_COLUMNS = {Place.PROPERTIES: "texts", Place.CONTEXT: "context_texts"}
"""JSON column of the facts → the column with what stands at the pointers."""
TIMEZONE = "/timezone"
PLACE = re.compile("0|[1-9][0-9]{0,8}", re.ASCII)
"""A number in a path that may be a place in an array."""


def column_type(column: PropertyColumn) -> str:
    """Return the Ibis type of a property column."""
    return COLUMN_TYPES[column.type]


def extract_all(columns: Sequence[PropertyColumn], facts: ir.Table) -> dict[str, Value]:
    """Return column name → expression over facts with properties, context and occurred_at. DuckDB only."""
    return typed_all(columns, facts, texts_of(columns, facts))


def texts_of(columns: Sequence[PropertyColumn], facts: ir.Table) -> dict[str, Value]:
    """Return what stands at the pointers of the columns, as two lists of texts, each JSON parsed once. DuckDB only."""
    return {
        name: json_extract_string(facts[place], ibis.literal(pointers, type=TEXTS))
        if (pointers := _pointers(columns, place))
        else ibis.literal([], type=TEXTS)
        for place, name in TEXT_COLUMNS.items()
    }


def typed_all(
    columns: Sequence[PropertyColumn], facts: ir.Table, texts: Mapping[str, Value] | None = None
) -> dict[str, Value]:
    """Return column name → expression. texts: what `texts_of` the same columns returns; None: columns of `facts`."""
    texts = texts or {name: facts[name] for name in TEXT_COLUMNS.values()}
    found: dict[str, Value] = {}
    for column in columns:
        if column.place is Place.LOCAL_TIME:
            value = _local_time(column, facts, texts)
        elif column.type is ValueType.LIST:
            value = _list(json_extract_all(facts[column.place.value], json_path(column)))
        else:
            pointers = _pointers(columns, column.place)
            value = _typed(texts[TEXT_COLUMNS[column.place]][pointers.index(column.pointer)], column.type)
        found[column.column_name] = value.name(column.column_name)
    return found


def json_path(column: PropertyColumn) -> str:
    """Return the JSON path of a list: `products.*.brand` is `$."products"[*]."brand"`."""
    return "$" + "".join(map(_step, column.keys))


def _step(key: str) -> str:
    if key == EACH:
        return "[*]"
    if PLACE.fullmatch(key):
        return f"[{key}]"
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'."{escaped}"'


def _list(texts: Value) -> Value:
    known = texts.filter(lambda text: text.notnull())
    return ibis.cases((known.length() > 0, known))


def _local_time(column: PropertyColumn, facts: ir.Table, texts: Mapping[str, Value]) -> Value:
    """Return the hour or the weekday where a fact happened, or at home where that is not known."""
    zone = texts[TEXT_COLUMNS[Place.CONTEXT]][0]
    local = local_time(facts["occurred_at"], zone, column.home)
    if column.path == "hour":
        return local.hour().cast("float64")
    return local.day_of_week.full_name().lower()


def _time(text: Value) -> Value:
    """Return the time in UTC.

    DuckDB's plain timestamp passes over an offset, and its zoned one would add the session's to a text without any;
    the zoned one also wants seconds, and a colon in the offset.
    """
    plain: Value = text.try_cast("timestamp(6)")
    seconds: Value = text.re_replace("([T ][0-9]{2}:[0-9]{2})([Z+-])", r"\1:00\2")
    colon: Value = seconds.re_replace("([+-][0-9]{2})([0-9]{2})$", r"\1:\2")
    zoned: Value = make_timestamp(zoned_epoch_us(colon.try_cast("timestamp('UTC', 6)")))
    return ibis.ifelse(text.re_search(OFFSET), zoned, plain)


def _pointers(columns: Sequence[PropertyColumn], place: Place) -> list[str]:
    """Return the pointers into a JSON of the facts; of the context the time zone's comes first if it is needed."""
    mine = {
        column.pointer for column in columns if column.place is place and column.type is not ValueType.LIST
    }
    local = place is Place.CONTEXT and any(column.place is Place.LOCAL_TIME for column in columns)
    return [TIMEZONE, *sorted(mine - {TIMEZONE})] if local else sorted(mine)


def _typed(text: Value, kind: ValueType) -> Value:
    if kind is ValueType.NUMBER:
        number = text.try_cast("float64")
        finite = number.between(-NUMBER_MAX, NUMBER_MAX)  # not NaN
        return ibis.cases((finite & ~text.contains("_"), number))  # DuckDB would read 1_000
    if kind is ValueType.BOOLEAN:
        return ibis.cases((text == "true", True), (text == "false", False))
    if kind is ValueType.TIME:
        time = _time(text)
        known = time.between(ibis.timestamp(FIRST_TIME), ibis.timestamp(LAST_TIME))
        return ibis.cases((text.re_search(ISO_TIME) & known, time))
    return text
