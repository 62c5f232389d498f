import json
from datetime import UTC, datetime
from typing import Any

import duckdb
import ibis
import pytest

from weft.model.measure import PropertyColumn, ValueType
from weft.storage.ibis_property import column_type, extract_all
from weft.storage.ibis_statement import select

DAY = datetime(2026, 1, 5, tzinfo=UTC).replace(tzinfo=None)
ODD = {
    "$current_url": "u",
    "a/b": "slash",
    "c~d": "tilde",
    "v1.2": "dot",
    "o": {"p": [{"q": "deep"}]},
    "": "empty",
    "é": "é",
}


def extracted(path: str, kind: ValueType, document: str) -> Any:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE raw AS SELECT ? AS properties", [document])
    raw = ibis.table({"properties": "string"}, name="raw")
    column = PropertyColumn(path, kind)
    row = connection.execute(
        select(raw.select(value=extract_all([column], raw)[column.column_name]))
    ).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize(
    ("path", "value"),
    [("$current_url", "u"), ("a/b", "slash"), ("c~d", "tilde"), ("v1\\.2", "dot"), ("o.p.0.q", "deep"), ("é", "é"),
     ("o.p", '[{"q":"deep"}]'), ("o.p.1.q", None), ("v1.2", None), ("'; --", None)],
)  # fmt: skip
def test_any_name_can_be_reached(path: str, value: str | None) -> None:
    assert extracted(path, ValueType.TEXT, json.dumps(ODD)) == value


@pytest.mark.parametrize(
    "name", ["$a", "a/b", 'a"b', '"', 'a\\b', "a[0]", "#", "１", "٣", "²", "9" * 30, "0" * 99, "'; --", "\n", "é"]
)  # fmt: skip
def test_any_name_of_a_list_can_be_reached(name: str) -> None:
    document = json.dumps({"o": {name: [{"q": "x"}]}})
    assert extracted(f"o.{name}.*.q", ValueType.LIST, document) == ["x"]


NUMBERS = [("12", 12.0), ('"12.5"', 12.5), ("1e400", None), ("-1e400", None), ("true", None),
           ('"NaN"', None), ('"inf"', None),
           ("null", None), ("[1]", None), ('{"a":1}', None), ("123456789012345678901234567890", 1.2345678901234568e29),
           ('""', None), ('"1,5"', None), ("-0.1", -0.1)]  # fmt: skip
TIMES = [('"2026-01-05T09:00:00+09:00"', DAY), ('"2026-01-05 05:30+0530"', DAY), ('"2026-01-04T19:00:00-05"', DAY),
         ('"2026-01-05T00:00:00.123456Z"', DAY.replace(microsecond=123456)),
         ('"2026-01-05"', DAY), ('"infinity"', None), ('"soon"', None), ("1700000000", None),
         ('"290000-01-01"', None), ('"2026-13-01"', None)]  # fmt: skip
BOOLEANS = [("true", True), ('"false"', False), ("1", None), ('"yes"', None), ("null", None), ("{}", None)]


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        *((ValueType.NUMBER, *case) for case in NUMBERS),
        *((ValueType.TIME, *case) for case in TIMES),
        *((ValueType.BOOLEAN, *case) for case in BOOLEANS),
    ],
)
def test_what_is_not_of_the_type_is_null(kind: ValueType, written: str, value: object) -> None:
    assert extracted("x", kind, '{"x": ' + written + ', "y": 1e400}') == value


def test_documents_that_are_no_objects_do_no_harm() -> None:
    assert [extracted("x", ValueType.NUMBER, document) for document in ("3", "[]", '"x"', "null", "{}")] == [
        None
    ] * 5


def test_many_columns_are_filled_from_one_reading() -> None:
    columns = [
        PropertyColumn("a", ValueType.NUMBER),
        PropertyColumn("a", ValueType.TEXT),
        PropertyColumn("b", ValueType.TIME),
    ]
    raw = ibis.table({"properties": "string"}, name="raw")
    query = select(raw.select(**extract_all(columns, raw)))
    connection = duckdb.connect()
    connection.execute("""CREATE TABLE raw AS SELECT '{"a": "7", "b": "2026-01-05"}' AS properties""")
    assert connection.execute(query).fetchall() == [(7.0, "7", DAY)]
    assert [column_type(column) for column in columns] == ["float64", "string", "timestamp(6)"]
