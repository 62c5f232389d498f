"""The ports in memory, for tests of what stands on them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from weft.audience.sentence import clauses
from weft.config import Settings
from weft.definitions import Definition
from weft.identity.foresee import Counts as Foreseeable
from weft.identity.foresee import Foreseen
from weft.identity.rules import Rules
from weft.identity.steward import StewardEdge
from weft.model.accepted import Accepted, Backlog, Chunk, Entry
from weft.model.audience import Rule, parts
from weft.model.audience_preview import (
    AudiencePreview,
    Bar,
    Breakdown,
    Clause,
    Counting,
    Overlap,
    PreviewAsked,
    Reach,
)
from weft.model.catalogue import Learned, Volume
from weft.model.delivery import Outcome, Receipt
from weft.model.event import EventFilter, RefusedEvent, StoredEvent, TimelineEvent
from weft.model.explanation import ClauseOutcome, Explanation, PastProfile
from weft.model.identifier import Identifier, node_id, profile_id
from weft.model.identity_state import IdentityState
from weft.model.preview import Preview
from weft.model.profile import Membership, Origin, ProfileDocument, TimelineQuery
from weft.model.quarantine import Quarantined
from weft.model.signal import Signal, SignalKind
from weft.storage.database import open_database
from weft.storage.database_keys import DatabaseKeys, DatabaseTokens
from weft.storage.database_movement import DatabaseMovements
from weft.storage.database_traffic import DatabaseTraffic
from weft.storage.defined import Defined
from weft.storage.duckdb_evidence_read import KnownLink
from weft.storage.duckdb_foresee_definitions import DefinitionsForeseen, Moving
from weft.storage.duckdb_ownership import Holder, LoggedIn, Stayed
from weft.storage.duckdb_quality import Quality
from weft.storage.duckdb_questions import Question
from weft.web.api.services import Services, WorkerStatus

NODE_KEY = "00" * 32
LOCAL_TOKEN = "weft_local"
KIM = Identifier("user_id", "42")
KIM_ID = profile_id(node_id(NODE_KEY, KIM), 1_000)


def kim() -> ProfileDocument:
    return ProfileDocument(
        profile_id=KIM_ID,
        identifiers=(KIM, Identifier("email", "kim@example.com")),
        traits={"name": "Kim", "orders": 3, "country": "KR"},
        audiences={"buyers": 2_000_000},
        first_seen_us=1_000_000,
        last_seen_us=3_000_000,
        position=7,
        as_of_us=4_000_000,
        events=5,
        sources={"name": "identify", "orders": "computed:abc", "country": "identify"},
    )


def happened(position: int) -> TimelineEvent:
    return TimelineEvent(
        position, f"m{position}", "track", "Order", position, position, "shop", '{"revenue":10}', "{}", ""
    )


class Memory:
    """Log, profiles, signals, facts, quarantine and catalogue of one small world."""

    def __init__(self) -> None:
        self.appended: list[Accepted] = []
        self.events = [happened(position) for position in range(1, 8)]
        self.refused = [
            Quarantined(p, "no_identifier", "", p, "shop", "Order", '{"event":"Order"}', "track", False)
            for p in range(8, 11)
        ]
        self.failure: Exception | None = None

    # Evidence and stewarding
    def links_of(self, nodes: Iterable[UUID], now: datetime, most: int) -> tuple[Sequence[KnownLink], int]:
        return (), 0

    def generic_of(self, nodes: Iterable[UUID]) -> Sequence[tuple[Identifier, int]]:
        return ()

    def holder(self, position: int) -> Holder | None:
        return Holder(KIM_ID, 0)

    def stays(self, nodes: Sequence[UUID]) -> Sequence[Stayed]:
        return ()

    def log_in(self, device: UUID, at_us: int) -> LoggedIn | None:
        return None

    def waiting(
        self, merge: float, review: float, said: Sequence[StewardEdge]
    ) -> tuple[Sequence[Question], int]:
        return (), 0

    def why(self, key: UUID) -> str | None:
        return None

    def link(self, key: UUID, now: datetime) -> KnownLink | None:
        return None

    def generic(self, limit: int) -> Sequence[tuple[Identifier, int]]:
        return ()

    def say(self, edges: Sequence[StewardEdge]) -> Sequence[StewardEdge]:
        raise AssertionError("nobody is there to be merged")

    def preview(self, edges: Sequence[StewardEdge]) -> Preview:
        return Preview((), (), 0)

    def foresee(self, rules: Rules, now: datetime, most: int) -> Foreseen:
        return Foreseen(Foreseeable(before=1, after=1))

    # EventLog
    def append(self, requests: Sequence[Accepted]) -> int:
        self.appended += requests
        return 10 + len(self.appended)

    def append_chunk(self, chunk: Chunk) -> int:
        raise AssertionError("an import does not go through the API")

    def backlog(self) -> Backlog:
        return Backlog(10 + len(self.appended), 10)

    def mark_consumed(self, position: int) -> None: ...

    def trim(self, position: int, before_us: int) -> int:
        return 0

    def close(self) -> None: ...

    # Profiles
    def find(self, identifier: Identifier) -> ProfileDocument | None:
        if self.failure:
            raise self.failure
        return kim() if identifier in kim().identifiers else None

    def get(self, profile_id: UUID) -> ProfileDocument | None:
        return kim() if profile_id == KIM_ID else None

    # Facts
    def timeline(self, profile: ProfileDocument, query: TimelineQuery) -> Sequence[TimelineEvent]:
        found = [
            each
            for each in reversed(self.events)
            if (query.before is None or (each.occurred_us, each.position) < query.before)
            and query.type in (None, each.type)
            and query.name in (None, each.name)
            and query.source in (None, each.source)
        ]
        return found[: query.limit]

    def named(self, event: str, limit: int) -> Sequence[TimelineEvent]:
        return [each for each in reversed(self.events) if each.name == event][:limit]

    def origins(self, message_keys: Collection[bytes], first_us: int, last_us: int) -> Mapping[bytes, Origin]:
        return {key: Origin("m1", "shop", 1) for key in message_keys}

    def nodes_of_record(self, record_id: str) -> Sequence[bytes]:
        return [b"a" * 16] if record_id == "SO-7" else []

    def latest(self, after_position: int, limit: int) -> Sequence[TimelineEvent]:
        return [e for e in self.events if e.position > after_position][:limit]

    def members(self, audience: str, after: UUID | None, limit: int) -> Sequence[Membership]:
        return [Membership("buyers", KIM_ID, 2_000_000)] if after is None else []

    def sizes(self) -> dict[str, int]:
        return {"buyers": 1}

    # Quarantine
    def counts(self) -> Mapping[str, int]:
        return {"no_identifier": len(self.refused)}

    def mark_replayed(self, positions: Sequence[int], at_us: int) -> None:
        self.refused = [each for each in self.refused if each.position not in positions]

    # Catalogue
    def known(self) -> Sequence[Learned]:
        return [Learned("track", "Order", "revenue", "number", 7, "10")]

    def volumes(self, since_us: int) -> Sequence[Volume]:
        return [Volume("track", "Order", 0, 7)]


class MemoryLog(Memory):
    def read(self, after: int, limit_events: int) -> Sequence[Entry]:
        return []


class MemoryQuarantine:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.counts = memory.counts
        self.mark_replayed = memory.mark_replayed

    def read(
        self, after: int, limit: int, *, reason: str | None = None, source: str | None = None
    ) -> Sequence[Quarantined]:
        found = [q for q in self._memory.refused if q.position > after]
        return [q for q in found if reason in (None, q.reason) and source in (None, q.source)][:limit]


class MemoryEvents:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def find(
        self, wanted: EventFilter, limit: int, *, after: int = 0, before: int | None = None
    ) -> Sequence[StoredEvent]:
        behind = (e for e in self._memory.events if e.position > after and e.position < (before or 1_000))
        fit = [e for e in behind if wanted.type in ("", e.type) and wanted.name in ("", e.name)]
        return [stored(each) for each in reversed(fit)][:limit]

    def at(self, position: int) -> StoredEvent | None:
        return next((stored(each) for each in self._memory.events if each.position == position), None)

    def refused_at(self, position: int) -> RefusedEvent | None:
        for each in self._memory.refused:
            if each.position == position:
                return RefusedEvent(position, each.reason, "", position, "shop", "Order", each.body, None)
        return None


def stored(event: TimelineEvent) -> StoredEvent:
    return StoredEvent(
        event.position,
        event.message_id,
        event.type,
        event.name,
        event.occurred_us,
        event.received_us,
        event.source,
        event.properties,
        event.context,
        (KIM,),
        None,
        None,
    )


class MemoryQuality:
    def read(self, said: Sequence[StewardEdge], at_us: int, from_nodes: int, most: int) -> Quality:
        state = IdentityState(
            at_us=at_us,
            people=1,
            nodes=2,
            links={"same_event": 1},
            mean_confidence=1.0,
            refused=0,
            merged=0,
            split=0,
            shared=0,
            questions=0,
            sizes=[(2, 1)],
        )
        return Quality(state, [], [("same_event", 19, 1)], [], [])


class MemoryTrying:
    def foresee(self, defined: Defined, most: int, show: Callable[[float], None]) -> DefinitionsForeseen:
        show(1.0)
        moving = (
            Moving(each.name, 1, 1, entering=1, leaving=1, enters=[KIM_ID.bytes], leaves=[b"x" * 16])
            for each in defined.audiences
        )
        return DefinitionsForeseen(1, tuple(moving), {each.name: 1 for each in defined.traits})


class MemoryExplaining:
    def explain(self, profile: ProfileDocument, rule: Rule, now_us: int, *, past: bool) -> Explanation:
        each = tuple(ClauseOutcome(clause.path, not past, None, None, ()) for clause in clauses(rule))
        return Explanation(now_us, not past, each, None)

    def past(self, profile: ProfileDocument, at_us: int) -> PastProfile:
        return PastProfile(profile, 1)


class MemorySignals:
    def read(self, after: int, limit: int) -> Sequence[Signal]:
        return [Signal(n, SignalKind.ENTERED, KIM_ID, "buyers", n, n) for n in range(after + 1, 4)]


class MemoryPreviews:
    """Knows one person, for whom every rule holds; makes its picture of her for ever when a session is called so."""

    def preview(
        self, rule: Rule, asked: PreviewAsked, *, wait_seconds: float = 0.0
    ) -> AudiencePreview | Counting:
        if asked.session == "counting":
            return Counting(20_000, 1_000_000)
        bars = tuple(Breakdown(name, (Bar("gold", 1),), 0, 0) for name in asked.traits)
        overlaps = (Overlap("buyers", 2, 1, 0.5), Overlap("lapsed", 0, 0, 0.0)) if asked.overlaps else ()
        reach = (Reach("email", 1, {"marketing": 1}),) if asked.reach else ()
        sizes = tuple(Clause(part.path, 1) for part in parts(rule))
        return AudiencePreview(1, 3, sizes, overlaps, bars, reach, (KIM_ID,), 5_000_000, 12.4)


DEFINITIONS = (
    Definition("audiences", "buyers", {"name": "buyers", "who": {"did": "Order"}}, "buyers.yaml"),
    Definition("destinations", "crm", {"name": "crm", "type": "webhook"}, "crm.yaml"),
    Definition("traits", "orders", {"name": "orders", "kind": "count", "event": "Order"}, "orders.yaml"),
)


def services_in(folder: Path, memory: MemoryLog, settings: Settings | None = None) -> Services:
    database = open_database("sqlite:///database.sqlite", folder)
    from weft.config import declared

    return Services(
        settings=settings or Settings(),
        origins=dict.fromkeys(declared(), "default"),
        definitions=DEFINITIONS,
        node_key=NODE_KEY,
        edge_url="http://127.0.0.1:8401",
        api_url="http://127.0.0.1:8400",
        database=database,
        keys=DatabaseKeys(database),
        tokens=DatabaseTokens(database),
        local_token=LOCAL_TOKEN,
        log=memory,
        profiles=memory,
        signals=MemorySignals(),
        facts=memory,
        quarantine=MemoryQuarantine(memory),
        catalogue=memory,
        data=folder,
        events=MemoryEvents(memory),
        traffic=DatabaseTraffic(database),
        movements=DatabaseMovements(database),
        workers=lambda: [WorkerStatus("tick", True, 10, 0)],
        lanes=lambda: {"crm": {"breaker": "closed"}},
        clock=lambda: 5_000_000,
        definitions_folder=folder / "definitions",
        test_destination=lambda name: Receipt(KIM_ID, Outcome.ACCEPTED, 204, at_us=5_000_000, latency_ms=1.5),
        rules=Rules(),
        evidence=memory,
        stewarding=memory,
        questions=memory,
        quality=MemoryQuality(),
        ownership=memory,
        foreseeing=memory,
        trying=MemoryTrying(),
        explaining=MemoryExplaining(),
        previews=MemoryPreviews(),
    )
