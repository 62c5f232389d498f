"""The catalogue: which events and properties were seen, and of which types."""

import msgspec


class Learned(msgspec.Struct, frozen=True):
    """One property of one event as seen in one batch; property "" stands for the event itself.

    json_type: string, number, integer, boolean, array, object or null. count: how often it was seen (of a property: in
    the sample). example: at most 80 characters, empty where it could be personal.
    first_seen_us, last_seen_us: when it was learned first and last (0 before it is kept).
    """

    type: str
    name: str
    property: str
    json_type: str
    count: int
    example: str = ""
    first_seen_us: int = 0
    last_seen_us: int = 0


class Volume(msgspec.Struct, frozen=True):
    """How many events of a name occurred on one day. day: days since 1970 UTC."""

    type: str
    name: str
    day: int
    count: int
