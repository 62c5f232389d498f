"""An engine without processes: a warehouse, a database, a tick and a projection that a test drives by hand."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
from sqlalchemy import select

from weft.audience.definition import read_audiences
from weft.clock import us_of
from weft.definitions import Definition
from weft.identity.live.person import PersonFields
from weft.identity.rules import Namespace, Rules
from weft.identity.steward import StewardEdge, StewardKind
from weft.model.catalogue import Learned
from weft.model.identifier import Identifier, node_id
from weft.model.measure import content_hash
from weft.model.profile import ProfileDocument
from weft.model.staged import STAGED
from weft.profile.definition import read_traits
from weft.profile.survivorship_definition import read_survivorship
from weft.storage.database import open_database, transaction
from weft.storage.database_audiences import DatabaseMemberships
from weft.storage.database_person import ScoreEdge, Scores, add_scores
from weft.storage.database_profiles import DatabaseProfiles, DatabaseSignals, profile
from weft.storage.database_steward import StewardEdges, add_edges
from weft.storage.defined import define
from weft.storage.duckdb_evaluate import Evaluator
from weft.storage.duckdb_project import ProjectStore
from weft.storage.duckdb_rebuild import RebuildStore
from weft.storage.duckdb_tick import Batch, TickStore
from weft.storage.duckdb_warehouse import Warehouse
from weft.storage.ibis_compiled import compiled_of
from weft.storage.sql.checker import check_sql
from weft.workers.project import Projector, Wrote
from weft.workers.rebuild import Rebuilder
from weft.workers.verify import StateHash, state_hash

NOW = datetime(2026, 6, 1, 12)
RULES = Rules(
    namespaces={
        **Rules().namespaces,
        "user_id": Namespace(most_per_profile=1, most_profiles=3),
        "email": Namespace(most_per_profile=5, most_profiles=3),
    },
    others=Namespace(most_profiles=3),
)
KEY = "k"
STATEMENTS = tempfile.TemporaryDirectory(prefix="weft-statements-")
"""Compiled statements of every engine of the run: compiling takes most of the time of a short test."""
PRIOR = -16.0
SCORE_BITS = {0.99: 6.6, 0.8: 2.0, 0.3: -1.2, 0.0: -30.0}
"""Confidence → the bits of a score that has it."""
DAY_US = 86_400_000_000
PERSONS = PersonFields({}, None)

TRAITS: list[dict[str, Any]] = [
    {"name": "orders", "kind": "count", "event": "Order Completed"},
    {"name": "revenue", "kind": "sum", "event": "Order Completed", "property": "revenue"},
    {"name": "views_7d", "kind": "count", "event": "Product Viewed", "window": "7d"},
    {"name": "brands", "kind": "distinct_count", "event": "Product Viewed", "property": "brand"},
    {"name": "last_brand", "kind": "last", "event": "Product Viewed", "property": "brand"},
    {"name": "bought", "kind": "sum", "record": "order", "multiply": ["quantity", "price"]},
]
AUDIENCES: list[dict[str, Any]] = [
    {"name": "buyers", "who": {"did": "Order Completed", "at_least": 2, "within": "30d"}},
    {
        "name": "looking",
        "who": {"all": [{"trait": "views_7d", "at_least": 1}, {"not": {"did": "Order Completed"}}]},
    },
    {"name": "korea", "who": {"trait": "country", "is": "KR"}},
]


def event(
    number: int, *identifiers: str, name: str = "Product Viewed", at: datetime = NOW, **more: Any
) -> dict[str, Any]:
    """One staged row. identifiers: `namespace:value`, the first one owns the event. more: properties."""
    kind = more.pop("type", "track")
    return {
        "message_id": more.pop("message_id", f"m{number}"),
        "type": kind,
        "name": name if kind != "identify" else "",
        "occurred_at": at,
        "received_at": more.pop("received", NOW),
        "source": more.pop("source", "test"),
        "identifiers": [
            dict(zip(("namespace", "value"), each.split(":"), strict=True)) for each in identifiers
        ],
        "consent": more.pop("consent", None),
        "record_id": more.pop("record_id", None),
        "context": json.dumps(more.pop("context", {})),
        "properties": json.dumps(more),
    }


class Engine:
    """Drives the workers step by step."""

    def __init__(
        self,
        folder: Path,
        traits: list[dict[str, Any]] = TRAITS,
        audiences: list[dict[str, Any]] = AUDIENCES,
        survivorship: Sequence[dict[str, Any]] = (),
        home: str = "UTC",
    ) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.now = NOW
        self.folder = folder
        definitions = [Definition("traits", body["name"], body, "t") for body in traits]
        definitions += [Definition("audiences", body["name"], body, "a") for body in audiences]
        found, problems = read_traits(definitions, check_sql)
        definitions += [Definition("survivorship", body["name"], body, "s") for body in survivorship]
        rules, more = read_audiences(definitions, found)
        survival, others = read_survivorship(definitions, [trait.name for trait in found])
        assert not [problem for problem in (*problems, *more, *others) if problem.is_error]
        self.compiled = compiled_of(define(found, rules, survival, home))
        statements = Path(STATEMENTS.name, content_hash([traits, audiences, list(survivorship), home]))
        statements.mkdir(exist_ok=True)
        (folder / "statements").symlink_to(statements)
        self.database = open_database("sqlite:///database.sqlite", folder)
        self.position = 0
        self.rules = RULES
        self.learn: Callable[[pa.Table], Sequence[Learned]] = lambda _: []
        self.wrote: Wrote = lambda _: None
        self.open()

    def open(self) -> None:
        """Open the warehouse and make the workers, as a start of the engine does."""
        self.warehouse = Warehouse(self.folder / "warehouse.duckdb", 500)
        self.warehouse.add_properties(self.compiled.property_columns)
        self.begin_ticking()
        self.projects = ProjectStore(self.warehouse, self.compiled.survival)
        evaluator = Evaluator(self.warehouse, self.compiled)
        self.projector = Projector(
            self.database,
            self.projects,
            evaluator,
            self.compiled,
            PERSONS,
            lambda: self.now,
            self._tell,
        )
        rebuild = RebuildStore(self.warehouse, self.compiled)
        self.rebuilder = Rebuilder(
            self.database, rebuild, self.compiled, PERSONS, lambda: self.now, self._tell
        )
        self.profiles = DatabaseProfiles(self.database, KEY)
        self.signals = DatabaseSignals(self.database)
        self.memberships = DatabaseMemberships(self.database)

    def _tell(self, ids: Iterable[bytes]) -> None:
        self.wrote(ids)

    def begin_ticking(self) -> None:
        """Begin with the rules as they are now, from what the warehouse has."""
        self.store = TickStore(
            self.warehouse,
            self.folder,
            KEY,
            self.rules,
            self.compiled.property_columns,
            StewardEdges(self.database),
            Scores(self.database),
        )
        self.store.recall(NOW - timedelta(days=7))

    def reopen(self) -> None:
        """Close the warehouse and begin again from what is on disk."""
        self.warehouse.close()
        self.open()

    def tick(self, rows: list[dict[str, Any]]) -> Any:
        """Apply rows at the next positions of the log."""
        staged = [{"position": self.position + 1 + index, **row} for index, row in enumerate(rows)]
        self.position += len(rows)
        table = pa.Table.from_pylist(staged, schema=STAGED)
        return self.store.apply(Batch(self.position, NOW, staged=table), self.learn)

    def hear(self) -> None:
        """Take in what stewards and the model said, and project."""
        while self.store.waits():
            self.store.apply(Batch(self.position, self.now), lambda _: [])
        self.projector.step()

    def take(self, *rows: dict[str, Any]) -> None:
        """Tick and project."""
        self.tick(list(rows))
        self.projector.step()

    def say(
        self, kind: str, left: Sequence[str] = (), right: Sequence[str] = (), *, retracts: int | None = None
    ) -> int:
        """Let a steward say something of `namespace:value`s; tick and project; return the number of the edge."""
        return self.say_again(self.edge(kind, left, right, retracts=retracts))

    def edge(
        self, kind: str, left: Sequence[str] = (), right: Sequence[str] = (), *, retracts: int | None = None
    ) -> StewardEdge:
        """Return what a steward says now of `namespace:value`s."""
        sides = [tuple(Identifier(*each.split(":")) for each in side) for side in (left, right)]
        return StewardEdge(
            number=0,
            kind=StewardKind(kind),
            left=sides[0],
            right=sides[1],
            by="kim",
            at_us=us_of(self.now),
            position=self.position,
            retracts=retracts,
        )

    def say_again(self, edge: StewardEdge) -> int:
        """Add an edge, whatever its number; tick and project; return the number that it has now."""
        number = self.note(edge)
        self.store.apply(Batch(self.position, self.now), lambda _: [])
        self.projector.step()
        return number

    def note(self, edge: StewardEdge) -> int:
        """Add an edge that the next tick takes in; return the number that it has now."""
        with transaction(self.database) as connection:
            [added] = add_edges(connection, [edge])
        return added.number

    def score(self, one: str, other: str, confidence: float, *, position: int | None = None) -> None:
        """Append a score of a pair to the stream; the next tick takes it in. confidence: one of `SCORE_BITS`."""
        left, right = sorted(node_id(KEY, Identifier(*each.split(":"))).bytes for each in (one, other))
        bits = SCORE_BITS[confidence]
        fields = msgspec.json.encode({"prior": PRIOR, "family_name": bits - PRIOR})
        at = self.position if position is None else position
        edge = ScoreEdge(0, left, right, "same", bits, confidence, fields, "m1", DAY_US, at)
        self.copy_scores([edge])

    def copy_scores(self, edges: Sequence[ScoreEdge]) -> None:
        """Append scores to the stream."""
        with transaction(self.database) as connection:
            add_scores(connection, edges)

    def served(self) -> dict[bytes, bytes]:
        """Return every served document as it is stored, by profile."""
        with self.database.begin() as connection:
            return dict(connection.execute(select(profile.c.profile_id, profile.c.document)).all())

    def who(self, identifier: str) -> ProfileDocument:
        """Return the profile that holds `namespace:value`."""
        found = self.profiles.find(Identifier(*identifier.split(":")))
        assert found is not None
        return found

    def said(self) -> list[tuple[str, str]]:
        """Return every signal so far as (kind, subject)."""
        return [(str(signal.kind), signal.subject) for signal in self.signals.read(0, 100_000)]

    def hash(self) -> StateHash:
        """Return the state hash at the engine's time."""
        return state_hash(self.database, self.warehouse, self.compiled, self.now)

    def close(self) -> None:
        """Let go of the files."""
        self.warehouse.close()
        self.database.dispose()
