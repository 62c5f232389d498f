"""What the engine API stands on: stores, ports and workers, opened by `weft.app`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import msgspec
from sqlalchemy import Engine

from weft.config import Settings
from weft.definitions import Definition
from weft.errors import NotFound, Rejected
from weft.identity.foresee import Foreseen
from weft.identity.rules import Rules
from weft.identity.steward import StewardEdge
from weft.model.audience import Rule
from weft.model.audience_preview import AudiencePreview, Counting, PreviewAsked
from weft.model.catalogue import Learned, Volume
from weft.model.definition import SetAside
from weft.model.delivery import Receipt
from weft.model.event import EventFilter, RefusedEvent, StoredEvent
from weft.model.explanation import Explanation, PastProfile
from weft.model.identifier import Identifier
from weft.model.preview import Preview
from weft.model.profile import ProfileDocument
from weft.model.quarantine import Quarantined
from weft.model.slot import Slot
from weft.ports import EventLog, Facts, Profiles, Signals
from weft.storage.database_keys import DatabaseKeys, DatabaseTokens
from weft.storage.database_movement import DatabaseMovements
from weft.storage.database_traffic import DatabaseTraffic
from weft.storage.defined import Defined
from weft.storage.definitions_read import Understood, understand
from weft.storage.duckdb_evidence_read import KnownLink
from weft.storage.duckdb_foresee_definitions import DefinitionsForeseen
from weft.storage.duckdb_ownership import Holder, LoggedIn, Stayed
from weft.storage.duckdb_quality import Quality as QualityFound
from weft.storage.duckdb_questions import Question


class Quarantine(Protocol):
    """What was refused, in the warehouse."""

    def counts(self) -> Mapping[str, int]:
        """Return reason → number of refused events that were not sent again."""
        ...

    def read(
        self, after: int, limit: int, *, reason: str | None = None, source: str | None = None
    ) -> Sequence[Quarantined]:
        """Return refused events behind a position that were not sent again, oldest first."""
        ...

    def mark_replayed(self, positions: Sequence[int], at_us: int) -> None:
        """Note that these were sent again, so that they are listed no more."""
        ...


class Catalogue(Protocol):
    """What event names and properties were learned."""

    def known(self) -> Sequence[Learned]:
        """Return every event name and property, by type, name and property."""
        ...

    def volumes(self, since_us: int) -> Sequence[Volume]:
        """Count the events of each name by the day they occurred on; it may take a second."""
        ...


class Events(Protocol):
    """Stored and refused events by their place or by what they are, in the warehouse."""

    def find(
        self, wanted: EventFilter, limit: int, *, after: int = 0, before: int | None = None
    ) -> Sequence[StoredEvent]:
        """Return the newest events between two positions, newest first."""
        ...

    def at(self, position: int) -> StoredEvent | None:
        """Return the event at a position; None when it was refused or a repeat, or is not stored yet."""
        ...

    def refused_at(self, position: int) -> RefusedEvent | None:
        """Return the refused event at a position."""
        ...


class Evidence(Protocol):
    """Links with their confidence and its history, in the warehouse. now_us: since 1970 UTC."""

    def links_of(self, nodes: Iterable[UUID], now_us: int, most: int) -> tuple[Sequence[KnownLink], int]:
        """Return the surest `most` links of these nodes, and how many there are."""
        ...

    def generic_of(self, nodes: Iterable[UUID]) -> Sequence[tuple[Identifier, int]]:
        """Return those of these nodes that tie nobody together, and of how many people they are at least."""
        ...

    def link(self, key: UUID, now_us: int) -> KnownLink | None:
        """Return a link by its key."""
        ...

    def generic(self, limit: int) -> Sequence[tuple[Identifier, int]]:
        """Return the values that tie nobody together, and of how many people they are at least (0: blocked)."""
        ...


class Ownership(Protocol):
    """Whose devices are and were, in the warehouse."""

    def holder(self, position: int) -> Holder | None:
        """Return who holds the event at a position; None where there is none."""
        ...

    def stays(self, nodes: Sequence[UUID]) -> Sequence[Stayed]:
        """Return who had the shared devices that these nodes are about, by device and time."""
        ...

    def log_in(self, device: UUID, at_us: int) -> LoggedIn | None:
        """Return the log-in by which a shared device is somebody's at a moment."""
        ...


class Questions(Protocol):
    """The queue of questions that stewards are asked, in the warehouse."""

    def waiting(
        self, merge: float, review: float, said: Sequence[StewardEdge]
    ) -> tuple[Sequence[Question], int]:
        """Return the questions whose confidence is nearest to a threshold, and how many wait in all."""
        ...

    def why(self, key: UUID) -> str | None:
        """Return why a steward is asked about a link; None if he is not."""
        ...


class Quality(Protocol):
    """How people hang together, in the warehouse."""

    def read(self, said: Sequence[StewardEdge], at_us: int, from_nodes: int, most: int) -> QualityFound:
        """Return it. from_nodes: how many identifiers make a person suspicious; most: rows of each list."""
        ...


class Stewarding(Protocol):
    """Takes in what stewards say."""

    def say(self, edges: Sequence[StewardEdge]) -> Sequence[StewardEdge]:
        """Add edges, durably and with effect; return them with number, time and position."""
        ...

    def preview(self, edges: Sequence[StewardEdge]) -> Preview:
        """Return what would come of edges. Nothing is written."""
        ...


class Foreseeing(Protocol):
    """Tries rules of identity."""

    def foresee(self, rules: Rules, now_us: int, most: int) -> Foreseen:
        """Return what would be if these rules were in force at a moment (since 1970 UTC). most: samples of a kind."""
        ...


class Explaining(Protocol):
    """Explains rules and past profiles. Times are microseconds since 1970 UTC."""

    def explain(self, profile: ProfileDocument, rule: Rule, now_us: int, *, past: bool) -> Explanation:
        """Return what a rule comes to at a moment. past: by what was known then, else by what is known."""
        ...

    def past(self, profile: ProfileDocument, at_us: int) -> PastProfile:
        """Return what a profile was by what was known at a moment: its present identifiers, today's definitions."""
        ...


class Trying(Protocol):
    """Tries traits and audiences."""

    def foresee(self, defined: Defined, most: int, show: Callable[[float], None]) -> DefinitionsForeseen:
        """Return what would be if these were in force. most: samples; show: told the share that is done."""
        ...


class Previewing(Protocol):
    """Counts what rules come to."""

    def preview(
        self, rule: Rule, asked: PreviewAsked, *, wait_seconds: float = 0.0
    ) -> AudiencePreview | Counting:
        """Return what a rule comes to, or how far the picture of everybody is if it is not made in time."""
        ...


class WorkerStatus(msgspec.Struct, frozen=True):
    """How one worker of the engine is."""

    name: str
    healthy: bool
    done: int
    failures: int


class Services(msgspec.Struct, frozen=True, dict=True):
    """Everything that a request may need. local_token: good for all, known only to local commands."""

    settings: Settings
    origins: Mapping[str, str]
    definitions: tuple[Definition, ...]
    node_key: str
    edge_url: str
    api_url: str
    database: Engine
    keys: DatabaseKeys
    tokens: DatabaseTokens
    local_token: str
    log: EventLog
    profiles: Profiles
    signals: Signals
    facts: Facts
    quarantine: Quarantine
    catalogue: Catalogue
    data: Path
    events: Events
    traffic: DatabaseTraffic
    movements: DatabaseMovements
    workers: Callable[[], Sequence[WorkerStatus]]
    lanes: Callable[[], Mapping[str, Mapping[str, Any]]]
    clock: Callable[[], int]
    definitions_folder: Path
    test_destination: Callable[[str], Receipt]
    rules: Rules
    evidence: Evidence
    stewarding: Stewarding
    questions: Questions
    quality: Quality
    ownership: Ownership
    foreseeing: Foreseeing
    explaining: Explaining
    trying: Trying
    previews: Previewing
    set_aside: tuple[SetAside, ...] = ()
    slots: tuple[Slot, ...] = ()

    @cached_property
    def understood(self) -> Understood:
        """What the definitions in force say."""
        return understand(self.definitions)


def profile_by_name(services: Services, name: str) -> ProfileDocument:
    """Return the profile that `name` stands for: a profile id, or an identifier as `namespace:value`.

    Raises Rejected for a name that is neither, NotFound when nobody is known by it.
    """
    if ":" in name:
        found = services.profiles.find(identifier_by_name(name))
    else:
        try:
            found = services.profiles.get(UUID(name))
        except ValueError:
            raise Rejected(
                "Name a profile by its id or by an identifier, such as `user_id:42` or `email:a@example.com`."
            ) from None
    if found is None:
        raise NotFound("No profile is known by that name (yet: events need a moment to arrive).")
    return found


def identifier_by_name(name: str) -> Identifier:
    """Return the identifier that `namespace:value` names. Raises Rejected for a value that names nobody."""
    from weft.collect.identifiers import normalise_identifier

    namespace, _, value = name.partition(":")
    normal = normalise_identifier(namespace, value)
    if normal is None:
        raise Rejected(f"That is no usable value of `{namespace}`.")
    return Identifier(namespace, normal)
