"""Operations that Ibis lacks on some engine, each declared once, under DuckDB's name."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any
from zoneinfo import available_timezones

import duckdb
import ibis
import ibis.expr.datatypes as dt
from ibis.config import Config

Value = Any
"""An Ibis value expression: Ibis' own classes do not say which operators a column has, so none can be checked."""

SPARK_NAMES = {
    "epoch_us": "unix_micros",
    "make_timestamp": "timestamp_micros",
    "list_distinct": "array_distinct",
}
"""What Spark calls the functions that it has under another name."""


@ibis.udf.scalar.builtin
def md5(text: str) -> str:  # type: ignore[empty-body]
    """Return the MD5 digest as 32 hexadecimal digits (DuckDB, Spark, PostgreSQL: the same name)."""


@ibis.udf.scalar.builtin
def getvariable(variable: str) -> str:  # type: ignore[empty-body]
    """Return a text that was set for the connection. DuckDB only."""


@ibis.udf.scalar.builtin(signature=((dt.Timestamp(scale=6),), dt.int64))
def epoch_us(time: Any) -> Any:
    """Return the microseconds since 1970 UTC of a time."""


@ibis.udf.scalar.builtin(signature=((dt.int64,), dt.Timestamp(scale=6)))
def make_timestamp(microseconds: Any) -> Any:
    """Return the time of microseconds since 1970 UTC."""


@ibis.udf.agg.builtin(name="sum", signature=((dt.int64,), dt.Decimal(38, 0)))
def _wide_sum(numbers: Any) -> Any: ...


def whole_sum(numbers: Value) -> Value:
    """Return the sum of whole numbers as one of 64 bits.

    DuckDB's has 128, which Arrow lacks, and Ibis, which does not know that, would drop the cast. By way of a decimal it
    took four times as long.
    """
    return _wide_sum(numbers).cast("int64")


@ibis.udf.scalar.builtin
def floor(number: float) -> float:  # type: ignore[empty-body]
    """Return a number rounded down. Ibis would make an integer of it, for which it may be too large."""


@ibis.udf.scalar.builtin
def ceil(number: float) -> float:  # type: ignore[empty-body]
    """Return a number rounded up."""


@ibis.udf.scalar.builtin(name="round")
def nearest(number: float) -> float:  # type: ignore[empty-body]
    """Return the nearest whole number; a half goes away from zero."""


@ibis.udf.scalar.builtin(signature=((dt.string, ibis.dtype("array<string>")), ibis.dtype("array<string>")))
def json_extract_string(document: Any, pointers: Any) -> Any:
    """Return what is at JSON pointers as text (objects and arrays as JSON), NULL where nothing is."""


@ibis.udf.scalar.builtin(
    name="json_extract_string", signature=((dt.string, dt.string), ibis.dtype("array<string>"))
)
def json_extract_all(document: Any, path: Any) -> Any:
    """Return everything that a JSON path with a `*` finds, as text. DuckDB only."""


@ibis.udf.scalar.builtin(
    name="timezone", signature=((dt.string, dt.Timestamp(scale=6)), dt.Timestamp(timezone="UTC", scale=6))
)
def _as_utc(zone: Any, time: Any) -> Any: ...


@ibis.udf.scalar.builtin(
    name="timezone", signature=((dt.string, dt.Timestamp(timezone="UTC", scale=6)), dt.Timestamp(scale=6))
)
def _in_zone(zone: Any, time: Any) -> Any: ...


def local_time(time: Value, zone: Value, otherwise: str) -> Value:
    """Return the local time of a time in UTC. otherwise: in place of a zone that nobody knows. DuckDB only."""
    # a zone that it does not know would end the statement
    known = ibis.cases((zone.isin(_known_zones()), zone), else_=otherwise)
    return _in_zone(known, _as_utc(ibis.literal("UTC"), time))


@cache
def _known_zones() -> list[str]:
    """Return the names of the IANA database that DuckDB knows; it knows others besides, such as IST."""
    names = {name for (name,) in duckdb.sql("SELECT name FROM pg_timezone_names()").fetchall()}
    return sorted(names & available_timezones())


def zoned_epoch_us(time: Value) -> Value:
    """Return the microseconds since 1970 UTC of a time with a zone. DuckDB only."""
    return _call("epoch_us", dt.int64, time)


def let(value: Value, use: Callable[[Value], Value]) -> Value:
    """Return what is made of a value, which is computed once, though it is used in a lambda for each of many rows.

    The name of the parameter of `use` may be found nowhere else in the expression.
    """
    return ibis.array([value]).map(use)[0]


def times_in(number: Value, divisor: int) -> Value:
    """Return how many times a divisor goes into a whole number not below zero.

    Ibis' own `//` divides doubles, which do not hold microseconds since the year 1; multiples of whole seconds they do.
    """
    return (number - number % divisor) // divisor


def list_distinct(values: Value) -> Value:
    """Return the distinct members, without NULL, in any order."""
    return _call("list_distinct", values.type(), values)


def to_json(value: Value) -> Value:
    """Return a value as JSON text, NULL for NULL. DuckDB only."""
    return _call("to_json", dt.string, value)


def from_json(text: Value, structure: str, result: dt.DataType) -> Value:
    """Return JSON text as a struct; what is missing or of another type is NULL. DuckDB only.

    structure: the same type in DuckDB's words, as JSON.
    """
    return _call("from_json", result, text, ibis.literal(structure))


def _call(name: str, result: dt.DataType, *arguments: Value) -> Value:
    """Call a builtin whose result depends on the types of its arguments."""

    def one(a: Any) -> Any: ...
    def two(a: Any, b: Any) -> Any: ...

    signature = (tuple(argument.type() for argument in arguments), result)
    declare: Any = ibis.udf.scalar.builtin
    return declare((one, two)[len(arguments) - 1], name=name, signature=signature)(*arguments)


class _SparkOptions(Config):
    """What Ibis' Spark compiler asks for when no Spark is connected (its backend would register the same)."""

    treat_nan_as_null: bool = False


def spark_options() -> None:
    """Let expressions compile for Spark on a machine that has none."""
    if ibis.options.pyspark is None:
        ibis.options.pyspark = _SparkOptions()


def balanced(both: Callable[[Value, Value], Value], found: Sequence[Value]) -> Value:
    """Join values in pairs, and those in pairs: Ibis and engines go down an expression, and 2,000 deep is too deep."""
    while len(found) > 1:
        pairs = zip(found[::2], found[1::2], strict=False)
        found = [*(both(one, other) for one, other in pairs), *found[len(found) & ~1 :]]
    return found[0]
