"""The statements of the project worker as Ibis expressions."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportOperatorIssue=false
# pyright: reportGeneralTypeIssues=false
# (Ibis gives a column no more type than `Column`)

import ibis
import ibis.expr.types as ir

from weft.storage.defined import Defined
from weft.storage.duckdb_evaluate import EvaluateSql
from weft.storage.duckdb_schema import EVENT
from weft.storage.ibis_compiled import FACTS, TEXTS, Compiled, compiled_of
from weft.storage.ibis_property import column_type
from weft.storage.ibis_statement import create_temporary_like, insert_into, prepared, select

FACT_COLUMNS = [name for name in EVENT if name not in ("identifiers", "context")]


def evaluate_sql(defined: Defined) -> EvaluateSql:
    """Compile what the evaluator runs."""
    compiled = compiled_of(defined)
    typed = {column.column_name: column_type(column) for column in compiled.property_columns}
    facts, clock = ibis.table(FACTS | typed, name="facts"), ibis.table(compiled.clock_schema, name="clock")
    given, zones = (
        ibis.table(compiled.given_schema, name="given"),
        ibis.table(compiled.zones_schema, name="zones"),
    )
    encoded = ibis.table(TEXTS, name="encoded")
    owned = ibis.table({"profile_id": "uuid", "owned_node": "uuid"}, name="owned")
    gathered = ibis.table(compiled.state_schema, name="gathered")
    merged = ibis.table(compiled.state_schema, name="merged")
    before = compiled.decode(encoded)
    gather = compiled.gather(facts, compiled.measures)
    states = owned.left_join(merged, owned.owned_node == merged.node_id).drop("owned_node")
    return EvaluateSql(
        facts=tuple(facts.columns),
        tables=tuple(
            create_temporary_like(relation)
            for relation in (clock, zones, given, facts, encoded, owned, gathered, merged)
        ),
        prepare=(
            prepared("gather", insert_into("gathered", gather)),
            prepared("merge", insert_into("merged", compiled.merge_states(gathered.union(before), clock))),
            prepared("texts", select(compiled.encode(merged))),
            prepared("outcomes", select(compiled.evaluate(states, given, clock, zones))),
        ),
    )


def facts_table(compiled: Compiled) -> ir.Table:
    """Return the relation `facts` with the typed columns that the definitions use."""
    columns = {name: EVENT[name] for name in FACT_COLUMNS}
    typed = {column.column_name: column_type(column) for column in compiled.property_columns}
    return ibis.table(columns | typed, name="facts")
