"""What behaviour is worth. A file of its own: reading the rules needs no more of matching."""

from typing import Annotated

import msgspec
from msgspec import Meta

Bits = Annotated[float, Meta(ge=0, le=64)]


class Weights(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What behaviour is worth, in bits. 0 turns one off."""

    shared_device: Annotated[
        Bits,
        Meta(
            description="Both logged in on a device that nobody else used; halves with twice as many owners."
        ),
    ] = 4.0
    two_places: Annotated[
        Bits, Meta(description="Taken away for each day on which they were at two places at once.")
    ] = 5.0
    two_devices: Annotated[
        Bits, Meta(description="Taken away for each day on which both were busy at once on two devices.")
    ] = 1.5
    most: Annotated[Bits, Meta(description="Most bits that behaviour takes away.")] = 12.0


DEFAULT = Weights()
