"""The contract of a destination: one frozen object that says what it is, what it needs and how it sends."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from msgspec import Struct

from weft.consent.gate import Cleared
from weft.model.delivery import Item, Receipt
from weft.model.destination import Include
from weft.model.profile import ProfileDocument
from weft.model.signal import Signal
from weft.registry import DESTINATIONS, load_entries


class Occasion(Struct, frozen=True):
    """Something to tell: the signal, the profile as it is now, and what of it may go along."""

    signal: Signal
    kind: str
    profile: ProfileDocument
    include: Include


class Surroundings(Struct, frozen=True):
    """What a sender needs of its place. environ holds the secrets that settings refer to by name."""

    environ: Mapping[str, str]
    private_networks: bool
    timeout_seconds: float


class Parcel(Struct, frozen=True):
    """An item on its way out, with the leave the gate gave for it just now. attempt: counts from 1."""

    item: Item
    cleared: Cleared
    attempt: int


class Sender(Protocol):
    """A destination at work for one thread: it keeps its sockets open between batches."""

    def send(self, batch: Sequence[Parcel]) -> Sequence[Receipt]:
        """Send a batch; return one receipt per item. A fault of the receiver is a receipt, no exception."""
        ...

    def test(self) -> Receipt:
        """Try the connection with a message about nobody."""
        ...

    def close(self) -> None:
        """Let go of the sockets."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One kind of destination. Form, documentation and validation derive from it.

    settings: a msgspec Struct whose fields carry descriptions. repeatable: the receiver knows an item by its
    key, so one whose fate is unknown may be sent again. batch_items: most items in one `send`.
    check: returns the faults of settings that their types cannot tell, each saying what to do.
    render: makes the payload of an item when it is enqueued. open: makes a sender for one thread.
    """

    name: str
    title: str
    description: str
    channel: str
    settings: type[Struct]
    repeatable: bool
    batch_items: int
    payload_bytes: int
    check: Callable[[Any, Mapping[str, str]], list[str]]
    render: Callable[[Occasion], bytes]
    open: Callable[[Any, Surroundings], Sender]


def destinations() -> Mapping[str, Destination]:
    """Return every destination that is installed, by name."""
    return load_entries(DESTINATIONS, Destination)
