"""What the steps of the pipeline work on. Drafts change from step to step and never leave the pipeline."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from weft.collect.wire import Parsed, WireEvent
from weft.config import CollectSettings
from weft.model.accepted import Accepted, Refusal
from weft.model.identifier import Identifier
from weft.model.reason import Dropped
from weft.ports import WriteKeys

if TYPE_CHECKING:
    from weft.collect.plans import Plan


class Rules(Struct, frozen=True):
    """What the pipeline needs to know: the settings and the compiled tracking plans."""

    collect: CollectSettings = CollectSettings()
    plans: "tuple[Plan, ...]" = ()


class Intake(Struct, gc=False):
    """A request at the edge: what came in, and what the steps made of it."""

    body: bytes
    keys: WriteKeys
    write_key: str = ""
    default_type: str = ""
    parsed: Parsed = Parsed([])
    source: str = ""
    refused: tuple[Refusal, ...] = ()

    @property
    def events(self) -> list[WireEvent | Dropped]:
        """The events of the request, refused ones as `Dropped`."""
        return self.parsed.events


class ContextDraft(Struct, gc=False):
    """A context and what it says; the events of a tick that have the same one share it.

    data: decoded and merged. text: the final JSON. consent: purposes as JSON, or None. traits: from `context.traits`.
    identifiers: those that the context itself names.
    """

    raw: bytes
    integrations: bytes
    batch: bytes
    batch_integrations: bytes
    ip: str
    user_agent: str
    data: dict[str, Any] = {}
    text: bytes = b"{}"
    consent: bytes | None = None
    traits: Mapping[str, Any] | None = None
    identifiers: list[Identifier] = []
    agent: str = ""
    dropped: Dropped | None = None


class RequestDraft(Struct, gc=False):
    """A request of the log: what its events share."""

    accepted: Accepted
    parsed: Parsed
    checksum: int = 0


class EventDraft(Struct, gc=False):
    """One event on its way to a staged row."""

    position: int
    ordinal: int
    request: RequestDraft
    event: WireEvent
    context: ContextDraft
    type: str = ""
    name: str = ""
    message_id: str = ""
    occurred_us: int = 0
    identifiers: list[Identifier] = []
    properties: Mapping[str, Any] = {}
    violations: tuple[tuple[str, str], ...] = ()
    dropped: Dropped | None = None
