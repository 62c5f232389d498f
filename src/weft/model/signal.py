"""Signals: the numbered stream that tells the rest of Weft what changed about a profile."""

from enum import StrEnum
from uuid import UUID

import msgspec


class SignalKind(StrEnum):
    """What happened."""

    ENTERED = "entered"  # subject: the audience
    EXITED = "exited"  # subject: the audience
    MERGED = "merged"  # subject: the profile id that is gone
    SPLIT = "split"  # subject: the profile id that it was part of until now
    MOVED = "moved"  # subject: the profile id from which nodes came; both go on


class Cause(StrEnum):
    """Through what a profile entered or left an audience."""

    FACT = "fact"
    """An event or a record came."""
    TIME = "time"
    """Time alone passed."""
    CONSENT = "consent"
    """Consent was given or withdrawn."""
    LIST = "list"
    """A list was uploaded or deleted."""
    SQL = "sql"
    """A SQL trait came to another value."""
    SHARE = "share"
    """Others changed, and with them the value from which on one belongs to a share of all."""
    OUTSIDE = "outside"
    """Any of the four, in a history that an older Weft wrote."""
    IDENTITY = "identity"
    """It was merged, or split."""
    DEFINITION = "definition"
    """A trait or an audience was changed."""
    IMPORT = "import"
    """Facts came in bulk."""


class Signal(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One change. `number` grows by one without gaps; `position` is the log position it was computed at."""

    number: int
    kind: SignalKind
    profile_id: UUID
    subject: str
    at_us: int
    position: int
