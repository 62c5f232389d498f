"""The statements of the rebuild as Ibis expressions."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportOperatorIssue=false
# (Ibis gives a column no more type than `Column`)

from collections import defaultdict
from itertools import chain

import ibis
import ibis.expr.types as ir

from weft.model.measure import Measure, Source
from weft.storage.defined import Defined
from weft.storage.duckdb_rebuild import RebuildSql
from weft.storage.ibis_compiled import Compiled, compiled_of
from weft.storage.ibis_functions import epoch_us
from weft.storage.ibis_project import facts_table
from weft.storage.ibis_state import text
from weft.storage.ibis_statement import create_temporary, select

NODE = {"slice": "int32", "node_id": "uuid", "profile_id": "uuid", "namespace": "string", "value": "string"}
PARTS_MOST = 16
"""Ibis nests a join in the next, and some 45 of them are deeper than Python goes."""
COUNTED = {"events": "int64", "first_us": "int64", "last_us": "int64"}


def rebuild_sql(defined: Defined) -> RebuildSql:
    """Compile for a set of definitions."""
    compiled = compiled_of(defined)
    clock = ibis.table(compiled.clock_schema, name="clock")
    given, zones = (
        ibis.table(schema, name=name)
        for schema, name in ((compiled.given_schema, "given"), (compiled.zones_schema, "zones"))
    )
    wanted = ibis.table({"slice": "int32"}, name="slice_number")
    state = ibis.table(NODE | COUNTED | dict(compiled.state_schema), name="sliced_state")
    sliced = state.semi_join(wanted, "slice")
    told = [name for name in (*NODE, *COUNTED) if name != "slice"]
    nodes = sliced.select(*told, state=text(sliced, compiled.measures))
    placed = sliced.drop(*(name for name in (*NODE, *COUNTED) if name != "profile_id"))
    return RebuildSql(
        states=create_temporary("sliced_state", _states(compiled, clock).order_by("slice")),
        nodes=select(nodes.order_by("profile_id", "node_id")),
        evaluate=select(compiled.evaluate(placed, given, clock, zones)),
    )


def _states(compiled: Compiled, clock: ir.Table) -> ir.Table:
    """Return every node with what its facts come to.

    Each source's facts are gathered by themselves: a fact then passes through the few measures of its source, not
    through all, which halves the cost. Of many sources some are gathered together: each part is one more join.
    """
    facts = facts_table(compiled)
    at_us = epoch_us(facts["occurred_at"])
    counted = facts.group_by("node_id").agg(events=facts.count(), first_us=at_us.min(), last_us=at_us.max())
    measures: defaultdict[Source, list[Measure]] = defaultdict(list)
    for measure in compiled.measures:
        measures[measure.source].append(measure)
    states = ibis.table(NODE, name="portion_node")
    parts = [
        list(chain.from_iterable([*measures.values()][first::PARTS_MOST])) for first in range(PARTS_MOST)
    ]
    gathered = [compiled.state_from_facts(facts, clock, part) for part in parts if part]
    for part in (counted, *gathered):
        states = states.left_join(part, "node_id").drop("node_id_right")
    return states
