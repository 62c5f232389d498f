"""What Ibis cannot say: functions that DuckDB has built in, each declared once with its types."""

from typing import Any

import ibis
import ibis.expr.datatypes as dt

JSON = dt.json
TIME = dt.timestamp
INSTANT = dt.Timestamp(timezone="UTC")
TEXT = dt.string


def _one(value: Any) -> Any: ...


def _two(first: Any, second: Any) -> Any: ...


_builtin: Any = ibis.udf.scalar.builtin

to_json = _builtin(_one, name="to_json", signature=((None,), TEXT))
json_valid = _builtin(_one, name="json_valid", signature=((TEXT,), dt.boolean))
json_extract = _builtin(_two, name="json_extract", signature=((TEXT, TEXT), JSON))
json_extract_string = _builtin(_two, name="json_extract_string", signature=((TEXT, TEXT), TEXT))
json_merge_patch = _builtin(_two, name="json_merge_patch", signature=((TEXT, TEXT), TEXT))
"""RFC 7396; merged into an empty object, a document loses its null members."""
try_strptime = _builtin(_two, name="try_strptime", signature=((TEXT, TEXT), TIME))
try_strptime_zoned = _builtin(_two, name="try_strptime", signature=((TEXT, TEXT), INSTANT))
"""For patterns with %z, where DuckDB gives an instant."""
make_timestamp = _builtin(_one, name="make_timestamp", signature=((dt.int64,), TIME))
at_zone = _builtin(_two, name="timezone", signature=((TEXT, TIME), INSTANT))
in_zone = _builtin(_two, name="timezone", signature=((TEXT, INSTANT), TIME))


def without_nulls(document: Any) -> Any:
    """Return a JSON object without its null members."""
    return json_merge_patch("{}", document)
