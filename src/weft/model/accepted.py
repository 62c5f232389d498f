"""What the log holds: accepted requests as they came, and references to imported chunks."""

import msgspec

from weft.model.reason import Reason


class Refusal(msgspec.Struct, frozen=True, array_like=True):
    """One event of a request that the edge already refused: its place in the batch and why."""

    ordinal: int
    reason: Reason
    detail: str = ""


class Accepted(msgspec.Struct, frozen=True, array_like=True):
    """One request, kept byte for byte; everything that can be done later and in bulk is left to the tick.

    body: the decompressed JSON, a single event or `{"batch": [...]}`. count: events in it, refused ones too.
    received_at_us: microseconds since 1970 UTC. default_type: the type that the path
    says (`/v1/track` → track), else "".
    historical: an import, whose times are not corrected for clock skew.
    """

    received_at_us: int
    source: str
    body: bytes
    count: int
    default_type: str = ""
    historical: bool = False
    ip: str = ""
    user_agent: str = ""
    refused: tuple[Refusal, ...] = ()


class Chunk(msgspec.Struct, frozen=True, array_like=True):
    """A Parquet file of staged events (`weft.model.staged.STAGED`, no `position`) that an import put beside the log.

    key: unique and deterministic (`<import id>/<number>`), so that appending it again is a no-op.
    path: relative to the workspace's data folder.
    """

    key: str
    path: str
    count: int
    received_at_us: int
    source: str


class Entry(msgspec.Struct, frozen=True):
    """One durable group of the log. Positions count events: this entry holds (last - count, last]."""

    last: int
    count: int
    content: tuple[Accepted, ...] | Chunk

    @property
    def first(self) -> int:
        """The position of the first event in it."""
        return self.last - self.count + 1


class Backlog(msgspec.Struct, frozen=True):
    """How far the log is, and how far the engine has read it, in events."""

    head: int
    consumed: int

    @property
    def behind(self) -> int:
        """Accepted events that the engine has not yet read."""
        return self.head - self.consumed
