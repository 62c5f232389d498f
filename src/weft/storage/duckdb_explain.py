"""Explaining one profile: its facts, known now or at a moment, through the compiled expressions in a small DuckDB."""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from weft.clock import utc_of
from weft.model.audience import Audience
from weft.model.measure import Measure
from weft.model.trait import Trait
from weft.storage.arrow_frame import clock_table, zones_of
from weft.storage.defined import Defined
from weft.storage.duckdb_arrow import fetch, registered, uuid_array
from weft.storage.duckdb_evaluate import outcome_reader
from weft.storage.duckdb_places import set_upto
from weft.storage.duckdb_warehouse import Warehouse

INSERT: Mapping[str, str] = MappingProxyType(
    {
        "raw": "INSERT INTO raw BY NAME FROM rows",
        "clock": "INSERT INTO clock BY NAME FROM rows",
        "given": "INSERT INTO given BY NAME FROM rows",
        "zones": "INSERT INTO zones BY NAME FROM rows",
        "owner": "INSERT INTO owner BY NAME FROM rows",
    }
)
RULES_MOST = 256
"""Rules whose statements are kept: to make them takes longer than to run them."""
TOGETHER = 40
"""Facts read by one statement. Of up to 50 positions DuckDB looks where each is; of more it only takes the first and
the last, and reads all that lies between them: 315 facts among 20,000,000 took 1.5 s, in eight parts 0.4 s."""
SCATTERED_MOST = 1_000
"""More facts are read at once, by going through everything."""
SET_KNOWN_AT = "SET VARIABLE known_at = ?"


class KnownFactsSql(NamedTuple):
    """The statements that say where the facts of some nodes are, those that count now and those that did at a moment,
    and that read facts.
    """

    now: str
    then: str
    facts: str


class ExplainSql(NamedTuple):
    """The statements that evaluate a set of definitions for one profile; behind: what names the facts behind its
    measures, in their order, or nothing.
    """

    raw: tuple[str, ...]
    tables: tuple[str, ...]
    fill: str
    evaluate: str
    behind: tuple[str, ...]


class Behind(NamedTuple):
    """The facts behind a measure: how many, and the positions of the newest."""

    many: int
    positions: tuple[int, ...]


class Explained(NamedTuple):
    """What definitions come to for one profile. due_us: when that may change by itself."""

    traits: dict[str, Any]
    audiences: Collection[str]
    due_us: int | None
    behind: Mapping[Measure, Behind]


def known_facts(warehouse: Warehouse, nodes: Sequence[bytes], at_us: int | None) -> pa.Table:
    """Return the facts of nodes as they are known now, or were at a moment (microseconds since 1970 UTC)."""

    def make() -> KnownFactsSql:
        from weft.storage.ibis_explain import known_facts_sql

        return known_facts_sql()

    sql = warehouse.statements(KnownFactsSql, None, make)
    cursor = warehouse.cursor()
    set_upto(cursor)
    if at_us is not None:
        cursor.execute(SET_KNOWN_AT, [utc_of(at_us).isoformat(" ")])
    with registered(cursor, "wanted", pa.table([uuid_array(nodes)], names=["node_id"])):
        places = fetch(cursor, sql.now if at_us is None else sql.then)
    count = places.num_rows
    together = TOGETHER if count <= SCATTERED_MOST else count
    parts: list[pa.Table] = []
    for start in range(0, max(count, 1), together):
        with registered(cursor, "chosen", places.slice(start, together)):
            parts.append(fetch(cursor, sql.facts))
    return pa.concat_tables(parts)


def explain(
    small: duckdb.DuckDBPyConnection,
    sql: ExplainSql,
    defined: Defined,
    profile: bytes,
    facts: pa.Table,
    given: pa.Table,
    now_us: int,
    thresholds: Mapping[str, float],
) -> Explained:
    """Evaluate definitions, for which the statements were made, over the facts of one profile at a moment."""
    rows = {
        "raw": facts.select(list(sql.raw)),
        "clock": clock_table(defined, now_us, thresholds),
        "given": given,
        "zones": zones_of(defined, given, now_us),
        "owner": pa.table([uuid_array([profile])], names=["profile_id"]),
    }
    with small.cursor() as cursor:
        for statement in sql.tables:
            cursor.execute(statement)
        for name, table in rows.items():
            if table.num_rows:
                with registered(cursor, "rows", table):
                    cursor.execute(INSERT[name])
        cursor.execute(sql.fill)
        outcomes = fetch(cursor, sql.evaluate)
        (outcome,) = outcome_reader(defined)(outcomes).values()
        named = {
            measure: _behind(fetch(cursor, statement))
            for measure, statement in zip(defined.measures, sql.behind, strict=False)
        }
    return Explained(outcome.traits, outcome.audiences, outcome.due_us, named)


def statements_of(warehouse: Warehouse, defined: Defined) -> ExplainSql:
    """Return the statements for the definitions of a workspace, kept beside the warehouse, without those behind."""

    def make() -> ExplainSql:
        from weft.storage.ibis_explain import explain_sql

        return explain_sql(defined, behind=False)

    return warehouse.statements(ExplainSql, defined.content, make)


@lru_cache(maxsize=RULES_MOST)
def statements_behind(traits: tuple[Trait, ...], audiences: tuple[Audience, ...]) -> ExplainSql:
    """Return the statements for the clauses of a rule, with those that name the facts behind its measures."""
    from weft.storage.ibis_explain import explain_sql

    return explain_sql(Defined(traits, audiences), behind=True)


def _behind(rows: pa.Table) -> Behind:
    positions = rows["position"].to_pylist()
    return Behind(int(rows["many"][0].as_py()) if positions else 0, tuple(positions))
