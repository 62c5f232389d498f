"""How much came in: events by minute, source and what became of them; who entered and left audiences."""

import msgspec

ACCEPTED = "accepted"
ANONYMOUS = "anonymous"
IMPORTED = "imported"
TAKEN = frozenset({ACCEPTED, ANONYMOUS, IMPORTED})
"""Outcomes of events; any other is the reason (`weft.model.reason`) of a refusal. Anonymous: taken too, but named by
a browser or a device and nothing else."""


class Came(msgspec.Struct, frozen=True):
    """Events of one source in one minute with one outcome. minute: minutes since 1970 UTC."""

    minute: int
    source: str
    outcome: str
    count: int


class SourceTotal(msgspec.Struct, frozen=True):
    """All that a source ever sent; times in microseconds since 1970 UTC."""

    source: str
    events: int
    refused: int
    first_us: int
    last_us: int


class Moved(msgspec.Struct, frozen=True):
    """How many profiles entered or exited an audience in ten minutes that begin at at_us."""

    audience: str
    kind: str
    at_us: int
    count: int


class People(msgspec.Struct, frozen=True):
    """Profiles: known ones hold more than anonymous ids."""

    known: int
    anonymous: int
