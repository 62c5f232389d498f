import pytest

from weft.model.measure import ValueType
from weft.storage.sql.check import NOT_FINITE, TOO_DEEP, reads_of
from weft.storage.sql.checker import TOO_MUCH, check_sql
from weft.storage.sql.views import VIEWS

COUNT = "SELECT profile_id, count(*) AS value FROM events GROUP BY profile_id"


def value(expression: str, of: str = "profiles") -> str:
    return f"SELECT profile_id, {expression} AS value FROM {of}"


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        (COUNT, ValueType.NUMBER),
        ("WITH t AS (" + COUNT + ") SELECT * FROM t WHERE value > 2", ValueType.NUMBER),
        (value("date_diff('day', first_seen_at, now()::TIMESTAMP)"), ValueType.NUMBER),
        (value("last_seen_at"), ValueType.TIME),
        (value("properties ->> '$.a.b'", "events e"), ValueType.TEXT),
        (value("[namespace]", "identifiers"), ValueType.LIST),
        (value("count(*) OVER (PARTITION BY object) > 1", "records"), ValueType.BOOLEAN),
        (
            "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 3) "
            + value("(SELECT max(i) FROM n)"),
            ValueType.NUMBER,
        ),
    ],
)
def test_a_select_that_gives_each_profile_a_value_is_good(sql: str, kind: ValueType):
    assert check_sql(sql, kind) is None


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELEC 1", 'line 1: syntax error at or near "SELEC"'),
        ("SELECT 1; SELECT 2", "it is 2 statements"),
        ("", "it is 0 statements"),
        *((each, "it is no SELECT") for each in (
            "COPY events TO '/tmp/x'", "PRAGMA database_list", "ATTACH '/tmp/x' AS x", "INSTALL httpfs",
            "LOAD httpfs", "SET threads = 9", "DELETE FROM events", "CREATE TABLE a AS " + COUNT, "SHOW TABLES",
            "DESCRIBE events", "EXPLAIN " + COUNT, "CALL pragma_version()",
        )),
        (value("1", "token"), "no view is called `token`; use one of events, identifiers"),
        (value("1", "event"), "no view is called `event`; did you mean `events`?"),
        (value("1", "'/etc/passwd'"), "no view is called `/etc/passwd`"),
        (value("1", "main.events"), "is named with a schema"),
        (value("1", "information_schema.tables"), "is named with a schema"),
        ("SELECT profile_id,\n 1 AS value\nFROM events, read_csv('/etc/passwd')", "line 3: `read_csv` is not allowed"),
        *((value("1", f"profiles, {each}"), "is not allowed") for each in (
            "read_text('/x')", "read_parquet('/x')", "glob('*')", "duckdb_settings()", "duckdb_secrets()",
            "query('SELECT 1')", "query_table('x')", "pragma_version()", "json_execute_serialized_sql('{}')",
        )),
        *((value(each), "is not allowed or does not exist") for each in (
            "getenv('HOME')", "current_setting('threads')", "getvariable('x')", "current_database()", "random()",
            "sleep_ms(1)", "nextval('x')", "write_log('x')", "pg_sleep(1)", "version()", "current_user()",
        )),
        (value("(SELECT max(content) FROM read_text('/x'))"), "`read_text` is not allowed"),
        (value("?"), "parameters have no value here"),
        ("SELECT profile_id,\n nope AS value FROM events", 'Referenced column "nope" not found'),
        ("SELECT count(*) FROM events", "it gives the columns count_star()"),
        ("SELECT events AS profile_id, 1 AS value FROM profiles", "profile_id is BIGINT, not UUID"),
        (value("'x'"), "value is VARCHAR, and `as` says number; CAST(… AS DOUBLE), or change `as`"),
        (value("now()"), "value is TIMESTAMP WITH TIME ZONE"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_and_told_where(sql: str, said: str):
    fault = check_sql(sql, ValueType.NUMBER)
    assert fault is not None
    assert said in fault


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("1e400", NOT_FINITE),
        ("CASE WHEN true THEN " * 700 + "1" + " END" * 700, TOO_DEEP),
        ("len(range(2000000000))", None),  # it would take all memory: the constant is not computed then
        ("length(strptime('2020', repeat('%Y', 100000000))::VARCHAR)", "Out of Memory Error: Allocation failure"),
        (" + ".join(["len(range(15000000))"] * 60), TOO_MUCH),
    ],
)  # fmt: skip
def test_a_statement_that_costs_too_much_to_read_leaves_the_engine_alone(expression: str, said: str | None):
    assert check_sql(value(expression), ValueType.NUMBER) == said
    assert check_sql(value(f"{len(expression)}"), ValueType.NUMBER) is None


def test_a_tree_that_may_be_read_is_read_by_the_engine_too():
    depth = 1
    while check_sql(_nested(depth), ValueType.NUMBER) is None:
        deepest, depth = _nested(depth), depth * 2
    assert depth > 8
    assert reads_of(deepest).views == {"profiles"}


def _nested(depth: int) -> str:
    return value("CASE WHEN true THEN " * depth + "1" + " END" * depth)


def test_only_what_is_named_is_read():
    assert reads_of(COUNT) == ({"events"}, {"profile_id"})
    assert reads_of(value("e.properties", "EVENTS e JOIN records USING (source)")) == (
        {"events", "records"}, {"profile_id", "e", "properties", "source"},
    )  # fmt: skip
    for whole in (
        "SELECT * FROM events",
        "SELECT to_json(e) FROM events e",
        "FROM events NATURAL JOIN profiles",
        "SELECT profile_id, #3 AS value FROM events",
        "SELECT a AS profile_id, c AS value FROM events AS e(a, b, c)",
        "SELECT profile_id, a AS value FROM (PIVOT identifiers ON namespace IN ('a') USING count(*))",
    ):
        assert reads_of(whole).columns is None
    assert {name for view in VIEWS.values() for name in view.columns} >= {"profile_id", "properties", "value"}
