"""The project worker: facts behind its position become profiles, memberships and signals, in one transaction."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Engine

from weft.clock import us_of
from weft.identity.live.person import PersonFields, fingerprint
from weft.model.signal import Cause, Signal, SignalKind
from weft.profile.gather import Gathered, gather
from weft.profile.memory import nodes_key, remember, restored
from weft.profile.projection import NodeState, Projected, StoredProfile, project, told_by_all
from weft.storage.database import transaction
from weft.storage.database_consent import ConsentRow, insert_consents, withdraw_consents
from weft.storage.database_history import MembershipChange, write_changes
from weft.storage.database_memory import Memories, recall_memories, write_memories
from weft.storage.database_movement import count_movements
from weft.storage.database_outside import look_again, looked_again, waiting_outside
from weft.storage.database_person import add_changes, seen_of
from weft.storage.database_profiles import (
    ProfileWrite,
    device_stay,
    due_profiles,
    last_signal,
    load_profiles,
    owners_by_node,
    owners_of,
    read_bodies,
    write_profiles,
)
from weft.storage.database_thresholds import read_thresholds
from weft.storage.database_upsert import upsert_rows
from weft.storage.database_worker import get_position, set_position
from weft.storage.defined import Defined
from weft.storage.duckdb_evaluate import Evaluator
from weft.storage.duckdb_project import Consent, Devices, ProjectStore, Window
from weft.storage.outside import Outside, sayings

PROJECT = "project"
CHANGES = "project.changes"
"""Worker position: how far the change feed of the map was read."""
Wrote = Callable[[Iterable[bytes]], None]
DUE_MOST = 5_000
"""Profiles in one step whose windows moved without an event."""


class Projector:
    """One step: read the window, gather, evaluate, write.

    clock: the time as UTC without a zone. wrote: told of the profiles that were written or are no more.
    """

    def __init__(
        self,
        database: Engine,
        store: ProjectStore,
        evaluator: Evaluator,
        defined: Defined,
        persons: PersonFields,
        clock: Callable[[], datetime],
        wrote: Wrote = lambda _: None,
    ) -> None:
        self._wrote = wrote
        self._persons = persons
        self._database = database
        self._reader = database.execution_options(read_only=True)
        self._store = store
        self._evaluator = evaluator
        self._defined = defined
        self._outside = Outside(database, defined)
        self._clock = clock

    def step(self) -> int:
        """Project what is new; return how many profiles were written."""
        now = self._clock()
        with self._reader.begin() as connection:
            after, after_change = (get_position(connection, name) for name in (PROJECT, CHANGES))
            due = due_profiles(connection, us_of(now), DUE_MOST)
            outside = waiting_outside(connection, DUE_MOST)
            owners = owners_by_node(connection, outside.nodes)
            if self._defined.thresholds:
                self._evaluator.thresholds = read_thresholds(connection)
            due += owners.values()
        if self._store.position == after and self._store.change <= after_change and not (due or outside.upto):
            return 0
        window = self._store.read(after, after_change)
        gathered, memories = self._gather(window, due, us_of(now))
        projected = self._evaluate(window, gathered, now)
        causes = _causes(window, gathered, {key: outside.nodes[node] for node, key in owners.items()})
        return self._write(window, projected, gathered, memories, outside.upto, causes, now)

    def _gather(self, window: Window, due: Iterable[bytes], now_us: int) -> tuple[Gathered, Memories]:
        """Return the profiles to evaluate, and what those were whose nodes change."""
        wanted = set(due) | {node.profile for node in window.new_nodes}
        touched = {key for change in window.changes for key in (change.profile, change.other)}
        with self._reader.begin() as connection:
            wanted |= owners_of(connection, window.deltas)
            stored = load_profiles(connection, wanted | touched)
            memories = self._memories(connection, stored, touched, now_us)
            known = recall_memories(connection, touched) if touched else {}
        gathered = gather(stored, window.changes, window.new_nodes, window.deltas, self._defined.survival)
        apart = {*gathered.born, *gathered.born.values()}
        for key in touched & gathered.profiles.keys():
            profile = gathered.profiles[key]
            profile.back = restored(
                {**known.get(key, {}), **memories.get(key, {})}, profile.nodes, last=key in apart
            )
        return gathered, memories

    def _memories(
        self, connection: Connection, stored: Mapping[bytes, StoredProfile], touched: set[bytes], now_us: int
    ) -> Memories:
        documents = read_bodies(connection, touched & stored.keys()) if touched else {}
        return {
            key: {nodes_key(stored[key].nodes): remember(body, stored[key].audiences, now_us)}
            for key, body in documents.items()
        }

    def _evaluate(self, window: Window, gathered: Gathered, now: datetime) -> list[Projected]:
        owned = {node: key for key, profile in gathered.profiles.items() for node in profile.nodes}
        restated = {node for node, delta in window.deltas.items() if delta.restated}
        kept = [
            (state.id, state.measures)
            for profile in gathered.profiles.values()
            for state in profile.nodes.values()
            if state.measures != "{}" and state.id not in restated
        ]
        says = sayings(self._defined)
        told = told_by_all(gathered.profiles, says)
        saying = consent_rows(window.consents)
        given = self._outside.of(gathered.profiles, told, us_of(now), saying)
        merged, evaluated = self._evaluator.evaluate(window.facts, kept, owned, given, now)
        for profile in gathered.profiles.values():
            for state in profile.nodes.values():
                state.measures = merged.get(state.id, "{}")
        return [
            project(
                key, profile, told[key], evaluated[key], says, position=window.position, now_us=us_of(now)
            )
            for key, profile in gathered.profiles.items()
        ]

    def _write(
        self,
        window: Window,
        projected: Sequence[Projected],
        gathered: Gathered,
        memories: Memories,
        looked_upto: int,
        causes: Mapping[bytes, Cause],
        now: datetime,
    ) -> int:
        tells = self._persons.tells
        told = {node for node, delta in window.deltas.items() if delta.traits and tells(delta.traits)}
        states = [state for profile in gathered.profiles.values() for state in profile.nodes.values()]
        with transaction(self._database) as connection:
            write_projection(
                connection, projected, gathered, window.position, now, lambda key: causes.get(key, Cause.TIME)
            )
            queue_persons(
                connection, self._persons, [state for state in states if state.id in told], window.position
            )
            write_memories(connection, memories)
            insert_consents(connection, consent_rows(window.consents))
            write_devices(connection, window.devices)
            looked_again(connection, looked_upto)
            set_position(connection, PROJECT, window.position)
            set_position(connection, CHANGES, window.change)
        self._wrote([*gathered.profiles, *gathered.gone])
        return max(1, len(projected))


def queue_persons(
    connection: Connection, persons: PersonFields, states: Sequence[NodeState], position: int
) -> None:
    """Queue nodes of which other things are told of a person than were matched, inside the caller's transaction."""
    told = {state.id: persons.of(state.traits) for state in states}
    seen = seen_of(connection, told)
    add_changes(
        connection,
        {
            node: each
            for node, each in told.items()
            if (each or node in seen) and seen.get(node) != fingerprint(each)
        },
        position,
    )


def write_projection(
    connection: Connection,
    projected: Sequence[Projected],
    gathered: Gathered,
    position: int,
    now: datetime,
    cause: Callable[[bytes], Cause],
) -> None:
    """Write profiles, memberships, their history and signals inside the caller's transaction.

    cause: of a profile's movements, by its id.
    """
    moves = [(item.document.profile_id, *move) for item in projected for move in item.moves]
    first = last_signal(connection) + 1
    at_us = us_of(now)
    signals = list(_signals(first, moves, gathered, position, at_us))
    count_movements(connection, ((name, kind.value) for _, kind, name in moves), at_us)
    write_profiles(
        connection,
        ProfileWrite(
            saved=[(item.document, item.nodes.values(), item.due_us) for item in projected],
            gone=gathered.gone,
            nodes=gathered.owners,
            born=list(gathered.born),
            entered=[
                (name, item.document.profile_id.bytes, since)
                for item in projected
                for name, since in item.memberships.items()
            ],
            exited=[
                *((name, key.bytes) for key, kind, name in moves if kind is SignalKind.EXITED),
                *((name, item.document.profile_id.bytes) for item in projected for name in item.dropped),
            ],
            signals=signals,
            at_us=at_us,
        ),
    )
    write_changes(
        connection,
        [
            MembershipChange(key.bytes, at_us, name, kind is SignalKind.ENTERED, cause(key.bytes))
            for key, kind, name in moves
        ],
    )


def _causes(window: Window, gathered: Gathered, outside: Mapping[bytes, Cause]) -> dict[bytes, Cause]:
    """Return why profiles were evaluated, but for those that were due. outside: of those that were looked at again."""
    identity = {key for change in window.changes for key in (change.profile, change.other)}
    causes = dict(outside)
    for key, profile in gathered.profiles.items():
        if key in identity:
            causes[key] = Cause.IDENTITY
        elif not window.deltas.keys().isdisjoint(profile.nodes):
            causes[key] = Cause.FACT
    return causes


def write_devices(connection: Connection, devices: Devices) -> None:
    """Write whose shared devices are now, and give consent choices to whom a late log-in showed to have made them."""
    for before, consent in devices.moved:
        withdraw_consents(connection, before, consent.message_id)
    insert_consents(connection, consent_rows(consent for _, consent in devices.moved))
    again = [node for before, consent in devices.moved for node in (before, consent.node)]
    look_again(connection, again, Cause.CONSENT)
    if devices.latest:
        upsert_rows(connection, device_stay, ("node_id",), ("stay_node",), sorted(devices.latest.items()))


def consent_rows(consents: Iterable[Consent]) -> Iterator[ConsentRow]:
    """Yield one row per purpose; what is not plainly `true` is a refusal."""
    for consent in consents:
        choices: dict[str, object] = msgspec.json.decode(consent.choices)
        for purpose, granted in choices.items():
            yield consent.node, purpose, granted is True, consent.at_us, consent.source, consent.message_id


def _signals(
    first: int,
    moves: Iterable[tuple[UUID, SignalKind, str]],
    gathered: Gathered,
    position: int,
    at_us: int,
) -> Iterator[Signal]:
    number = first
    map_moves = [(SignalKind.MERGED, heir, key) for key, heir in gathered.gone.items()]
    map_moves += [(SignalKind.SPLIT, key, source) for key, source in gathered.born.items()]
    map_moves += [(SignalKind.MOVED, into, source) for into, source in gathered.moved]
    for kind, key, other in map_moves:
        yield Signal(number, kind, UUID(bytes=key), str(UUID(bytes=other)), at_us, position)
        number += 1
    for key, kind, name in moves:
        yield Signal(number, kind, key, name, at_us, position)
        number += 1
