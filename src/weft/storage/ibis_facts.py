"""What the API asks of the warehouse as Ibis expressions."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportOperatorIssue=false
# pyright: reportGeneralTypeIssues=false
# (Ibis gives a column no more type than `Column`)

from datetime import timedelta

import ibis
import ibis.expr.types as ir

from weft.storage.duckdb_facts import FactsSql
from weft.storage.ibis_statement import insert_into, select, table

LEARNED = ("type", "name", "property", "json_type")


def facts_sql() -> FactsSql:
    """Compile what has no parameters."""
    waiting, again = _waiting(), table("quarantine_replayed")
    return FactsSql(
        refused=select(waiting.group_by("reason").agg(count=waiting.count())),
        replayed=select(again),
        restore_replayed=insert_into("quarantine_replayed", ibis.table(again.schema(), name="kept")),
        learned=select(_learned(table("catalogue"))),
    )


def timeline_sql(before_position: int | None, limit: int, idle: timedelta) -> str:
    """Return the newest facts of the nodes in `wanted`, with their sessions."""
    event, wanted = table("event"), ibis.table({"node_id": "uuid"}, name="wanted")
    facts = event.anti_join(table("superseded"), "position")
    mine = with_sessions(facts.semi_join(wanted, "node_id"), idle)
    if before_position is not None:
        mine = mine.filter(mine.position < before_position)
    return select(mine.order_by(ibis.desc("occurred_at"), ibis.desc("position")).limit(limit))


def latest_sql(after_position: int, limit: int) -> str:
    """Return the newest events of anyone."""
    event = table("event")
    newest = event.filter(event.position > after_position).mutate(session=ibis.literal(""))
    return select(newest.order_by(ibis.desc("position")).limit(limit))


def refused_sql(after: int, limit: int, reason: str | None, source: str | None) -> str:
    """Return refused events that were not sent again, in the order of positions."""
    waiting = _waiting()
    waiting = waiting.filter(waiting.position > after)
    if reason is not None:
        waiting = waiting.filter(waiting.reason == reason)
    if source is not None:
        waiting = waiting.filter(waiting.source == source)
    return select(waiting.order_by("position").limit(limit))


def with_sessions(event: ir.Table, idle: timedelta) -> ir.Table:
    """Add `session`: the message_id that began it. A pause of `idle` ends a session; the events are of one profile."""
    order = ["occurred_at", "position"]
    before = event.occurred_at.lag().over(order_by=order)
    begins = before.isnull() | (event.occurred_at - before > ibis.literal(idle))
    marked = event.mutate(begins=begins.cast("int64"))
    numbered = marked.mutate(number=marked.begins.sum().over(order_by=order, rows=(None, 0)))
    inside = ibis.window(group_by="number", order_by=order)
    return numbered.mutate(session=numbered.message_id.first().over(inside)).drop("number", "begins")


def _learned(seen: ir.Table) -> ir.Table:
    """Add up what was seen of each property; it has several rows until they are folded."""
    example = seen["example"].argmin(seen["first_seen_at"], where=seen["example"] != "")
    count = seen["count"].sum().cast("decimal(38, 0)").cast("int64")
    return seen.group_by(LEARNED).agg(count=count, example=example.fill_null("")).order_by(LEARNED)


def _waiting() -> ir.Table:
    return table("quarantine").anti_join(table("quarantine_replayed"), "position")
