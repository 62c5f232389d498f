"""Looking for events as Ibis expressions; what is wanted stands in DuckDB's variables."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportOperatorIssue=false
# pyright: reportGeneralTypeIssues=false
# (Ibis gives a column no more type than `Column`)

import ibis
import ibis.expr.types as ir

from weft.storage.duckdb_events import FOUND_MOST, EventsSql
from weft.storage.ibis_functions import getvariable
from weft.storage.ibis_statement import select, table

SHOWN = (
    "position",
    "message_id",
    "type",
    "name",
    "occurred_at",
    "received_at",
    "source",
    "identifiers",
    "properties",
    "context",
    "consent",
    "record_id",
)


def events_sql() -> EventsSql:
    """Compile what is asked."""
    event = table("event")
    found = _found(event)
    text = getvariable("wanted_text").lower()
    named = found.identifiers.filter(lambda each: each.value.lower().contains(text)).length() > 0
    place = getvariable("place").cast("int64")
    refused, again = table("quarantine"), table("quarantine_replayed")
    at = refused.filter(refused.position == place)
    joined = at.left_join(again, "position")
    return EventsSql(
        found=select(_newest(found)),
        found_by_text=select(_newest(found.filter(named))),
        at=select(event.filter(event.position == place).select(*SHOWN)),
        refused_at=select(
            joined.select(
                "position", "reason", "detail", "received_at", "source", "name", "body", "replayed_at"
            )
        ),
    )


def _found(event: ir.Table) -> ir.Table:
    conditions = [
        event.position > getvariable("after").cast("int64"),
        event.position < getvariable("before").cast("int64"),
    ]
    for column in ("type", "name", "source"):
        wanted = getvariable(f"wanted_{column}")
        conditions.append((wanted == "") | (event[column] == wanted))
    return event.filter(conditions)


def _newest(found: ir.Table) -> ir.Table:
    return found.select(*SHOWN).order_by(ibis.desc("position")).limit(FOUND_MOST)
