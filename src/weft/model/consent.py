"""What a person said about a purpose, where it was said, and why an act was refused."""

from enum import StrEnum
from uuid import UUID

import msgspec

ALL_CHANNELS = "*"
"""As the channel of a suppression: every channel, also those that do not exist yet."""


class ConsentRecord(msgspec.Struct, frozen=True):
    """One yes or no, said on one node for one purpose. Never changed and never deleted by a later one.

    record_id: its number in the ledger, growing; it decides between two records of the same microsecond.
    at_us: when it was said, microseconds since 1970 UTC. message_id: the event, request or import line that
    proves it.
    """

    node_id: UUID
    purpose: str
    granted: bool
    at_us: int
    source: str
    message_id: str
    record_id: int = 0


class Suppression(msgspec.Struct, frozen=True):
    """A node that must not be reached on a channel (or on ALL_CHANNELS), whatever its consent says.

    Suppressing a profile means suppressing each of its nodes, so that it survives every merge and unmerge.
    """

    node_id: UUID
    channel: str
    reason: str
    at_us: int
    source: str = ""


class Evidence(msgspec.Struct, frozen=True):
    """What the ledger holds about some nodes: consent records and suppressions in force."""

    records: tuple[ConsentRecord, ...] = ()
    suppressions: tuple[Suppression, ...] = ()


class Act(msgspec.Struct, frozen=True):
    """Something Weft is about to do to a person outside of Weft. nodes: all nodes of the profile, now."""

    profile_id: UUID
    nodes: tuple[UUID, ...]
    purpose: str
    channel: str


class DenialReason(StrEnum):
    """Why the gate said no."""

    SUPPRESSED = "suppressed"
    REFUSED = "refused"
    DEFAULT_DENIES = "default_denies"
    NO_DEFAULT = "no_default"
    NOT_YET = "not_yet"
    NO_PROFILE = "no_profile"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"


class Denied(msgspec.Struct, frozen=True):
    """The gate's no: the reason, and in words what it rests on (never a personal value)."""

    reason: DenialReason
    detail: str = ""
