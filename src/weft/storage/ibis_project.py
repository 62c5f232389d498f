"""The statements of the project worker as Ibis expressions."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportOperatorIssue=false
# pyright: reportGeneralTypeIssues=false
# (Ibis gives a column no more type than `Column`)

import ibis
import ibis.expr.types as ir

from weft.storage.defined import Defined
from weft.storage.duckdb_project import ProjectSql
from weft.storage.duckdb_schema import EVENT
from weft.storage.ibis_compiled import CLOCK, TEXTS, Compiled, compiled_of
from weft.storage.ibis_property import column_type
from weft.storage.ibis_statement import create_temporary_like, insert_into, select

FACT_COLUMNS = [name for name in EVENT if name not in ("identifiers", "context")]

RESTATED_NODES = ibis.table({"node_id": "uuid"}, name="restated")


def project_sql(defined: Defined) -> ProjectSql:
    """Compile once for a set of definitions."""
    compiled = compiled_of(defined)
    facts, clock = facts_table(compiled), ibis.table(CLOCK, name="clock")
    encoded = ibis.table(TEXTS, name="encoded")
    owned = ibis.table({"profile_id": "uuid", "owned_node": "uuid"}, name="owned")
    merged = ibis.table(compiled.state_schema, name="merged")
    states = owned.left_join(merged, owned.owned_node == merged.node_id).drop("owned_node")
    return ProjectSql(
        tables=tuple(
            create_temporary_like(relation) for relation in (clock, encoded, owned, merged, RESTATED_NODES)
        ),
        states=select(compiled.encode(compiled.state_from_facts(facts, clock))),
        merge=insert_into("merged", compiled.merge_states(compiled.decode(encoded), clock)),
        texts=select(compiled.encode(merged)),
        outcomes=select(compiled.evaluate(states, clock)),
    )


def facts_table(compiled: Compiled) -> ir.Table:
    """Return the relation `facts` with the typed columns that the definitions use."""
    columns = {name: EVENT[name] for name in FACT_COLUMNS}
    typed = {column.column_name: column_type(column) for column in compiled.property_columns}
    return ibis.table(columns | typed, name="facts")
