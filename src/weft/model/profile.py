"""The served profile: one document per profile, projected from its nodes."""

from typing import Any
from uuid import UUID

import msgspec

from weft.model.identifier import Identifier


class ProfileDocument(msgspec.Struct, frozen=True, omit_defaults=False, gc=False):
    """What is known of one profile, as it is stored and served.

    traits: told traits (the values that survive) and computed traits by name; computed ones win. sources: what each
    trait came from (`identify`, `record:<source>/<record>` or `computed:<definition version hash>`). audiences: name
    → microseconds since 1970 at which it entered.
    zone: the person's own (IANA name), as told or as events last said; empty where nothing is known.
    position: the log position that the document reflects. Times are microseconds since 1970 UTC.
    """

    profile_id: UUID
    identifiers: tuple[Identifier, ...]
    traits: dict[str, Any]
    audiences: dict[str, int]
    first_seen_us: int
    last_seen_us: int
    position: int
    as_of_us: int
    events: int = 0
    sources: dict[str, str] = {}
    zone: str = ""


class TimelineQuery(msgspec.Struct, frozen=True):
    """Which part of a timeline, newest first. before: (occurred_us, position) of the last event of the page before."""

    limit: int
    before: tuple[int, int] | None = None
    type: str | None = None
    name: str | None = None
    source: str | None = None


class Origin(msgspec.Struct, frozen=True):
    """The event that a trait came with."""

    message_id: str
    source: str
    position: int


class Membership(msgspec.Struct, frozen=True):
    """One profile in one audience, since when (microseconds since 1970 UTC)."""

    audience: str
    profile_id: UUID
    since_us: int
