"""A condition says the same of a value in Python as its compiled expression does in the warehouse's engine."""

import json

import duckdb
import ibis
from hypothesis import given
from hypothesis import strategies as st

from weft.language.condition import Operators, read_condition
from weft.language.holds import holds
from weft.language.strict import Reader
from weft.model.measure import PropertyColumn
from weft.storage.ibis_compiled import to_sql
from weft.storage.ibis_condition import holds as compiled
from weft.storage.ibis_property import extract_all

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-100, 100),
    st.sampled_from(
        [1.5, -0.25, "1.5", "-3", "true", "false", "", "ab", "abc", "2026-01-31", "2026-01-31T08:00:00Z"]
    ),
    st.text("ab1", max_size=3),
    st.sampled_from([[1, 2], {"a": 1}]),
)
CONDITIONS = st.sampled_from(
    [
        *({operator: 1.5} for operator in ("is", "is_not", "more_than", "at_least", "less_than", "at_most")),
        *({operator: "ab"} for operator in ("is", "is_not", "contains", "starts_with")),
        {"is": True},
        {"one_of": ["ab", "1.5", ""]},
        {"one_of": [1, 1.5]},
        {"between": [-3, 1.5]},
        {"between": ["2026-01-01", "2026-02-01"]},
        {"more_than": "2026-01-31"},
        {"exists": True},
        {"exists": False},
        {"exists": True, "as": "number"},
    ]
)


@given(value=VALUES, body=CONDITIONS)
def test_python_says_what_the_engine_says(value: object, body: dict):
    reader = Reader("p", "n")
    written = reader.struct(Operators, body, "")
    assert written is not None
    condition = read_condition(reader, written, None, "")
    assert condition is not None
    facts = ibis.table({"properties": "string"}, name="facts")
    column = PropertyColumn("v", condition.type)
    expression = facts.select(answer=compiled(condition, extract_all([column], facts)[column.column_name]))
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE facts AS SELECT ? AS properties", [json.dumps({"v": value})])
        assert connection.execute(to_sql(expression, "duckdb")).fetchone() == (holds(condition, value),)
