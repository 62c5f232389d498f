"""A connection: one configured destination of a workspace, what makes it send, and what it may be told."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from weft.model.signal import Signal, SignalKind

EVERY = "*"

Names = tuple[str, ...] | Literal["*"]


class When(Struct, frozen=True, forbid_unknown_fields=True):
    """`when`: the signals that a connection sends."""

    entered: Annotated[Names, Meta(description='Audiences whose entering is sent; "*" for all.')] = ()
    exited: Annotated[Names, Meta(description='Audiences whose leaving is sent; "*" for all.')] = ()
    merged: Annotated[bool, Meta(description="Send that two profiles turned out to be one.")] = False
    split: Annotated[
        bool, Meta(description="Send that a profile turned out to be two, and that identifiers moved.")
    ] = False

    def wants(self, signal: Signal) -> bool:
        """Say whether this signal is sent."""
        match signal.kind:
            case SignalKind.ENTERED:
                return self.entered == EVERY or signal.subject in self.entered
            case SignalKind.EXITED:
                return self.exited == EVERY or signal.subject in self.exited
            case SignalKind.MERGED:
                return self.merged
            case SignalKind.SPLIT | SignalKind.MOVED:
                return self.split


class Include(Struct, frozen=True, forbid_unknown_fields=True):
    """`include`: what of the profile goes along. Nothing, unless it is named here."""

    traits: Annotated[Names, Meta(description='Traits to send; "*" for all.')] = ()
    identifiers: Annotated[Names, Meta(description='Namespaces whose values are sent; "*" for all.')] = ()


class Common(Struct, frozen=True, forbid_unknown_fields=True):
    """What every connection says, whatever its type."""

    name: Annotated[str, Meta(description="Name of the connection.", pattern="^[a-z0-9][a-z0-9_-]{0,62}$")]
    type: Annotated[str, Meta(description="The destination it uses, for example webhook.", min_length=1)]
    purpose: Annotated[str, Meta(description="Consent purpose of everything it sends.", min_length=1)]
    enabled: Annotated[bool, Meta(description="false: nothing is sent, and nothing is put aside for it.")] = (
        True
    )
    channel: Annotated[str, Meta(description="Channel for suppressions; absent: that of the type.")] = ""
    when: Annotated[When, Meta(description="Which signals are sent.")] = field(default_factory=When)
    include: Annotated[Include, Meta(description="What of the profile is sent.")] = field(
        default_factory=Include
    )
    rate_per_second: Annotated[float, Meta(description="Most items a second.", gt=0, le=100_000)] = 5_000.0
    concurrency: Annotated[int, Meta(description="Requests at the same time.", ge=1, le=64)] = 16
    timeout_seconds: Annotated[
        Annotated[float, Meta(gt=0)] | None,
        Meta(description="Longest wait for an answer; absent: [deliver] timeout_seconds."),
    ] = None


class Connection(Struct, frozen=True):
    """A connection that passed every check. settings: the struct that its destination declares."""

    common: Common
    settings: Struct
    path: str = ""

    @property
    def name(self) -> str:
        """Its name, also that of its lane and of its items in the outbox."""
        return self.common.name
