"""What the stations need of the world. Each port has one conformance suite that every adapter passes."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from weft.model.accepted import Accepted, Backlog, Chunk, Entry
from weft.model.event import TimelineEvent
from weft.model.identifier import Identifier
from weft.model.profile import Membership, Origin, ProfileDocument, TimelineQuery
from weft.model.signal import Signal


class EventLog(Protocol):
    """The durable, totally ordered log. Positions start at 1 and count events without gaps."""

    def append(self, requests: Sequence[Accepted]) -> int:
        """Write one group in one durable commit (fsync) and return the position of its last event.

        Raises `Transient` when the disk is full or a write fails: then nothing of the group is acknowledged.
        Safe from several processes at once.
        """
        ...

    def append_chunk(self, chunk: Chunk) -> int:
        """Refer to an imported file; a key that is already there changes nothing. Return its last position."""
        ...

    def read(self, after: int, limit_events: int) -> Sequence[Entry]:
        """Return entries behind `after` in order: at least one if there is any, then as many as stay in the limit."""
        ...

    def backlog(self) -> Backlog:
        """Return how far the log and its reader are."""
        ...

    def mark_consumed(self, position: int) -> None:
        """Tell how far the engine is (for back-pressure; the true position commits with the effects)."""
        ...

    def trim(self, position: int, before_us: int) -> int:
        """Delete entries up to `position` received before `before_us`; return how many events went."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


class WriteKeys(Protocol):
    """Which source a write key stands for."""

    def source_of(self, write_key: str) -> str | None:
        """Return the source's name, or None for a key that is unknown or revoked."""
        ...


class Profiles(Protocol):
    """Served profiles: point reads for the edge."""

    def find(self, identifier: Identifier) -> ProfileDocument | None:
        """Return the profile that holds this identifier (already normalised)."""
        ...

    def get(self, profile_id: UUID) -> ProfileDocument | None:
        """Return the profile, following aliases left by merges."""
        ...


class Signals(Protocol):
    """The numbered stream of signals."""

    def read(self, after: int, limit: int) -> Sequence[Signal]:
        """Return signals with a number greater than `after`, in order, at most about `limit` of them."""
        ...


class Facts(Protocol):
    """What the API asks of the warehouse."""

    def timeline(self, profile: ProfileDocument, query: TimelineQuery) -> Sequence[TimelineEvent]:
        """Return a profile's events, newest first."""
        ...

    def named(self, event: str, limit: int) -> Sequence[TimelineEvent]:
        """Return the newest `track` events of a name, newest first."""
        ...

    def origins(self, message_keys: Collection[bytes], first_us: int, last_us: int) -> Mapping[bytes, Origin]:
        """Return, of events that occurred between two times, where those with these keys came from."""
        ...

    def nodes_of_record(self, record_id: str) -> Sequence[bytes]:
        """Return the nodes to which records of any kind with this id belong, a few at most."""
        ...

    def latest(self, after_position: int, limit: int) -> Sequence[TimelineEvent]:
        """Return the newest events of anyone behind a position, oldest first."""
        ...

    def members(self, audience: str, after: UUID | None, limit: int) -> Sequence[Membership]:
        """Return current members in the order of their profile ids."""
        ...

    def sizes(self) -> dict[str, int]:
        """Return audience → number of current members."""
        ...
