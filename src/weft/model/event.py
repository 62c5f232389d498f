"""Stored events as they are looked for and shown."""

import msgspec

from weft.model.identifier import Identifier


class EventFilter(msgspec.Struct, frozen=True):
    """Which events are wanted; an empty field takes all. text: part of the value of an identifier."""

    type: str = ""
    name: str = ""
    source: str = ""
    text: str = ""


class StoredEvent(msgspec.Struct, frozen=True):
    """One event or record of the warehouse. properties and context are JSON text; times are microseconds since 1970."""

    position: int
    message_id: str
    type: str
    name: str
    occurred_us: int
    received_us: int
    source: str
    identifiers: tuple[Identifier, ...]
    properties: str
    context: str
    consent: str | None
    record_id: str | None


class RefusedEvent(msgspec.Struct, frozen=True):
    """Why an event is in quarantine, and when it was sent again (None: it was not)."""

    position: int
    reason: str
    detail: str
    received_us: int
    source: str
    name: str
    body: str
    replayed_us: int | None
