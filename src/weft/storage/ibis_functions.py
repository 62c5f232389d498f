"""Operations that Ibis lacks on some engine, each declared once. The names are DuckDB's; SPARK_NAMES says the others."""

from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis.config import Config

SPARK_NAMES = {
    "epoch_us": "unix_micros",
    "make_timestamp": "timestamp_micros",
    "list_distinct": "array_distinct",
}
"""What Spark calls the functions that it has under another name."""


@ibis.udf.scalar.builtin
def md5(text: str) -> str:  # type: ignore[empty-body]
    """Return the MD5 digest as 32 hexadecimal digits (DuckDB, Spark, PostgreSQL: the same name)."""
    ...


@ibis.udf.scalar.builtin(signature=((dt.Timestamp(scale=6),), dt.int64))
def epoch_us(time: Any) -> Any:
    """Return the microseconds since 1970 UTC of a time."""


@ibis.udf.scalar.builtin(signature=((dt.int64,), dt.Timestamp(scale=6)))
def make_timestamp(microseconds: Any) -> Any:
    """Return the time of microseconds since 1970 UTC."""


@ibis.udf.scalar.builtin(signature=((dt.string, dt.Array(dt.string)), dt.Array(dt.string)))
def json_extract_string(document: Any, pointers: Any) -> Any:
    """Return what stands at JSON pointers as text (of objects and arrays their JSON), NULL where nothing does."""


@ibis.udf.scalar.builtin(signature=((dt.string, dt.string), dt.string))
def json_merge_patch(document: Any, patch: Any) -> Any:
    """Merge two JSON objects (RFC 7396); a null in the patch removes the key. DuckDB only."""


def list_distinct(values: ir.ArrayValue) -> ir.ArrayValue:
    """Return the distinct members, without NULL, in any order."""

    def function(values: Any) -> Any: ...

    kind = values.type()
    return ibis.udf.scalar.builtin(function, name="list_distinct", signature=((kind,), kind))(values)


def to_json(value: ir.StructValue) -> ir.StringValue:
    """Return a struct as JSON text. DuckDB only."""

    def function(value: Any) -> Any: ...

    return ibis.udf.scalar.builtin(function, name="to_json", signature=((value.type(),), dt.string))(value)


def from_json(text: ir.StringValue, structure: str, result: dt.Struct) -> ir.StructValue:
    """Return JSON text as a struct; what is missing or of another type is NULL. DuckDB only.

    structure: the same type in DuckDB's words, as JSON.
    """

    def function(text: Any, structure: Any) -> Any: ...

    signature = ((dt.string, dt.string), result)
    return ibis.udf.scalar.builtin(function, name="from_json", signature=signature)(text, structure)


class _SparkOptions(Config):
    """What Ibis' Spark compiler asks for when no Spark is connected (its backend would register the same)."""

    treat_nan_as_null: bool = False


def spark_options() -> None:
    """Let expressions compile for Spark on a machine that has none."""
    if ibis.options.pyspark is None:
        ibis.options.pyspark = _SparkOptions()
