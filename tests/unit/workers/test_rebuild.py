from pathlib import Path

import pytest
from tests.unit.workers.engine import NOW, PERSONS, Engine, event

from weft.storage.arrow_frame import given_table
from weft.storage.duckdb_rebuild import Reached, RebuildStore
from weft.workers.rebuild import Rebuilder

ROWS = [
    event(n, f"user_id:{n % 7}", f"anonymous_id:{n % 11}", name="Order Completed", revenue=n / 4)
    for n in range(60)
] + [
    event(100 + n, f"user_id:{n % 9}", type="identify", country="KR" if n % 2 else "TW", plan=n)
    for n in range(20)
]


class Killed(Exception):
    """Stands for the end of the process."""


@pytest.fixture
def engine(tmp_path: Path):
    made = Engine(tmp_path / "e")
    yield made
    made.close()


@pytest.fixture
def alike(tmp_path: Path):
    """An engine that took the same rows in step by step."""
    made = Engine(tmp_path / "alike")
    made.take(*ROWS[:25])
    made.take(*ROWS[25:])
    yield made
    made.close()


def sliced(engine: Engine) -> Rebuilder:
    store = RebuildStore(engine.warehouse, engine.compiled, slice_profiles=2)
    return Rebuilder(engine.database, store, engine.compiled, PERSONS, lambda: engine.now)


def test_what_the_tick_stores_meanwhile_is_left_to_the_next_step(engine: Engine):
    engine.tick(ROWS[:10])
    store = RebuildStore(engine.warehouse, engine.compiled)
    with store.snapshot() as reached:
        engine.tick(ROWS[10:40])
        store.prepare(Reached(0, 0), reached.position, NOW, everybody=True)
    [(profiles, *_)] = store.slices(lambda _, __: ({}, given_table(engine.compiled, {})))
    assert reached.position == 10
    assert sum(node.events for profile in profiles.values() for node in profile.nodes.values()) == 10


@pytest.mark.parametrize("everybody", [True, False])
def test_slices_come_to_what_increments_come_to(engine: Engine, alike: Engine, *, everybody: bool):
    engine.tick(ROWS)
    done: list[int] = []
    written = sliced(engine).run(everybody=everybody, progress=done.append)
    assert len(done) > 2
    assert written == done[-1] == engine.profiles.counts()
    assert engine.hash() == alike.hash()
    assert engine.memberships.sizes() == alike.memberships.sizes()
    for number in range(7):
        one, other = (each.who(f"user_id:{number}") for each in (engine, alike))
        assert one.traits == other.traits
        assert one.sources == other.sources
        assert sorted(one.identifiers) == sorted(other.identifiers)
        assert (one.events, one.first_seen_us, one.last_seen_us) == (
            other.events,
            other.first_seen_us,
            other.last_seen_us,
        )


def test_killed_in_the_middle_it_is_finished_at_the_next_start(engine: Engine, alike: Engine):
    engine.tick(ROWS)

    def kill(written: int) -> None:
        if written >= 4:
            raise Killed

    with pytest.raises(Killed):
        sliced(engine).run(everybody=False, progress=kill)
    assert 0 < engine.profiles.counts() < alike.profiles.counts()
    engine.reopen()
    again = sliced(engine)
    assert again.unfinished()
    again.run(everybody=False)
    assert not again.unfinished()
    assert engine.hash() == alike.hash()
    said = sorted(subject for kind, subject in engine.said() if kind == "entered")
    assert said == sorted(name for name, count in engine.memberships.sizes().items() for _ in range(count))


def test_what_merged_since_keeps_its_memberships_and_its_old_name(engine: Engine):
    engine.take(
        event(1, "user_id:1", type="identify", country="KR"),
        event(2, "anonymous_id:z", type="identify", country="KR"),
    )
    gone = engine.who("anonymous_id:z").profile_id
    kept = engine.who("user_id:1").profile_id
    engine.tick([event(3, "user_id:1", "anonymous_id:z", brand="Bosch")])
    sliced(engine).run(everybody=False)
    (heir,) = {engine.who("user_id:1").profile_id, engine.who("anonymous_id:z").profile_id}
    assert heir in (kept, gone)
    for each in (gone, kept):
        found = engine.profiles.get(each)
        assert found is not None
        assert found.profile_id == heir
    assert engine.memberships.sizes()["korea"] == 1
    assert [kind for kind, _ in engine.said()].count(
        "entered"
    ) == 3  # korea twice, looking once: a merge is no entry


def test_traits_of_very_many_events_are_rebuilt_as_they_are_live(tmp_path: Path) -> None:
    events = 60
    traits = [{"name": f"t{each}", "kind": "count", "event": f"E{each}"} for each in range(events)]
    audience = {"name": "any", "who": {"any": [{"did": f"E{each}"} for each in range(events)]}}
    engine = Engine(tmp_path / "e", traits, [audience])
    engine.take(*(event(each + 1, f"user_id:{each % 7}", name=f"E{each}") for each in range(events)))
    before = engine.hash()
    engine.rebuilder.run(everybody=True)
    assert engine.hash() == before
    assert sum(sum(engine.who(f"user_id:{each}").traits.values()) for each in range(7)) == events
    engine.close()
