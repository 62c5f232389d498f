"""Values with how often they occurred: the state of `most_frequent` and `top`, the reading of `distinct`.

A row is a struct of `v` (the value as text), `n` (how often) and `at` (when last, microseconds since 1970 UTC).
"""

import ibis

from weft.storage.ibis_functions import Value, let, list_distinct

COUNTED = "struct<v: string, n: int64, at: int64>"
VALUES_MAX = 1_000
"""Different values kept of a node, the first in order of their text."""
LISTED_MAX = 100
WHOLE_MAX = 2**53
"""Up to it a double holds every whole number."""


def text_of(value: Value) -> Value:
    """Return a text, a truth value or a number as text; a whole number has no point."""
    if not value.type().is_floating():
        return value.cast("string")
    whole = (value % 1 == 0) & value.between(-WHOLE_MAX, WHOLE_MAX)
    return ibis.ifelse(whole, value.try_cast("int64").cast("string"), value.cast("string"))


def counted_of(texts: Value, at_us: Value, weight: Value = None) -> Value:
    """Return a row for each of a list of values of one moment. weight: whole; one where it is left out."""
    return texts.map(lambda text: counted_one(text, at_us, weight))


def counted_one(text: Value, at_us: Value, weight: Value = None) -> Value:
    """Return the row of a value. weight: how often it counts; once where it is left out."""
    return ibis.struct({"v": text, "n": _one() if weight is None else weight, "at": at_us})


def merged(rows: Value) -> Value:
    """Return one row a value, in order of the values."""
    return let(rows, _merged)


def _merged(counted: Value) -> Value:
    values = list_distinct(counted.map(lambda row: row["v"])).sort()[:VALUES_MAX]

    def merge(value: Value) -> Value:
        mine = counted.filter(lambda row: row["v"] == value)
        times = mine.map(lambda row: row["n"]).sums().cast("decimal(38, 0)").cast("int64")
        return ibis.struct({"v": value, "n": times, "at": mine.map(lambda row: row["at"]).maxs()})

    return values.map(merge)


def tidy_counted(rows: Value) -> Value:
    """Return the one form of equal states: a row a value, in order; NULL for none."""
    return ibis.cases((rows.length() > 0, merged(rows)))


def most_frequent(rows: Value, most: int) -> Value:
    """Return the most frequent values of merged rows; of equally frequent first the latest, then by text."""
    return ranked(rows)[:most].map(lambda row: row["v"])


def ranked(rows: Value) -> Value:
    """Return merged rows, the most frequent first, of them the latest, then by text; `n` and `at` below zero."""
    return rows.map(lambda row: ibis.struct({"n": -row["n"], "at": -row["at"], "v": row["v"]})).sort()


def listed(values: Value) -> Value:
    """Return the distinct ones of a list in order, so many at most; NULL for none."""
    found = list_distinct(values).sort()[:LISTED_MAX]
    return ibis.cases((found.length() > 0, found))


def _one() -> Value:
    return ibis.literal(1, type="int64")
