"""The served profile: one document per profile, projected from its nodes."""

from typing import Any
from uuid import UUID

import msgspec

from weft.model.identifier import Identifier


class ContextValue(msgspec.Struct, frozen=True, gc=False):
    """The value of a context trait, which fades. at_us: when the latest fact behind it occurred (1970 UTC).

    share: of the weight of all facts that count, how much is behind the value, 0 to 1; None for the kind last.
    beside: the long-term trait that it is compared with, empty for none; known: its value; conflict: both are known
    and differ. version: the hash of the definition.
    """

    value: Any
    at_us: int
    half_life_seconds: int
    version: str
    share: float | None = None
    beside: str = ""
    known: str | None = None
    conflict: bool = False

    def strength(self, now_us: int) -> float:
        """Return how fresh it is: 1 when the latest fact behind it occurs, half of it a half-life later."""
        age_seconds = max(0, now_us - self.at_us) / 1_000_000
        return 2 ** (-age_seconds / self.half_life_seconds)


class ProfileDocument(msgspec.Struct, frozen=True, omit_defaults=False, gc=False):
    """What is known of one profile, as it is stored and served.

    traits: told traits (the values that survive) and computed traits by name; computed ones win. sources: what each
    trait came from (`identify`, `record:<source>/<record>` or `computed:<definition version hash>`). audiences: name
    → microseconds since 1970 at which it entered.
    zone: the person's own (IANA name), as told or as events last said; empty where nothing is known.
    context: context traits by name, apart from the long-term truth in `traits`.
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
    context: dict[str, ContextValue] = {}


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
