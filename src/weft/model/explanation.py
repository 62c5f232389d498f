"""Why a profile is in an audience or not, at a moment: clause by clause, with what stands behind each."""

from typing import Any

import msgspec

from weft.model.measure import ValueType
from weft.model.profile import ProfileDocument


class Fact(msgspec.Struct, frozen=True):
    """An event or record that a clause counts. Times are microseconds since 1970 UTC."""

    position: int
    message_id: str
    type: str
    name: str
    occurred_us: int
    source: str
    properties: dict[str, Any]


class Facts(msgspec.Struct, frozen=True):
    """The facts that one measure of a clause counts: how many, and the newest of them."""

    count: int
    newest: tuple[Fact, ...]


class ClauseOutcome(msgspec.Struct, frozen=True):
    """What one clause comes to. path: where it is written.

    value: what it compares, as JSON; None where that is missing or where it compares nothing. type: what such values
    hold; None where it compares nothing.
    """

    path: str
    holds: bool
    value: Any
    type: ValueType | None
    facts: tuple[Facts, ...]


class Explanation(msgspec.Struct, frozen=True):
    """What a rule comes to for one profile. at_us: when; changes_us: when that may be otherwise by itself."""

    at_us: int
    member: bool
    clauses: tuple[ClauseOutcome, ...]
    changes_us: int | None


class PastProfile(msgspec.Struct, frozen=True):
    """A profile as what was known of its identifiers at a moment makes it, by the definitions of today."""

    document: ProfileDocument
    facts: int
