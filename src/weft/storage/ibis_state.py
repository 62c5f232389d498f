"""The state of a node as one JSON text and back, inside DuckDB, exactly: decimals are text, times are microseconds."""

from collections.abc import Sequence

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import msgspec

from weft.model.measure import Measure
from weft.storage.ibis_functions import Value, from_json, json_merge_patch, to_json
from weft.storage.ibis_measure import state_column, state_type

DUCKDB_NAMES = {
    "int64": "BIGINT",
    "float64": "DOUBLE",
    "string": "VARCHAR",
    "boolean": "BOOLEAN",
    "uuid": "UUID",
}
EMPTY = "{}"


def encode(states: ir.Table, measures: Sequence[Measure]) -> ir.Table:
    """Return node_id and state (JSON text without what is NULL) of a table of node_id and state columns."""
    if not measures:
        return states.select("node_id", state=ibis.literal(EMPTY))
    values = {state_column(measure): _exact(states[state_column(measure)]) for measure in measures}
    return states.select("node_id", state=json_merge_patch(ibis.literal(EMPTY), to_json(ibis.struct(values))))


def decode(texts: ir.Table, measures: Sequence[Measure]) -> ir.Table:
    """Return node_id and state columns of a table of node_id and state text; what is not in the text is NULL."""
    if not measures:
        return texts.select("node_id")
    fields = {state_column(measure): ibis.dtype(state_type(measure)) for measure in measures}
    structure = msgspec.json.encode({name: _structure(kind) for name, kind in fields.items()}).decode()
    result = ibis.dtype(f"struct<{', '.join(f'{name}: {kind}' for name, kind in fields.items())}>")
    whole = texts.select("node_id", whole=from_json(texts["state"], structure, result))
    return whole.select("node_id", **{name: whole["whole"][name] for name in fields})


def _exact(value: Value) -> Value:
    kind = value.type()
    if kind.is_decimal():
        return value.cast("string")
    if kind.is_array() and kind.value_type.is_struct() and kind.value_type.fields["v"].is_decimal():
        return value.map(lambda row: ibis.struct({"at": row["at"], "v": row["v"].cast("string")}))
    return value


def _structure(kind: dt.DataType) -> object:
    if isinstance(kind, dt.Array):
        return [_structure(kind.value_type)]
    if isinstance(kind, dt.Struct):
        return {name: _structure(inner) for name, inner in kind.fields.items()}
    if isinstance(kind, dt.Decimal):
        return f"DECIMAL({kind.precision},{kind.scale})"
    return DUCKDB_NAMES[str(kind)]
