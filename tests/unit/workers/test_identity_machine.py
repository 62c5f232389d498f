"""Stewards, events, restarts and crashes in any order: undo is exact, words hold, limits hold, ids stay."""

import shutil
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.unit.workers.engine import KEY, RULES, Engine, event

from weft.identity.steward import StewardEdge, StewardKind, constraint_of, in_force
from weft.model.identifier import Identifier, node_id
from weft.storage.database_steward import StewardEdges

NAMES = [f"user_id:{number}" for number in range(4)] + [f"email:{number}@x" for number in range(4)]
names = st.sampled_from(NAMES)


class Identity(RuleBasedStateMachine):
    """The real tick over a warehouse of its own."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="weft-machine-"))
        self.engine = Engine(self.folder / "e", [], [])
        self.number = 0
        self.rows: list[dict[str, object]] = []

    @rule(one=names, other=names)
    def happen(self, one: str, other: str) -> None:
        self.number += 1
        row = event(self.number, *dict.fromkeys((one, other)))
        self.rows.append(row)
        self.engine.take(row)

    @rule(one=names, other=names, kind=st.sampled_from(["same", "apart", "split"]))
    def say_and_take_back(self, one: str, other: str, kind: str) -> None:
        if one == other:
            return
        before, grouped = self.engine.served(), self.groups()
        number = self.engine.say(kind, [one], [other])
        self.engine.say("retract", retracts=number)
        assert self.groups() == grouped
        assert self.engine.served() == before

    @rule(one=names, other=names, kind=st.sampled_from(["same", "apart", "split"]))
    def say(self, one: str, other: str, kind: str) -> None:
        if one != other:
            self.engine.say(kind, [one], [other])

    @rule(data=st.data())
    def retract(self, data: st.DataObject) -> None:
        said = [edge.number for edge in self.edges()]
        if said:
            self.engine.say("retract", retracts=data.draw(st.sampled_from(said)))

    @rule()
    def restart(self) -> None:
        before = self.engine.served(), self.groups()
        self.engine.reopen()
        self.engine.take()
        assert (self.engine.served(), self.groups()) == before

    @rule(one=names, other=names)
    def crash(self, one: str, other: str) -> None:
        """The transaction fails after everything was written; then the same comes again."""
        before = self.groups()
        row = event(self.number + 1, *dict.fromkeys((one, other)))

        def fail(_: object) -> list[object]:
            raise RuntimeError("power is gone")

        position, learn = self.engine.position, self.engine.learn
        self.engine.learn = fail
        with pytest.raises(RuntimeError):
            self.engine.tick([row])
        self.engine.position, self.engine.learn = position, learn
        assert self.groups() == before
        self.happen(one, other)

    @rule()
    def replay(self) -> None:
        """All that stewards said is known before the first event, and all events come at once."""
        other = Engine(self.folder / "again", [], [])
        for edge in StewardEdges(self.engine.database)(0):
            other.say_again(edge)
        other.take(*self.rows)
        try:
            assert self.groups_of(other) == self.groups()
        finally:
            other.close()

    @invariant()
    def words_and_limits_hold(self) -> None:
        if not hasattr(self, "engine"):
            return
        assigned = dict(
            self.engine.warehouse.cursor().execute("SELECT node_id, profile_id FROM identity_map").fetchall()
        )
        profiles = {node.bytes: profile for node, profile in assigned.items()}
        edges = self.edges()
        if edges:
            newest = constraint_of(edges[-1], lambda each: node_id(KEY, each).bytes)
            left = {profiles[node] for node in newest.left if node in profiles}
            assert not left & {profiles[node] for node in newest.right if node in profiles}
            assert len({profiles[node] for node in newest.same if node in profiles}) <= 1
        if not any(edge.kind in (StewardKind.SAME, StewardKind.SPLIT) for edge in edges):
            named = {node_id(KEY, Identifier(*name.split(":"))): name.split(":")[0] for name in NAMES}
            held = Counter((profile, named[node]) for node, profile in assigned.items())
            assert all(count <= RULES.of(name).most_per_profile for (_, name), count in held.items())

    def edges(self) -> list[StewardEdge]:
        return in_force(StewardEdges(self.engine.database)(0))

    def groups(self) -> list[list[str]]:
        return self.groups_of(self.engine)

    def groups_of(self, engine: Engine) -> list[list[str]]:
        rows = engine.warehouse.cursor().execute(
            "SELECT list(node.namespace || ':' || value ORDER BY node_id) FROM node JOIN identity_map "
            "USING (node_id) GROUP BY profile_id ORDER BY ALL"
        )
        return [each for (each,) in rows.fetchall()]

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            self.engine.close()
            shutil.rmtree(self.folder)


TestIdentity = Identity.TestCase
TestIdentity.settings = settings(
    max_examples=6, stateful_step_count=10, deadline=None, suppress_health_check=list(HealthCheck)
)
