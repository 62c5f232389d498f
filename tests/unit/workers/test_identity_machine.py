"""Stewards, events, scores, restarts and crashes in any order: undo is exact, words hold, limits hold, ids stay."""

import random
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.unit.workers.engine import KEY, RULES, SCORE_BITS, Engine, event

from weft.identity.steward import StewardEdge, StewardKind, constraint_of, in_force
from weft.model.identifier import Identifier, node_id
from weft.storage.database_person import Scores
from weft.storage.database_steward import StewardEdges

NAMES = [f"user_id:{number}" for number in range(4)] + [f"email:{number}@x" for number in range(4)]
GOLDEN: list[dict[str, Any]] = [
    {"name": "name", "strategy": "most_frequent"},
    {"name": "city", "strategy": "longest"},
]
PEOPLE = """
SELECT CAST(profile_id AS VARCHAR), list(node.namespace || ':' || value ORDER BY node_id)
FROM node JOIN identity_map USING (node_id) GROUP BY profile_id ORDER BY ALL
"""
EVIDENCE = "SELECT bits, fields FROM evidence"
names = st.sampled_from(NAMES)
sides = st.lists(names, min_size=2, max_size=5, unique=True)
kinds = st.sampled_from(["same", "apart", "split"])
tells = st.sampled_from(["", "a", "bb"])


class Identity(RuleBasedStateMachine):
    """The real tick and projection over a warehouse of their own. What waits is taken in by one tick."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="weft-machine-"))
        self.engine = Engine(self.folder / "e", [], [], GOLDEN)
        self.number = 0
        self.rows: list[dict[str, object]] = []
        self.waiting: list[dict[str, object]] = []
        self.quiet = True

    @rule(one=names, other=names, told=tells, waits=st.booleans())
    def happen(self, one: str, other: str, told: str, waits: bool) -> None:
        self.number += 1
        said = {"type": "identify", "name_": told, "name": "", "city": told} if told else {}
        self.waiting.append(event(self.number, *dict.fromkeys((one, other)), **said))
        self.take(waits)

    @rule(pair=sides, confidence=st.sampled_from(sorted(SCORE_BITS)), waits=st.booleans())
    def score(self, pair: list[str], confidence: float, waits: bool) -> None:
        position = self.engine.position + len(self.waiting)
        self.engine.score(pair[0], pair[1], confidence, position=position)
        self.take(waits)

    @rule(names=sides, cut=st.integers(1, 3), kind=kinds)
    def say_and_take_back(self, names: list[str], cut: int, kind: str) -> None:
        self.take()
        before, people = self.engine.served(), self.people()
        number = self.engine.say(kind, names[:cut], names[cut:] or [names[-1]])
        self.engine.say("retract", retracts=number)
        assert self.people() == people
        assert self.engine.served() == before

    @rule(names=sides, cut=st.integers(1, 3), kind=kinds, waits=st.booleans())
    def say(self, names: list[str], cut: int, kind: str, waits: bool) -> None:
        self.hear(self.engine.edge(kind, names[:cut], names[cut:] or [names[-1]]), waits)

    @rule(data=st.data(), waits=st.booleans())
    def retract(self, data: st.DataObject, waits: bool) -> None:
        said = [edge.number for edge in self.edges()]
        if said:
            self.hear(self.engine.edge("retract", retracts=data.draw(st.sampled_from(said))), waits)

    @rule()
    def restart(self) -> None:
        before = self.engine.served(), self.people()
        self.engine.reopen()
        if self.quiet:
            self.engine.take()
        assert (self.engine.served(), self.people()) == before

    @rule()
    def crash(self) -> None:
        """The transaction fails after everything was written; then the same comes again."""
        if not self.waiting:
            return

        def fail(_: object) -> list[object]:
            raise RuntimeError("power is gone")

        before, position, learn = self.people(), self.engine.position, self.engine.learn
        self.engine.learn = fail
        with pytest.raises(RuntimeError):
            self.engine.tick(self.waiting)
        self.engine.position, self.engine.learn = position, learn
        assert self.people() == before
        self.take()

    @rule()
    def replay(self) -> None:
        """All that stewards and the model said is known before the first event, and all events come at once."""
        self.take()
        other = self.again()
        other.take(*self.rows)
        other.hear()
        try:
            assert self.people_of(other) == self.people()
        finally:
            other.close()

    @rule(seed=st.integers(0, 99), cuts=st.integers(1, 4))
    def shuffle(self, seed: int, cuts: int) -> None:
        """The same events in another order and other ticks: the same people, whatever they are called."""
        self.take()
        other, rows = self.again(), [*self.rows]
        random.Random(seed).shuffle(rows)
        size = max(1, len(rows) // cuts)
        for start in range(0, len(rows), size):
            other.tick(rows[start : start + size])
        other.hear()
        try:
            assert sorted(held for _, held in self.people_of(other)) == sorted(
                held for _, held in self.people()
            )
        finally:
            other.close()

    @invariant()
    def words_and_limits_hold(self) -> None:
        if not hasattr(self, "engine") or not self.quiet:
            return
        profiles = {name: profile for profile, held in self.people() for name in held}
        edges = self.edges()
        if edges:
            named = {node_id(KEY, Identifier(*name.split(":"))).bytes: name for name in NAMES}
            newest = constraint_of(edges[-1], lambda each: node_id(KEY, each).bytes)
            left, right, same = (
                {profiles[named[node]] for node in side if named[node] in profiles}
                for side in (newest.left, newest.right, newest.same)
            )
            assert not left & right
            assert len(same) <= 1
        if not any(edge.kind in (StewardKind.SAME, StewardKind.SPLIT) for edge in edges):
            counts = Counter((profile, name.split(":")[0]) for name, profile in profiles.items())
            assert all(count <= RULES.of(name).most_per_profile for (_, name), count in counts.items())

    @invariant()
    def contributions_sum(self) -> None:
        if not hasattr(self, "engine"):
            return
        for bits, fields in self.engine.warehouse.cursor().execute(EVIDENCE).fetchall():
            assert sum(msgspec.json.decode(fields).values()) == pytest.approx(bits)

    def take(self, waits: bool = False) -> None:
        """Let one tick take in all that waits, or let it wait on."""
        self.quiet = not waits
        if waits:
            return
        self.engine.take(*self.waiting)
        self.rows += self.waiting
        self.waiting = []
        self.engine.hear()

    def hear(self, edge: StewardEdge, waits: bool) -> None:
        self.engine.note(edge)
        self.take(waits)

    def again(self) -> Engine:
        """Return a fresh engine to which everything was said before the first event."""
        other = Engine(self.folder / "again", [], [], GOLDEN)
        for edge in StewardEdges(self.engine.database)(0):
            other.note(edge)
        other.copy_scores(Scores(self.engine.database)(0, self.number, 1_000))
        return other

    def edges(self) -> list[StewardEdge]:
        return in_force(StewardEdges(self.engine.database)(0))

    def people(self) -> list[tuple[str, list[str]]]:
        return self.people_of(self.engine)

    def people_of(self, engine: Engine) -> list[tuple[str, list[str]]]:
        return engine.warehouse.cursor().execute(PEOPLE).fetchall()

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            self.engine.close()
            shutil.rmtree(self.folder)


TestIdentity = Identity.TestCase
TestIdentity.settings = settings(
    max_examples=8, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
