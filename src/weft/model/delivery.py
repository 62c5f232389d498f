"""An act on its way out: the item in the outbox, what became of each attempt, and where it stands."""

from enum import StrEnum
from uuid import UUID

import msgspec


class ItemState(StrEnum):
    """Where an item stands. PENDING and RETRY wait until they are due; the last four are ends."""

    PENDING = "pending"
    LEASED = "leased"  # the intent is committed: it may be on the wire
    RETRY = "retry"
    DELIVERED = "delivered"
    DEAD = "dead"  # refused, or out of attempts; can be replayed
    DENIED = "denied"  # cleared when it was enqueued, no longer when it was to be sent
    IN_DOUBT = "in_doubt"  # perhaps accepted; never sent again by itself


class Outcome(StrEnum):
    """What one attempt came to, as far as Weft can know."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # trying again would change nothing
    FAILED = "failed"  # certainly not accepted; try again
    UNKNOWN = "unknown"  # something was sent and no complete answer came
    UNSENT = "unsent"  # nothing was tried: it goes back as it was


class Item(msgspec.Struct, frozen=True):
    """One act to be done. key: deterministic, so that the same act is never enqueued twice.

    payload: what will be sent, fixed when it was enqueued. number: of the signal behind it.
    """

    key: UUID
    destination: str
    kind: str
    profile_id: UUID
    number: int
    payload: bytes


class Receipt(msgspec.Struct, frozen=True):
    """The end of one attempt. error: a word of a closed list of the destination, never a text from outside.

    status: the destination's own code (HTTP), 0 if none. retry_after_seconds: as the receiver asked.
    """

    key: UUID
    outcome: Outcome
    status: int = 0
    error: str = ""
    retry_after_seconds: float | None = None
    at_us: int = 0
    latency_ms: float = 0.0


class Settlement(msgspec.Struct, frozen=True):
    """What follows from a receipt: the new state, and when it is due again (None at an end)."""

    receipt: Receipt
    state: ItemState
    due_us: int | None
    attempt: int


class OutboxEntry(msgspec.Struct, frozen=True):
    """An item as it is listed: everything but the payload."""

    key: UUID
    destination: str
    kind: str
    profile_id: UUID
    number: int
    state: ItemState
    attempts: int
    purpose: str
    channel: str
    evidence: str
    enqueued_us: int
    due_us: int | None
    settled_us: int | None
    error: str


class Attempt(msgspec.Struct, frozen=True):
    """One attempt as it is listed."""

    number: int
    outcome: Outcome
    status: int
    error: str
    at_us: int
    latency_ms: float


class Denial(msgspec.Struct, frozen=True):
    """A row of the decision ledger: an act that the gate refused, where (`enqueue` or `send`) and why."""

    key: UUID
    stage: str
    destination: str
    kind: str
    profile_id: UUID
    number: int
    purpose: str
    channel: str
    reason: str
    detail: str
    at_us: int
