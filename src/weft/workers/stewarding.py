"""What a steward says takes effect at once: written down durably, then the map changes, then profiles follow."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Engine

from weft.clock import us_of
from weft.identity.steward import StewardEdge
from weft.model.preview import Person, Preview
from weft.model.profile import ProfileDocument
from weft.profile.projection import StoredProfile, project, told_by_all
from weft.storage.database import transaction
from weft.storage.database_consent import read_evidence
from weft.storage.database_profiles import load_profiles, read_documents
from weft.storage.database_steward import add_edges, numbered
from weft.storage.database_thresholds import read_thresholds
from weft.storage.defined import Defined
from weft.storage.duckdb_evaluate import Evaluator
from weft.storage.duckdb_identity import Supposed
from weft.storage.duckdb_tick import Batch, TickStore
from weft.storage.duckdb_warehouse import Warehouse
from weft.storage.outside import Outside, sayings


class Stewarding:
    """Takes edges of stewards in, from any thread. clock: UTC without a zone; done: profiles must follow now."""

    def __init__(
        self,
        database: Engine,
        warehouse: Warehouse,
        store: TickStore,
        defined: Defined,
        clock: Callable[[], datetime],
        done: Callable[[], None],
    ) -> None:
        self._database = database
        self._reader = database.execution_options(read_only=True)
        self._warehouse = warehouse
        self._store = store
        self._defined = defined
        self._outside = Outside(database, defined)
        self._clock = clock
        self._done = done
        self._turn = threading.Lock()
        self._evaluator: Evaluator | None = None

    def say(self, edges: Sequence[StewardEdge]) -> list[StewardEdge]:
        """Add edges, in one transaction, and bring the map up to date; return them with number, time and position.

        When this process dies in between, the next tick takes them in.
        """
        now = self._clock()
        with transaction(self._database) as connection:
            added = add_edges(connection, [self._dated(edge, now) for edge in edges])
        self._store.apply(Batch(self._store.position, now), lambda _: [])
        self._done()
        return added

    def preview(self, edges: Sequence[StewardEdge]) -> Preview:
        """Return what would come of edges. Nothing is written."""
        now = self._clock()
        with self._reader.begin() as connection:
            said = numbered(connection, [self._dated(edge, now) for edge in edges])
        nodes = self._store.suppose(said, now)
        with self._reader.begin() as connection:
            stored = load_profiles(connection, {each.before for each in nodes})
            documents = read_documents(connection, stored)
            before = [documents[key] for key in sorted(documents)]
            after = self._supposed(stored, nodes, now)
            held = {key: list(profile.nodes) for key, profile in stored.items()}
            would: dict[bytes, list[bytes]] = {}
            for each in nodes:
                would.setdefault(each.after, []).append(each.node)
            return Preview(
                tuple(_person(connection, each, held) for each in before),
                tuple(_person(connection, each, would) for each in after),
                sum(each.before != each.after for each in nodes),
            )

    def _supposed(
        self, stored: Mapping[bytes, StoredProfile], nodes: Sequence[Supposed], now: datetime
    ) -> list[ProfileDocument]:
        states = {key: state for profile in stored.values() for key, state in profile.nodes.items()}
        profiles: dict[bytes, StoredProfile] = {}
        for each in nodes:
            if each.node not in states:
                continue  # no profile shows it yet
            profile = profiles.setdefault(each.after, StoredProfile({}, {}))
            profile.nodes[each.node] = states[each.node]
            served = stored.get(each.before)  # none where profiles have yet to follow the map
            for name, since in served.audiences.items() if served else ():
                profile.audiences[name] = min(since, profile.audiences.get(name, since))
        kept = [(key, state.measures) for key, state in states.items() if state.measures != "{}"]
        owned = {node: key for key, profile in profiles.items() for node in profile.nodes}
        says, position = sayings(self._defined), self._store.position
        told = told_by_all(profiles, says)
        given = self._outside.of(profiles, told, us_of(now))
        with self._reader.begin() as connection:
            thresholds = read_thresholds(connection)
        with self._turn:
            if self._evaluator is None:
                self._evaluator = Evaluator(self._warehouse, self._defined)
            self._evaluator.thresholds = thresholds
            _, evaluated = self._evaluator.evaluate(None, kept, owned, given, now)
        return [
            project(
                key, profile, told[key], evaluated[key], says, position=position, now_us=us_of(now)
            ).document
            for key, profile in sorted(profiles.items())
        ]

    def _dated(self, edge: StewardEdge, now: datetime) -> StewardEdge:
        return msgspec.structs.replace(edge, at_us=us_of(now), position=self._store.position)


def _person(
    connection: Connection, document: ProfileDocument, nodes: Mapping[bytes, Sequence[bytes]]
) -> Person:
    keys = [UUID(bytes=node) for node in nodes[document.profile_id.bytes]]
    return Person(document, read_evidence(connection, keys).records)
