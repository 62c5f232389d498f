"""The catalogue: which events and properties were seen, and of which types."""

import msgspec


class Learned(msgspec.Struct, frozen=True):
    """One property of one event as seen in one batch; property "" stands for the event itself.

    json_type: string, number, integer, boolean, array, object or null. count: how often it was seen (of a property: in
    the sample). example: at most 80 characters, empty where it could be personal.
    """

    type: str
    name: str
    property: str
    json_type: str
    count: int
    example: str = ""
