"""What a rule would come to: how many, who, and how they lie to other audiences. Nothing is written for it."""

from uuid import UUID

import msgspec

from weft.model.measure import Operand


class Clause(msgspec.Struct, frozen=True):
    """How many profiles one part of the rule holds for, alone. at: its path, such as `who.all[0].not`."""

    at: str
    size: int


class Overlap(msgspec.Struct, frozen=True):
    """How many are in an audience (size) and in the rule too (both). jaccard: both ÷ in any of the two, 0 for none."""

    audience: str
    size: int
    both: int
    jaccard: float


class Bar(msgspec.Struct, frozen=True):
    """How many members have a value; of numbers, one from `value` to below `upto` (the last bar: and `upto` itself)."""

    value: Operand
    count: int
    upto: float | None = None


class Breakdown(msgspec.Struct, frozen=True):
    """The members by a trait: the most frequent values, how many have another one, and how many have none."""

    trait: str
    bars: tuple[Bar, ...]
    others: int
    missing: int


class Reach(msgspec.Struct, frozen=True):
    """How many members have an address on a channel, and to how many of them the gate would let each purpose pass."""

    channel: str
    addressed: int
    purposes: dict[str, int]


class AudiencePreview(msgspec.Struct, frozen=True):
    """What a rule comes to at a moment (microseconds since 1970 UTC). of: all profiles; sample: some members."""

    size: int
    of: int
    clauses: tuple[Clause, ...]
    overlaps: tuple[Overlap, ...]
    breakdowns: tuple[Breakdown, ...]
    reach: tuple[Reach, ...]
    sample: tuple[UUID, ...]
    as_of_us: int
    took_ms: float


class Counting(msgspec.Struct, frozen=True):
    """The picture of everybody is being made; ask again. read: profiles so far, of so many."""

    read: int
    of: int


class PreviewAsked(msgspec.Struct, frozen=True):
    """What to count beside the size. session: whose next question ends this one; "" for nobody's."""

    traits: tuple[str, ...] = ()
    sample: int = 10
    session: str = ""
    overlaps: bool = True
    reach: bool = True
