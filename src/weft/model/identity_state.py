"""How people hang together at one moment, in figures: small enough to be kept for every day."""

import msgspec


class IdentityState(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one moment (at_us: microseconds since 1970 UTC).

    nodes: identifiers in all. links: kind → how many. mean_confidence: of all links, 0 to 1; None without links.
    refused: links that a limit or a steward forbids to act on. merged, split: profiles that ever were, since the
    warehouse was made. shared: values that tie nobody together. questions: that wait for a steward. sizes: (least
    number of nodes, people): 1, 2, 3, then 4 to 7, 8 to 15, ….
    """

    at_us: int
    people: int
    nodes: int
    links: dict[str, int]
    mean_confidence: float | None
    refused: int
    merged: int
    split: int
    shared: int
    questions: int
    sizes: list[tuple[int, int]]
