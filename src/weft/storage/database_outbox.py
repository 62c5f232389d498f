"""The outbox: every act is in it once, for ever. A lease is the committed intent to send."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Update,
    bindparam,
    delete,
    select,
    update,
)

from weft.consent.gate import Cleared, require
from weft.model.delivery import Denial, Item, ItemState, Outcome, Settlement
from weft.storage.database import Key, metadata
from weft.storage.database_upsert import insert_new

DELETED_ITEMS_PER_CALL = 2_000

_SERIAL = BigInteger().with_variant(Integer, "sqlite")

outbox = Table(
    "outbox",
    metadata,
    Column("key", Key, primary_key=True),
    Column("destination", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("profile_id", Key, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("purpose", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("evidence", String, nullable=False),
    Column("cleared_us", BigInteger, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("enqueued_us", BigInteger, nullable=False),
    Column("due_us", BigInteger),
    Column("lease_owner", String),
    Column("lease_until_us", BigInteger),
    Column("settled_us", BigInteger),
    Column("error", String, nullable=False),
)
"""due_us is set while an item waits, lease_until_us while it is leased, settled_us at an end."""

for _name, _columns, _when in (
    ("outbox_due", (outbox.c.destination, outbox.c.due_us, outbox.c.number), outbox.c.due_us.is_not(None)),
    ("outbox_leased", (outbox.c.destination, outbox.c.lease_until_us), outbox.c.lease_until_us.is_not(None)),
    ("outbox_settled", (outbox.c.settled_us,), outbox.c.settled_us.is_not(None)),
):
    Index(_name, *_columns, sqlite_where=_when, postgresql_where=_when)
Index("outbox_by_state", outbox.c.destination, outbox.c.state)
Index("outbox_by_profile", outbox.c.profile_id)
Index("outbox_by_time", outbox.c.enqueued_us)

attempt = Table(
    "outbox_attempt",
    metadata,
    Column("attempt_id", _SERIAL, primary_key=True),
    Column("key", Key, nullable=False),
    Column("number", Integer, nullable=False),
    Column("outcome", String, nullable=False),
    Column("status", Integer, nullable=False),
    Column("error", String, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("latency_ms", Float, nullable=False),
)
"""Receipts: one row per attempt, no bodies."""
Index("outbox_attempt_by_key", attempt.c.key)

denial = Table(
    "decision_denied",
    metadata,
    Column("key", Key, primary_key=True),
    Column("stage", String, primary_key=True),
    Column("destination", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("profile_id", Key, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("purpose", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("at_us", BigInteger, nullable=False),
)
"""The decision ledger's refusals: one row per denied act and stage."""
Index("decision_denied_by_time", denial.c.at_us)
Index("decision_denied_by_profile", denial.c.profile_id)


class Waiting(msgspec.Struct, frozen=True):
    """An item that is due: enough of it to ask the gate."""

    item: Item
    purpose: str
    channel: str
    attempts: int


def enqueue(connection: Connection, acts: Sequence[tuple[Cleared, Item]], now_us: int) -> int:
    """Put cleared acts into the outbox; return how many are new. A known key changes nothing."""
    rows = [_row(cleared, item, now_us) for cleared, item in acts]
    if not rows:
        return 0
    return len(connection.execute(insert_new(outbox).returning(outbox.c.key), rows).all())


def record_denials(connection: Connection, denials: Sequence[Denial]) -> None:
    """Write refusals of the gate into the decision ledger; one that is there already stays as it is."""
    if not denials:
        return
    rows = [
        msgspec.structs.asdict(d) | {"key": d.key.bytes, "profile_id": d.profile_id.bytes} for d in denials
    ]
    connection.execute(insert_new(denial), rows)


def due(connection: Connection, destination: str, now_us: int, limit: int) -> list[Waiting]:
    """Return the items that wait longest and may be tried now. This reserves nothing."""
    rows = connection.execute(_DUE, {"destination": destination, "now_us": now_us, "rows": limit})
    return [
        Waiting(
            Item(UUID(bytes=key), destination, kind, UUID(bytes=profile_id), number, payload),
            purpose,
            channel,
            attempts,
        )
        for key, kind, profile_id, number, payload, purpose, channel, attempts in rows
    ]


def lease(
    connection: Connection, cleared: Mapping[UUID, Cleared], owner: str, until_us: int
) -> dict[UUID, int]:
    """Commit to send these items; return key → number of this attempt for those that were still waiting.

    Once the caller's transaction has committed they may be sent, by this owner, until `until_us`.
    """
    for value in cleared.values():
        require(value)
    keys = [key.bytes for key in cleared]
    if not keys:
        return {}
    rows = connection.execute(_LEASE, {"keys": keys, "owner": owner, "until_us": until_us})
    return {UUID(bytes=row.key): row.attempts for row in rows}


def deny(connection: Connection, denials: Sequence[Denial]) -> None:
    """End waiting items that the gate refuses at the moment of sending; the reason stays with them."""
    if not denials:
        return
    rows = [{"item_key": d.key.bytes, "new_error": d.reason, "now_us": d.at_us} for d in denials]
    connection.execute(_DENY, rows)
    record_denials(connection, denials)


def postpone(connection: Connection, keys: Collection[UUID], due_us: int) -> None:
    """Let waiting items wait until `due_us`, without an attempt."""
    if keys:
        statement = update(outbox).where(
            outbox.c.key.in_([key.bytes for key in keys]), outbox.c.due_us.is_not(None)
        )
        connection.execute(statement.values(due_us=due_us))


def settle(connection: Connection, settlements: Sequence[Settlement], owner: str) -> None:
    """Acknowledge attempts: write receipts, and move the items that this owner still leases."""
    tried = [s for s in settlements if s.receipt.outcome != Outcome.UNSENT]
    if tried:
        connection.execute(attempt.insert(), [_attempt_row(s) for s in tried])
    delivered = [s for s in settlements if s.state == ItemState.DELIVERED]
    others = [s for s in settlements if s.state != ItemState.DELIVERED]
    if delivered:
        keys = [s.receipt.key.bytes for s in delivered]
        ended_us = max(s.receipt.at_us for s in delivered)
        connection.execute(_DELIVERED, {"keys": keys, "owner": owner, "ended_us": ended_us})
    if others:
        connection.execute(_SETTLED, [_settled_row(s, owner) for s in others])


def recover(
    connection: Connection, destination: str, now_us: int, *, repeatable: bool, all_but: str | None = None
) -> int:
    """Take back leases whose owner is gone; return how many.

    They may have been sent: what the receiver knows by its id is tried again, the rest is in doubt.
    all_but: with it every lease of another owner counts as left behind, not only those past their time.
    """
    left = outbox.c.lease_until_us.is_not(None) if all_but else outbox.c.lease_until_us <= now_us
    ended: dict[str, object] = {"state": ItemState.IN_DOUBT, "settled_us": now_us}
    if repeatable:
        ended = {"state": ItemState.RETRY, "due_us": now_us}
    statement = (
        update(outbox)
        .where(outbox.c.destination == destination, left, outbox.c.lease_owner != (all_but or ""))
        .values({"lease_owner": None, "lease_until_us": None, "error": "left_behind", **ended})
    )
    return connection.execute(statement).rowcount


def replay_dead(
    connection: Connection, now_us: int, *, destination: str | None = None, keys: Collection[UUID] = ()
) -> int:
    """Give dead letters of a destination, or these ones, all their attempts again; return how many."""
    statement = _of(ItemState.DEAD, destination, keys)
    values = {"state": ItemState.PENDING, "attempts": 0, "due_us": now_us, "settled_us": None, "error": ""}
    return connection.execute(statement.values(values)).rowcount


def settle_doubt(connection: Connection, keys: Collection[UUID], now_us: int, *, delivered: bool) -> int:
    """End a doubt by what somebody found out; what was not delivered becomes a dead letter."""
    statement = _of(ItemState.IN_DOUBT, None, keys)
    values: dict[str, object] = {"state": ItemState.DEAD, "settled_us": now_us, "error": "settled_by_hand"}
    if delivered:
        values |= {"state": ItemState.DELIVERED, "payload": b""}
    return connection.execute(statement.values(values)).rowcount


def trim(connection: Connection, before_us: int) -> int:
    """Delete delivered and denied items settled before this time, and old denials; return how many items.

    Dead letters and doubts stay until somebody deals with them. At most DELETED_ITEMS_PER_CALL go at a time.
    """
    old = (
        select(outbox.c.key)
        .where(outbox.c.settled_us < before_us, outbox.c.state.in_([ItemState.DELIVERED, ItemState.DENIED]))
        .order_by(outbox.c.settled_us)
        .limit(DELETED_ITEMS_PER_CALL)
    )
    keys = list(connection.execute(old).scalars())
    connection.execute(delete(attempt).where(attempt.c.key.in_(keys)))
    connection.execute(delete(outbox).where(outbox.c.key.in_(keys)))
    connection.execute(delete(denial).where(denial.c.at_us < before_us))
    return len(keys)


_DUE = (
    select(
        outbox.c.key,
        outbox.c.kind,
        outbox.c.profile_id,
        outbox.c.number,
        outbox.c.payload,
        outbox.c.purpose,
        outbox.c.channel,
        outbox.c.attempts,
    )
    .where(outbox.c.destination == bindparam("destination"), outbox.c.due_us <= bindparam("now_us"))
    .order_by(outbox.c.due_us, outbox.c.number)
    .limit(bindparam("rows"))
)
_LEASE = (
    update(outbox)
    .where(outbox.c.key.in_(bindparam("keys", expanding=True)), outbox.c.due_us.is_not(None))
    .values(
        state=ItemState.LEASED,
        attempts=outbox.c.attempts + 1,
        due_us=None,
        lease_owner=bindparam("owner"),
        lease_until_us=bindparam("until_us"),
    )
    .returning(outbox.c.key, outbox.c.attempts)
)
_DENY = (
    update(outbox)
    .where(outbox.c.key == bindparam("item_key"), outbox.c.due_us.is_not(None))
    .values(
        state=ItemState.DENIED,
        due_us=None,
        settled_us=bindparam("now_us"),
        error=bindparam("new_error"),
        payload=b"",
    )
)
_MINE = (outbox.c.key == bindparam("item_key")) & (outbox.c.lease_owner == bindparam("owner"))
_SETTLED = (
    update(outbox)
    .where(_MINE)
    .values(
        state=bindparam("new_state"),
        attempts=bindparam("tries"),
        due_us=bindparam("next_us"),
        settled_us=bindparam("ended_us"),
        error=bindparam("new_error"),
        lease_owner=None,
        lease_until_us=None,
    )
)
_DELIVERED = (
    update(outbox)
    .where(outbox.c.key.in_(bindparam("keys", expanding=True)), outbox.c.lease_owner == bindparam("owner"))
    .values(
        state=ItemState.DELIVERED,
        settled_us=bindparam("ended_us"),
        error="",
        payload=b"",
        lease_owner=None,
        lease_until_us=None,
    )
)


def _of(state: ItemState, destination: str | None, keys: Collection[UUID]) -> Update:
    statement = update(outbox).where(outbox.c.state == state)
    if destination is not None:
        statement = statement.where(outbox.c.destination == destination)
    if keys or destination is None:
        statement = statement.where(outbox.c.key.in_([key.bytes for key in keys]))
    return statement


def _row(cleared: Cleared, item: Item, now_us: int) -> dict[str, object]:
    if require(cleared).profile_id != item.profile_id:
        raise TypeError("An item enters the outbox only with what the gate cleared for its own profile.")
    return {
        **msgspec.structs.asdict(item),
        "key": item.key.bytes,
        "profile_id": item.profile_id.bytes,
        "purpose": cleared.purpose,
        "channel": cleared.channel,
        "evidence": cleared.evidence,
        "cleared_us": cleared.at_us,
        "state": ItemState.PENDING,
        "attempts": 0,
        "enqueued_us": now_us,
        "due_us": now_us,
        "error": "",
    }


def _attempt_row(settlement: Settlement) -> dict[str, object]:
    receipt = settlement.receipt
    return {
        "key": receipt.key.bytes,
        "number": settlement.attempt,
        "outcome": receipt.outcome,
        "status": receipt.status,
        "error": receipt.error,
        "at_us": receipt.at_us,
        "latency_ms": receipt.latency_ms,
    }


def _settled_row(settlement: Settlement, owner: str) -> dict[str, object]:
    receipt = settlement.receipt
    return {
        "item_key": receipt.key.bytes,
        "owner": owner,
        "new_state": settlement.state,
        "tries": settlement.attempt,
        "next_us": settlement.due_us,
        "ended_us": None if settlement.due_us is not None else receipt.at_us,
        "new_error": receipt.error,
    }
