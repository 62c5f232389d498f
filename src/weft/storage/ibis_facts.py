"""What the API asks of the warehouse as Ibis expressions."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportOperatorIssue=false
# pyright: reportGeneralTypeIssues=false
# (Ibis gives a column no more type than `Column`)

from datetime import datetime, timedelta

import ibis
import ibis.expr.types as ir

from weft.model.profile import TimelineQuery
from weft.storage.duckdb_facts import FactsSql, time_of
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


def timeline_sql(query: TimelineQuery, between: tuple[datetime, datetime], idle: timedelta) -> str:
    """Return the newest facts of the nodes in `wanted`, with their sessions. between: when there are any.

    The wide columns are read last, of the rows that are shown. Bounds of time let whole row groups be passed over.
    """
    event, wanted = table("event"), ibis.table({"node_id": "uuid"}, name="wanted")
    first, last = (ibis.literal(time) for time in between)
    known = event.filter(event.occurred_at >= first, event.occurred_at <= last).anti_join(
        table("superseded"), "position"
    )
    narrow = known.semi_join(wanted, "node_id").select(
        "position", "message_id", "type", "name", "occurred_at", "source"
    )
    mine = with_sessions(narrow, idle)
    for column in ("type", "name", "source"):
        only = getattr(query, column)
        if only is not None:
            mine = mine.filter(mine[column] == only)
    if query.before is not None:
        at, position = ibis.literal(time_of(query.before[0])), query.before[1]
        mine = mine.filter((mine.occurred_at < at) | ((mine.occurred_at == at) & (mine.position < position)))
    newest = [ibis.desc("occurred_at"), ibis.desc("position")]
    page = mine.order_by(newest).limit(query.limit).select("position", "session")
    return select(event.inner_join(page, "position").order_by(newest))


def named_sql(event_name: str, limit: int) -> str:
    """Return the newest `track` events of a name."""
    event = table("event")
    mine = event.filter(event.type == "track", event.name == event_name).anti_join(
        table("superseded"), "position"
    )
    newest = [ibis.desc("position")]
    page = mine.select("position").order_by(newest).limit(limit)
    return select(event.semi_join(page, "position").mutate(session=ibis.literal("")).order_by(newest))


def origins_sql(first: datetime, last: datetime) -> str:
    """Return where the events whose keys are in `wanted` came from."""
    event, wanted = table("event"), ibis.table({"message_key": "uuid"}, name="wanted")
    near = event.filter(event.occurred_at >= ibis.literal(first), event.occurred_at <= ibis.literal(last))
    return select(
        near.semi_join(wanted, "message_key").select("message_key", "message_id", "source", "position")
    )


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
    return (
        seen.group_by(LEARNED)
        .agg(
            count=count,
            example=example.fill_null(""),
            first_seen_at=seen["first_seen_at"].min(),
            last_seen_at=seen["last_seen_at"].max(),
        )
        .order_by(LEARNED)
    )


def _waiting() -> ir.Table:
    return table("quarantine").anti_join(table("quarantine_replayed"), "position")
