"""dispatch: signals → the gate → the outbox. Position, acts and denials commit together."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol
from uuid import UUID

import structlog
from msgspec import Struct

from weft.activate.act import KINDS, act_key, act_of
from weft.activate.destination import Destination, Occasion
from weft.clock import now_us
from weft.consent.gate import Cleared, clear
from weft.model.consent import Act, DenialReason, Denied, Evidence
from weft.model.delivery import Denial, Item
from weft.model.destination import Connection
from weft.model.profile import ProfileDocument
from weft.model.signal import Signal
from weft.ports import Signals
from weft.storage import database_outbox as outbox
from weft.storage.database import Engine, transaction
from weft.storage.database_consent import read_evidence
from weft.storage.database_worker import get_position, set_position

log = structlog.get_logger()

DISPATCH = "dispatch"
SIGNALS_PER_STEP = 10_000
WANTED_PER_STEP = 1_000
"""Most signals in one step, and most of them that a connection wants: those nobody wants are passed quickly."""
STAGE = "enqueue"


class ServedProfiles(Protocol):
    """What dispatch and deliver ask of the served profiles."""

    def many(self, ids: Iterable[bytes]) -> Mapping[bytes, ProfileDocument]:
        """Return those that exist under these very ids."""
        ...

    def get(self, profile_id: UUID) -> ProfileDocument | None:
        """Return one, following what merges left."""
        ...


class Clearing(Struct, frozen=True):
    """What the gate needs beside the act and the evidence."""

    node_key: str
    defaults: Mapping[str, str]


def make_dispatch_step(
    *,
    database: Engine,
    signals: Signals,
    profiles: ServedProfiles,
    connections: Sequence[Connection],
    registry: Mapping[str, Destination],
    clearing: Clearing,
    on_enqueued: Callable[[], None] = lambda: None,
    clock: Callable[[], int] = now_us,
) -> Callable[[], int]:
    """Return the step of the dispatch worker: it returns how many signals it read.

    The gate is asked before the write begins, so that other writers wait less; deliver asks it again in the very
    transaction that lets an item go.
    on_enqueued: called after a commit that gave the deliver worker something to do.
    """

    looking = database.execution_options(read_only=True)

    def step() -> int:
        with transaction(looking) as connection:
            position = get_position(connection, DISPATCH)
        read = signals.read(position, SIGNALS_PER_STEP)[:SIGNALS_PER_STEP]
        if not read:
            return 0
        read, wanted = _take(read, connections)
        documents = load_profiles(profiles, {signal.profile_id for _, signal in wanted})
        asked = [_ask(c, signal, documents, clearing.node_key) for c, signal in wanted]
        with transaction(looking) as connection:
            evidence = read_evidence(connection, {node for act, _ in asked for node in act.nodes})
        judged = _judge(asked, evidence_by_node(evidence), clearing.defaults, registry, clock())
        with transaction(database) as connection:
            if get_position(connection, DISPATCH) != position:
                return 0
            enqueued = outbox.enqueue(connection, judged.acts, clock())
            outbox.record_denials(connection, judged.denials)
            set_position(connection, DISPATCH, read[-1].number)
        if enqueued:
            on_enqueued()
        log.debug("dispatch", signals=len(read), enqueued=enqueued, denied=len(judged.denials))
        return len(read)

    return step


def _take(
    read: Sequence[Signal], connections: Sequence[Connection]
) -> tuple[Sequence[Signal], list[tuple[Connection, Signal]]]:
    """Return the signals up to the one that fills the step, and which connection wants which."""
    wanted: list[tuple[Connection, Signal]] = []
    for count, signal in enumerate(read, 1):
        wanted += [(connection, signal) for connection in connections if connection.common.when.wants(signal)]
        if len(wanted) >= WANTED_PER_STEP:
            return read[:count], wanted
    return read, wanted


def load_profiles(profiles: ServedProfiles, ids: Iterable[UUID]) -> dict[UUID, ProfileDocument]:
    """Return the profile behind each id, that of the survivor where it was merged."""
    keys = {profile_id.bytes: profile_id for profile_id in ids}
    found = {keys[key]: document for key, document in profiles.many(keys).items()}
    for profile_id in keys.values():
        if profile_id not in found and (document := profiles.get(profile_id)) is not None:
            found[profile_id] = document
    return found


def evidence_by_node(evidence: Evidence) -> Mapping[UUID, Evidence]:
    """Split evidence by node, so that each act is judged with its own."""
    split: dict[UUID, Evidence] = {}
    for record in evidence.records:
        held = split.get(record.node_id, Evidence())
        split[record.node_id] = Evidence((*held.records, record), held.suppressions)
    for suppression in evidence.suppressions:
        held = split.get(suppression.node_id, Evidence())
        split[suppression.node_id] = Evidence(held.records, (*held.suppressions, suppression))
    return split


def judge(
    act: Act, evidence: Mapping[UUID, Evidence], defaults: Mapping[str, str], now_us: int
) -> Cleared | Denied:
    """Ask the gate about one act."""
    held = [evidence[node] for node in act.nodes if node in evidence]
    gathered = Evidence(
        tuple(record for part in held for record in part.records),
        tuple(suppression for part in held for suppression in part.suppressions),
    )
    return clear(act, gathered, defaults, now_us)


class _Wanted(Struct, frozen=True):
    connection: Connection
    signal: Signal
    profile: ProfileDocument | None

    def item(self, payload: bytes, profile_id: UUID) -> Item:
        return Item(
            key=act_key(self.connection.name, self.signal),
            destination=self.connection.name,
            kind=KINDS[self.signal.kind],
            profile_id=profile_id,
            number=self.signal.number,
            payload=payload,
        )


class _Judged(Struct, frozen=True):
    acts: list[tuple[Cleared, Item]]
    denials: list[Denial]


def _ask(
    connection: Connection, signal: Signal, documents: Mapping[UUID, ProfileDocument], node_key: str
) -> tuple[Act, _Wanted]:
    document = documents.get(signal.profile_id)
    if document is None:
        act = Act(signal.profile_id, (), connection.common.purpose, connection.common.channel)
    else:
        act = act_of(connection, document, node_key)
    return act, _Wanted(connection, signal, document)


def _judge(
    asked: Sequence[tuple[Act, _Wanted]],
    evidence: Mapping[UUID, Evidence],
    defaults: Mapping[str, str],
    registry: Mapping[str, Destination],
    now_us: int,
) -> _Judged:
    judged = _Judged([], [])
    for act, wanted in asked:
        answer = judge(act, evidence, defaults, now_us)
        if isinstance(answer, Denied) or wanted.profile is None:
            reason = answer if isinstance(answer, Denied) else Denied(DenialReason.NO_PROFILE)
            judged.denials.append(denial(wanted.item(b"", act.profile_id), act, reason, STAGE, now_us))
            continue
        destination = registry[wanted.connection.common.type]
        occasion = Occasion(
            wanted.signal, KINDS[wanted.signal.kind], wanted.profile, wanted.connection.common.include
        )
        item = wanted.item(destination.render(occasion), act.profile_id)
        if len(item.payload) > destination.payload_bytes:
            too_large = Denied(
                DenialReason.TOO_LARGE, f"{len(item.payload)} bytes; name fewer traits in `include`"
            )
            judged.denials.append(denial(item, act, too_large, STAGE, now_us))
        else:
            judged.acts.append((answer, item))
    return judged


def denial(item: Item, act: Act, denied: Denied, stage: str, now_us: int) -> Denial:
    """Return the row of the decision ledger for a refusal."""
    return Denial(
        key=item.key,
        stage=stage,
        destination=item.destination,
        kind=item.kind,
        profile_id=item.profile_id,
        number=item.number,
        purpose=act.purpose,
        channel=act.channel,
        reason=denied.reason,
        detail=denied.detail,
        at_us=now_us,
    )
