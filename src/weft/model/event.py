"""Stored events as they are looked for and shown."""

import msgspec

from weft.model.identifier import Identifier


class EventFilter(msgspec.Struct, frozen=True):
    """Which events are wanted; an empty field takes all. text: part of the value of an identifier."""

    type: str = ""
    name: str = ""
    source: str = ""
    text: str = ""


class ShownEvent(msgspec.Struct, frozen=True):
    """One event or record as every list shows it. properties and context: JSON text; times: microseconds since 1970."""

    position: int
    message_id: str
    type: str
    name: str
    occurred_us: int
    received_us: int
    source: str
    properties: str
    context: str


class StoredEvent(ShownEvent, frozen=True):
    """One event or record of the warehouse, whole."""

    identifiers: tuple[Identifier, ...]
    consent: str | None
    record_id: str | None


class TimelineEvent(ShownEvent, frozen=True):
    """One event or record of a profile, with the session it belongs to (empty: none)."""

    session: str


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
