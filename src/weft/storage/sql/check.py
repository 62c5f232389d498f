"""What keeps a statement from being the SQL of a trait: told by DuckDB's own parser and binder, over empty views.

Nothing is run, but the binder computes constants, whatever they cost (`len(range(2000000000))`). So `python -m` this is
the process that the engine asks (`weft.storage.sql.checker`). What this overlooked, the process that runs the statement
refuses (`weft.storage.sql.sandbox`).
"""

import re
import resource
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import duckdb
import msgspec

from weft.language.strict import nearest
from weft.model.measure import ValueType
from weft.storage.sql.sandbox import CONFIG, LOCKS, MEGABYTE, limit, said
from weft.storage.sql.views import VIEWS

MEMORY = "200MB"
SPACE_BYTES = 1_500 * MEGABYTE
CPU_SECONDS = 3
FRAMES = 600
"""How deep a tree may be, in frames of the interpreter: fewer than the engine has left, which reads it again."""
TOO_DEEP = "it is nested too deep to be read; name its parts with WITH"
NOT_FINITE = "it has a number that is too large for a DOUBLE, such as 1e400; write a smaller one"

PARSE = "SELECT json_serialize_sql(?)"
FUNCTIONS = """
SELECT function_name, coalesce(stability, ''), function_type FROM duckdb_functions()
WHERE function_type IN ('scalar', 'aggregate', 'macro')
"""
TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series", "json_each", "json_tree"})
FROM = frozenset(
    {"BASE_TABLE", "TABLE_FUNCTION", "JOIN", "SUBQUERY", "EMPTY_FROM", "EMPTY", "EXPRESSION_LIST", "PIVOT", "CTE",
     "COLUMN_DATA"}
)  # fmt: skip
OF_THE_ENGINE = re.compile(
    "pg_.*|has_.*|inet_.*|current_(?!date|time|localtime).*|.*_description|format_(pg_)?type|map_to_pg_oid|user|"
    "session_user|get_block_size|getvariable|in_search_path|txid_current|version|json_(de)?serialize_.*|"
    "json_execute_.*|parse_duckdb_log_message|regexp_split_to_table|generate_subscripts|finalize|combine|alias|stats"
)
"""Functions that tell of DuckDB and its settings, not of the rows."""
TYPES: Mapping[ValueType, re.Pattern[str]] = {
    ValueType.NUMBER: re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|DECIMAL\(.*\)"),
    ValueType.TEXT: re.compile("VARCHAR|UUID|ENUM.*"),
    ValueType.BOOLEAN: re.compile("BOOLEAN"),
    ValueType.TIME: re.compile("DATE|TIMESTAMP.*"),
    ValueType.LIST: re.compile(r"VARCHAR\[\]"),
}
CASTS: Mapping[ValueType, str] = {
    ValueType.NUMBER: "DOUBLE", ValueType.TEXT: "VARCHAR", ValueType.BOOLEAN: "BOOLEAN",
    ValueType.TIME: "TIMESTAMP", ValueType.LIST: "VARCHAR[]",
}  # fmt: skip
NO_SELECT = "it is no SELECT; write one SELECT that gives profile_id and value"
ID_TYPES = ("UUID", "VARCHAR")
COLUMNS = ("profile_id", "value")


class Reads(NamedTuple):
    """What a statement reads. columns: the names that occur in it, None for every one (`*`)."""

    views: frozenset[str]
    columns: frozenset[str] | None


class Question(msgspec.Struct, frozen=True):
    """A statement, and what it is to give."""

    sql: str
    kind: ValueType


def main() -> int:
    """Answer each question on stdin with a line on stdout: the fault, or null. Ends with the engine."""
    sys.setrecursionlimit(FRAMES)
    limit(resource.RLIMIT_AS, SPACE_BYTES)
    for line in sys.stdin.buffer:
        asked = msgspec.json.decode(line, type=Question)
        spent = resource.getrusage(resource.RUSAGE_SELF)
        limit(resource.RLIMIT_CPU, int(spent.ru_utime + spent.ru_stime) + CPU_SECONDS)
        sys.stdout.buffer.write(msgspec.json.encode(fault_of(asked.sql, asked.kind)) + b"\n")
        sys.stdout.buffer.flush()
    return 0


def fault_of(sql: str, kind: ValueType) -> str | None:
    """Say what keeps a statement from giving values of a type; None where nothing does."""
    try:
        with _connected() as connection:
            fault = next(_faults(sql, _parsed(connection, sql)), None)
            return fault or _bound(connection, sql, kind)
    except _UnparsedError as error:
        return str(error)


def reads_of(sql: str) -> Reads:
    """Return what a checked statement reads."""
    with _connected() as connection:
        nodes = list(_nodes(_parsed(connection, sql)))
    tables = [node for node in nodes if node.get("type") == "BASE_TABLE"]
    views = frozenset(str(node["table_name"]).lower() for node in tables) & VIEWS.keys()
    rows = views | {str(node["alias"]).lower() for node in tables}  # each is the name of a whole row too
    if any(_by_place(node) for node in nodes):
        return Reads(views, None)
    columns: set[str] = set()
    for node in nodes:
        names = [
            str(name).lower() for name in (*node.get("column_names", ()), *node.get("using_columns", ()))
        ]
        whole = node.get("class") == "STAR" or node.get("ref_type") == "NATURAL"
        if whole or (len(names) == 1 and names[0] in rows):
            return Reads(views, None)
        columns.update(names)
    return Reads(views, frozenset(columns))


def _by_place(node: Mapping[str, Any]) -> bool:
    """Tell if a part takes columns by their place, or those that are left: `#2`, `events AS e(a, b)`, PIVOT."""
    if node.get("type") == "BASE_TABLE":
        return bool(node.get("column_name_alias"))
    return node.get("type") in ("POSITIONAL_REFERENCE", "PIVOT")


class _UnparsedError(ValueError):
    """What DuckDB's parser says against a text."""


def _connected() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config={**CONFIG, "memory_limit": MEMORY})
    for statement in LOCKS:
        connection.execute(statement)
    return connection


def _parsed(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, Any]:
    row = connection.execute(PARSE, [sql]).fetchone()
    assert row is not None
    try:
        read: dict[str, Any] = msgspec.json.decode(row[0])
    except RecursionError:
        raise _UnparsedError(TOO_DEEP) from None
    except msgspec.DecodeError:  # DuckDB writes `Infinity`
        raise _UnparsedError(NOT_FINITE) from None
    if read["error"]:
        if read.get("error_type") == "parser":
            raise _UnparsedError(f"{_line(sql, read.get('position'))}{read['error_message']}")
        raise _UnparsedError(NO_SELECT)
    if len(read["statements"]) != 1:
        raise _UnparsedError(f"it is {len(read['statements'])} statements; write one SELECT")
    return read["statements"][0]


def _faults(sql: str, statement: dict[str, Any]) -> Iterator[str]:
    nodes = list(_nodes(statement))
    named = {str(each["key"]).lower() for node in nodes for each in _named(node)}
    for node in nodes:
        said = _fault(node, named)
        if said is not None:
            yield _line(sql, node.get("query_location")) + said


def _fault(node: Mapping[str, Any], named: set[str]) -> str | None:
    match node:
        case {"type": "BASE_TABLE", "table_name": str(table)}:
            if node.get("schema_name") or node.get("catalog_name"):
                return f"`{table}` is named with a schema; name a view: {', '.join(VIEWS)}"
            known = table.lower() in VIEWS or table.lower() in named
            return None if known else f"no view is called `{table[:80]}`{nearest(table, VIEWS)}"
        case {"type": "TABLE_FUNCTION", "function": {"function_name": str(function)}}:
            if function.lower() in TABLE_FUNCTIONS:
                return None
            return f"`{function}` is not allowed; read the views {', '.join(VIEWS)}"
        case {"class": "FUNCTION" | "WINDOW", "function_name": str(function)}:
            allowed = function.lower() in _functions() | TABLE_FUNCTIONS
            return None if allowed else f"the function `{function}` is not allowed or does not exist"
        case {"class": "PARAMETER"}:
            return "parameters have no value here; write the value"
        case {"from_table": {"type": "SHOW_REF"}}:
            return NO_SELECT
        case {"from_table": {"type": str(kind)}} if kind not in FROM:
            return f"`FROM` has what is not allowed ({kind.lower()}); read the views {', '.join(VIEWS)}"
        case _:
            return None


def _bound(connection: duckdb.DuckDBPyConnection, sql: str, kind: ValueType) -> str | None:
    """Say what DuckDB's binder has against a statement: unknown columns, types that do not go together."""
    for name, view in VIEWS.items():
        nothing = duckdb.ConstantExpression(None)
        columns = [nothing.cast(connection.type(each)).alias(column) for column, each in view.columns.items()]
        connection.sql("SELECT 1").select(*columns).create_view(name)
    try:
        found = connection.sql(sql)
    except duckdb.Error as error:
        return said(error)
    columns = dict(zip((name.lower() for name in found.columns), map(str, found.types), strict=True))
    if sorted(columns) != sorted(COLUMNS):
        return f"it gives the columns {', '.join(found.columns)}; name them `profile_id` and `value`, and no others"
    if columns["profile_id"] not in ID_TYPES:
        return f"profile_id is {columns['profile_id']}, not UUID; take it from a view"
    if not TYPES[kind].fullmatch(columns["value"]):
        return f"value is {columns['value']}, and `as` says {kind}; CAST(… AS {CASTS[kind]}), or change `as`"
    return None


@cache
def _functions() -> frozenset[str]:
    """Return the functions that a statement may use: those that only look at their operands, and at the time."""
    with duckdb.connect(":memory:") as connection:
        rows = connection.execute(FUNCTIONS).fetchall()
    good = {name for name, stability, _ in rows if stability != "VOLATILE"}
    return frozenset(name.lower() for name in good if not OF_THE_ENGINE.fullmatch(name))


def _named(node: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the named parts (WITH) of a query."""
    named = node.get("cte_map")
    return named["map"] if isinstance(named, dict) else []


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every mapping of the parser's tree."""
    left: list[Any] = [value]
    while left:
        each = left.pop()
        if isinstance(each, dict):
            yield each
            left += each.values()
        elif isinstance(each, list):
            left += each


def _line(sql: str, position: Any) -> str:
    """Return `line 3: ` for a place in bytes; nothing for none."""
    encoded = sql.encode()
    if not str(position).isdecimal() or int(position) >= len(encoded):
        return ""
    line = encoded.count(b"\n", 0, int(position)) + 1
    return f"line {line}: "


if __name__ == "__main__":
    sys.exit(main())
