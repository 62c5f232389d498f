"""What the API, the console and the command line ask of the outbox and the decision ledger."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select

from weft.model.delivery import Attempt, Denial, ItemState, OutboxEntry, Outcome
from weft.storage.database_outbox import attempt, denial, outbox

ITEMS_PER_PAGE = 500


def counts(connection: Connection) -> dict[str, dict[ItemState, int]]:
    """Return destination → state → number of items."""
    statement = select(outbox.c.destination, outbox.c.state, func.count()).group_by(
        outbox.c.destination, outbox.c.state
    )
    found: dict[str, dict[ItemState, int]] = {}
    for destination, state, items in connection.execute(statement):
        found.setdefault(destination, {})[ItemState(state)] = items
    return found


def list_items(
    connection: Connection,
    *,
    destination: str | None = None,
    state: ItemState | None = None,
    profiles: Collection[UUID] | None = None,
    after: UUID | None = None,
    limit: int = 100,
) -> list[OutboxEntry]:
    """Return items, the last enqueued first, behind the item `after`, at most ITEMS_PER_PAGE."""
    row = outbox.c
    statement = (
        select(outbox).order_by(row.enqueued_us.desc(), row.key.desc()).limit(min(limit, ITEMS_PER_PAGE))
    )
    if destination is not None:
        statement = statement.where(row.destination == destination)
    if state is not None:
        statement = statement.where(row.state == state)
    if profiles is not None:
        statement = statement.where(row.profile_id.in_([each.bytes for each in profiles]))
    if after is not None:
        at = select(row.enqueued_us).where(row.key == after.bytes).scalar_subquery()
        statement = statement.where(
            (row.enqueued_us < at) | ((row.enqueued_us == at) & (row.key < after.bytes))
        )
    return [_entry(row) for row in connection.execute(statement).mappings()]


def list_attempts(connection: Connection, key: UUID) -> list[Attempt]:
    """Return the receipts of an item, oldest first."""
    statement = select(attempt).where(attempt.c.key == key.bytes).order_by(attempt.c.attempt_id)
    return [
        Attempt(row.number, Outcome(row.outcome), row.status, row.error, row.at_us, row.latency_ms)
        for row in connection.execute(statement)
    ]


def list_denials(
    connection: Connection,
    *,
    destination: str | None = None,
    profiles: Collection[UUID] | None = None,
    before_us: int | None = None,
    limit: int = 100,
) -> list[Denial]:
    """Return what the gate refused, newest first."""
    statement = select(denial).order_by(denial.c.at_us.desc()).limit(min(limit, ITEMS_PER_PAGE))
    if destination is not None:
        statement = statement.where(denial.c.destination == destination)
    if profiles is not None:
        statement = statement.where(denial.c.profile_id.in_([each.bytes for each in profiles]))
    if before_us is not None:
        statement = statement.where(denial.c.at_us < before_us)
    return [_denial(row) for row in connection.execute(statement).mappings()]


def _denial(row: Mapping[Any, Any]) -> Denial:
    values: dict[str, Any] = {
        **row,
        "key": UUID(bytes=row["key"]),
        "profile_id": UUID(bytes=row["profile_id"]),
    }
    return Denial(**values)


def _entry(row: Mapping[Any, Any]) -> OutboxEntry:
    return OutboxEntry(
        key=UUID(bytes=row["key"]),
        destination=row["destination"],
        kind=row["kind"],
        profile_id=UUID(bytes=row["profile_id"]),
        number=row["number"],
        state=ItemState(row["state"]),
        attempts=row["attempts"],
        purpose=row["purpose"],
        channel=row["channel"],
        evidence=row["evidence"],
        enqueued_us=row["enqueued_us"],
        due_us=row["due_us"],
        settled_us=row["settled_us"],
        error=row["error"],
    )
