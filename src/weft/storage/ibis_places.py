"""Where the facts of nodes are, as an Ibis expression."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportOperatorIssue=false
# (Ibis gives a column no more type than `Column`)

import ibis
import ibis.expr.types as ir

from weft.storage.ibis_functions import getvariable
from weft.storage.ibis_statement import table

COLUMNS = ("position", "occurred_at", "node_id")


def places_of(wanted: ir.Table) -> ir.Table:
    """Return position, time and node of the facts whose node is in `wanted`: in the sorted copy, then behind its end.

    Reads how far the copy reaches from DuckDB's variable `sorted_upto`. The copy keeps the node that a fact had; where
    a late log-in gave it to another, `restayed` knows better.
    """
    event, copy, restayed = table("event"), table("event_of_node"), table("restayed")
    upto = getvariable("sorted_upto").cast("int64")
    newest = ibis.row_number().over(group_by=restayed.position, order_by=ibis.desc(restayed.by_position))
    now = restayed.filter(restayed.position <= upto).mutate(turn=newest).filter(lambda row: row.turn == 0)
    early = copy.filter(copy.position <= upto).anti_join(restayed, "position")
    late = event.filter(event.position > upto)
    each = [part.semi_join(wanted, "node_id").select(COLUMNS) for part in (early, now, late)]
    return each[0].union(each[1]).union(each[2])
