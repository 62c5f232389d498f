"""The statements of the rebuild as Ibis expressions."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportOperatorIssue=false
# (Ibis gives a column no more type than `Column`)

import ibis

from weft.storage.defined import Defined
from weft.storage.duckdb_rebuild import RebuildSql
from weft.storage.ibis_compiled import CLOCK, compiled_of
from weft.storage.ibis_project import facts_table
from weft.storage.ibis_statement import create_temporary, select


def rebuild_sql(defined: Defined) -> RebuildSql:
    """Compile for a set of definitions."""
    compiled = compiled_of(defined)
    facts, clock = facts_table(compiled), ibis.table(CLOCK, name="clock")
    wanted = ibis.table({"slice": "int32"}, name="slice_number")
    state = ibis.table({"slice": "int32"} | dict(compiled.state_schema), name="sliced_state")
    node = ibis.table({"slice": "int32", "node_id": "uuid", "profile_id": "uuid"}, name="sliced_node")
    states = state.semi_join(wanted, "slice").drop("slice")
    owned = node.semi_join(wanted, "slice").select("profile_id", owned_node=node.node_id)
    placed = owned.left_join(states, owned.owned_node == states.node_id).drop("owned_node")
    return RebuildSql(
        states=create_temporary("rebuilt_state", compiled.state_from_facts(facts, clock)),
        texts=select(compiled.encode(states)),
        evaluate=select(compiled.evaluate(placed, clock)),
    )
