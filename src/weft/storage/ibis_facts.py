"""What the API asks of the warehouse as Ibis expressions."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportOperatorIssue=false
# pyright: reportGeneralTypeIssues=false
# (Ibis gives a column no more type than `Column`)

from collections.abc import Iterable
from datetime import datetime

import ibis
import ibis.expr.types as ir

from weft.storage.duckdb_facts import FactsSql
from weft.storage.ibis_functions import getvariable, whole_sum
from weft.storage.ibis_places import places_of
from weft.storage.ibis_statement import insert_into, select, table

DAY_SECONDS = 86_400
HOLDERS_MOST = 100
SHOWN = (
    *("position", "message_id", "type", "name", "occurred_at", "received_at"),
    *("source", "properties", "context"),
)
LEARNED = ("type", "name", "property", "json_type")


def facts_sql() -> FactsSql:
    """Compile what has no parameters."""
    waiting, again = _waiting(), table("quarantine_replayed")
    return FactsSql(
        refused=select(waiting.group_by("reason").agg(count=waiting.count())),
        replayed=select(again),
        restore_replayed=insert_into("quarantine_replayed", ibis.table(again.schema(), name="kept")),
        learned=select(_learned(table("catalogue"))),
        origins=select(_origins()),
        places=select(_places()),
        fitting=select(_fitting()),
        shown=select(_at_wanted().select(SHOWN)),
        holders=select(_holders()),
    )


def named_sql(event_name: str, limit: int) -> str:
    """Return the newest `track` events of a name."""
    event = table("event")
    mine = event.filter(event.type == "track", event.name == event_name).anti_join(
        table("superseded"), "position"
    )
    newest = [ibis.desc("position")]
    page = mine.select("position").order_by(newest).limit(limit)
    return select(event.semi_join(page, "position").mutate(session=ibis.literal("")).order_by(newest))


def latest_sql(after_position: int, limit: int) -> str:
    """Return the newest events of anyone."""
    event = table("event")
    newest = event.filter(event.position > after_position).mutate(session=ibis.literal(""))
    return select(newest.order_by(ibis.desc("position")).limit(limit))


def volumes_sql(since: datetime) -> str:
    """Return how many events of each name occurred on each day since then."""
    event = table("event")
    recent = event.filter(event.occurred_at >= ibis.literal(since))
    day = recent.occurred_at.epoch_seconds().cast("int64") // DAY_SECONDS
    counted = recent.group_by("type", "name", day=day).agg(count=recent.count())
    return select(counted.mutate(day=counted.day.cast("int64")))


def refused_sql(after: int, limit: int, reason: str | None, source: str | None) -> str:
    """Return refused events that were not sent again, in the order of positions."""
    waiting = _waiting()
    waiting = waiting.filter(waiting.position > after)
    if reason is not None:
        waiting = waiting.filter(waiting.reason == reason)
    if source is not None:
        waiting = waiting.filter(waiting.source == source)
    return select(waiting.order_by("position").limit(limit))


def _origins() -> ir.Table:
    """Return where the events whose keys are in `wanted` came from."""
    event, wanted = table("event"), ibis.table({"message_key": "uuid"}, name="wanted")
    first, last = _bounds()
    near = event.filter(event.occurred_at >= first, event.occurred_at <= last)
    return near.semi_join(wanted, "message_key").select("message_key", "message_id", "source", "position")


def _bounds() -> Iterable[ir.Value]:
    return (getvariable(name).cast("timestamp") for name in ("first", "last"))


def _places() -> ir.Table:
    """Return where and when the facts of the nodes in `wanted` are."""
    places = places_of(ibis.table({"node_id": "uuid"}, name="wanted"))
    return places.anti_join(table("superseded"), "position").select("position", "occurred_at")


def _at_wanted() -> ir.Table:
    """Return the events at the positions in `wanted`; what of them is selected decides the cost."""
    return table("event").semi_join(ibis.table({"position": "int64"}, name="wanted"), "position")


def _holders() -> ir.Table:
    """Return whose a record is. Events have no record id, and records of an import stand together: a short scan."""
    event = table("event")
    records = event.filter(event.record_id == getvariable("wanted_record").cast("string"))
    return records.select("node_id").distinct().limit(HOLDERS_MOST)


def _fitting() -> ir.Table:
    """Return which of the positions in `wanted` hold what is wanted."""
    mine = _at_wanted()
    for column in ("type", "name", "source"):
        only = getvariable(f"wanted_{column}")
        mine = mine.filter((only == "") | (mine[column] == only))
    return mine.select("position")


def _learned(seen: ir.Table) -> ir.Table:
    """Add up what was seen of each property; it has several rows until they are folded."""
    example = seen["example"].argmin(seen["first_seen_at"], where=seen["example"] != "")
    count = whole_sum(seen["count"])
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
