"""The state of a node as one JSON text and back, inside DuckDB, exactly: decimals are text, times are microseconds."""

from collections.abc import Sequence

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import msgspec

from weft.model.measure import Measure
from weft.storage.ibis_functions import Value, from_json, to_json
from weft.storage.ibis_measure import state_column, state_type

DUCKDB_NAMES = {
    "int64": "BIGINT",
    "float64": "DOUBLE",
    "string": "VARCHAR",
    "boolean": "BOOLEAN",
    "uuid": "UUID",
}
SHORT = "decimal(18, 8)"
EMPTY = "{}"


def encode(states: ir.Table, measures: Sequence[Measure]) -> ir.Table:
    """Return node_id and state (JSON text without what is NULL) of a table of node_id and state columns."""
    return states.select("node_id", state=text(states, measures))


def text(states: ir.Table, measures: Sequence[Measure]) -> Value:
    """Return the state columns of a table as JSON text."""
    if not measures:
        return ibis.literal(EMPTY)
    entries = [_entry(state_column(measure), states[state_column(measure)]) for measure in measures]
    comma: Value = ibis.literal(",")
    return ibis.literal("{") + comma.join(entries) + "}"


def decode(texts: ir.Table, measures: Sequence[Measure]) -> ir.Table:
    """Return node_id and state columns of a table of node_id and state text; what is not in the text is NULL."""
    if not measures:
        return texts.select("node_id")
    fields = {state_column(measure): ibis.dtype(state_type(measure)) for measure in measures}
    written = {name: dt.string if kind.is_decimal() else kind for name, kind in fields.items()}
    structure = msgspec.json.encode({name: _structure(kind) for name, kind in written.items()}).decode()
    result = ibis.dtype(f"struct<{', '.join(f'{name}: {kind}' for name, kind in written.items())}>")
    whole = texts.select("node_id", whole=from_json(texts["state"], structure, result))
    parts: Value = whole["whole"]
    return whole.select("node_id", **{name: _restored(parts[name], kind) for name, kind in fields.items()})


def _entry(name: str, value: Value) -> Value:
    """Return `"name":value`, NULL for NULL, which joining leaves out."""
    return ibis.literal(f'"{name}":') + to_json(_exact(value))


def _exact(value: Value) -> Value:
    """Return a decimal as text; by way of 18 digits, which DuckDB writes and reads a hundred times as fast as 38."""
    if not value.type().is_decimal():
        return value
    return ibis.coalesce(value.try_cast(SHORT).cast("string"), value.cast("string"))


def _restored(value: Value, kind: dt.DataType) -> Value:
    if not kind.is_decimal():
        return value
    return ibis.coalesce(value.try_cast(SHORT).cast(kind), value.cast(kind))


def _structure(kind: dt.DataType) -> object:
    if isinstance(kind, dt.Array):
        return [_structure(kind.value_type)]
    if isinstance(kind, dt.Struct):
        return {name: _structure(inner) for name, inner in kind.fields.items()}
    return DUCKDB_NAMES[str(kind)]
