"""What the quarantine holds."""

import msgspec


class Quarantined(msgspec.Struct, frozen=True):
    """A refused event. body: a request that can be sent again as it is. received_us: microseconds since 1970 UTC."""

    position: int
    reason: str
    detail: str
    received_us: int
    source: str
    name: str
    body: str
    default_type: str
    historical: bool
