"""What the API, the console and the command line ask of the outbox and the decision ledger."""

from collections.abc import Mapping
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
    profile_id: UUID | None = None,
    after: UUID | None = None,
    limit: int = 100,
) -> list[OutboxEntry]:
    """Return items in the order of their keys, behind `after`, at most ITEMS_PER_PAGE."""
    statement = select(outbox).order_by(outbox.c.key).limit(min(limit, ITEMS_PER_PAGE))
    if destination is not None:
        statement = statement.where(outbox.c.destination == destination)
    if state is not None:
        statement = statement.where(outbox.c.state == state)
    if profile_id is not None:
        statement = statement.where(outbox.c.profile_id == profile_id.bytes)
    if after is not None:
        statement = statement.where(outbox.c.key > after.bytes)
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
    profile_id: UUID | None = None,
    before_us: int | None = None,
    limit: int = 100,
) -> list[Denial]:
    """Return what the gate refused, newest first."""
    statement = select(denial).order_by(denial.c.at_us.desc()).limit(min(limit, ITEMS_PER_PAGE))
    if destination is not None:
        statement = statement.where(denial.c.destination == destination)
    if profile_id is not None:
        statement = statement.where(denial.c.profile_id == profile_id.bytes)
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
