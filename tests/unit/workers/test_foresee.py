"""A dry run of rules, held against what is there once the engine has started again with them."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.workers.engine import KEY, NOW, RULES, Engine, event

from weft.clock import now_us
from weft.identity.foresee import Cause, Foreseen, Sample
from weft.identity.rules import Namespace, Rules
from weft.model.identifier import Identifier
from weft.storage.database_steward import StewardEdges
from weft.storage.duckdb_foresee import RulesPreview

NAMES = [f"{kind}:{number}" for kind in ("user_id", "email", "crm") for number in range(5)]
PEOPLE = "SELECT node_id, profile_id FROM identity_map"
TABLES = {
    "generic": "SELECT node_id FROM generic WHERE people > 0",
    "blocked": "SELECT node_id FROM generic WHERE people = 0",
    "questions": "SELECT DISTINCT link_key FROM review WHERE why IN ('unsure', 'fallen')",
    "refused": "SELECT DISTINCT link_key FROM contested",
}


class State(NamedTuple):
    """What is: node → profile, and the rows of each table."""

    people: Mapping[bytes, bytes]
    tables: Mapping[str, set[Any]]


def state(engine: Engine) -> State:
    cursor = engine.warehouse.cursor()
    people = {node.bytes: profile.bytes for node, profile in cursor.execute(PEOPLE).fetchall()}
    return State(people, {name: set(cursor.execute(sql).fetchall()) for name, sql in TABLES.items()})


def foresee(engine: Engine, rules: Rules) -> Foreseen:
    preview = RulesPreview(engine.warehouse, KEY, engine.rules, StewardEdges(engine.database))
    return preview.foresee(rules, now_us(), 1_000)


def apply(engine: Engine, rules: Rules) -> None:
    engine.rules = rules
    engine.begin_ticking()


def parted(one: Mapping[bytes, bytes], other: Mapping[bytes, bytes]) -> set[Any]:
    """Return who of one state is several people of the other, each with how many nodes they share."""
    shared: dict[bytes, Counter[bytes]] = {}
    for node, profile in one.items():
        shared.setdefault(profile, Counter())[other[node]] += 1
    return {(whole, frozenset(parts.items())) for whole, parts in shared.items() if len(parts) > 1}


def told(samples: tuple[Sample, ...]) -> set[Any]:
    return {
        (one.whole.profile, frozenset((each.profile, each.size) for each in one.parties)) for one in samples
    }


def check(found: Foreseen, before: State, after: State) -> None:
    merges, splits = parted(after.people, before.people), parted(before.people, after.people)
    counts = found.counts
    assert (counts.before, counts.after) == tuple(len({*each.people.values()}) for each in (before, after))
    assert (counts.into, counts.splitting) == (len(merges), len(splits))
    assert counts.merging == len({profile for _, parts in merges for profile, _ in parts})
    assert counts.parts == len({profile for _, parts in splits for profile, _ in parts})
    assert counts.moving == sum(after.people[node] != profile for node, profile in before.people.items())
    assert (told(found.merges), told(found.splits)) == (merges, splits)
    for name, rows in before.tables.items():
        gained = after.tables[name] - rows, rows - after.tables[name]
        assert (name, *getattr(found, name)) == (name, *map(len, gained))


@st.composite
def rules(draw: st.DrawFn) -> Rules:
    most = st.integers(1, 4)
    blocked = st.sampled_from([(), ("1",), ("*3", "2")])
    namespaces = {
        name: Namespace(
            most_per_profile=draw(most),
            most_profiles=draw(most),
            bits=draw(st.sampled_from([3.0, 12.0])),
            half_life_days=draw(st.sampled_from([None, 300.0])),
            blocked=draw(blocked),
        )
        for name in ("user_id", "email", "crm")
    }
    merge, review = draw(st.sampled_from([(0.95, 0.6), (0.995, 0.6), (0.7, 0.7), (0.85, 0.2)]))
    return Rules(merge=merge, review=review, namespaces=namespaces)


@st.composite
def happenings(draw: st.DrawFn) -> list[tuple[str, str, str]]:
    """Return what happens: (kind, one, other)."""
    kinds = st.sampled_from(["event"] * 6 + ["score"] * 3 + ["same", "apart", "split"])
    names = st.sampled_from(NAMES)
    return draw(st.lists(st.tuples(kinds, names, names), min_size=5, max_size=40))


def happen(engine: Engine, happened: list[tuple[str, str, str]]) -> None:
    for number, (kind, one, other) in enumerate(happened, 1):
        if kind == "event" or one == other:
            at = NOW - timedelta(days=number)
            engine.tick([event(number, *dict.fromkeys((one, other)), at=at)])
        elif kind == "score":
            engine.score(one, other, (0.99, 0.8)[number % 2])
        else:
            engine.say(kind, [one], [other])
    engine.hear()


@settings(max_examples=6, deadline=None)
@given(happenings(), rules(), rules())
def test_what_is_foreseen_is_what_comes(
    happened: list[tuple[str, str, str]], first: Rules, other: Rules
) -> None:
    folder = Path(tempfile.mkdtemp(prefix="weft-foresee-"))
    engine = Engine(folder / "e", [], [])
    try:
        happen(engine, happened)
        for coming in (first, other, first):
            before = state(engine)
            found = foresee(engine, coming)
            assert state(engine) == before
            apply(engine, coming)
            check(found, before, state(engine))
    finally:
        engine.close()
        shutil.rmtree(folder)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = Engine(tmp_path / "w", traits=[], audiences=[])
    yield engine
    engine.close()


def changed(**more: Any) -> Rules:
    return msgspec.structs.replace(RULES, **more)


def of(name: str, **more: Any) -> Rules:
    changed_one = msgspec.structs.replace(RULES.of(name), **more)
    return changed(namespaces={**RULES.namespaces, name: changed_one})


def test_rules_in_force_change_nothing(engine: Engine) -> None:
    engine.take(event(1, "user_id:1", "email:a"))
    found = foresee(engine, changed(country="KR"))
    assert found == Foreseen(found.counts)
    assert (found.counts.before, found.counts.after) == (1, 1)


def test_a_block_splits_and_says_why(engine: Engine) -> None:
    engine.take(event(1, "user_id:1", "email:shop"), event(2, "email:shop", "loyalty:7"))
    found = foresee(engine, of("email", blocked=("shop",)))
    assert (found.counts.splitting, found.counts.parts, found.blocked) == (1, 3, (1, 0))
    [because] = found.causes
    assert because == (Cause.BLOCKED, "email", 0, 1)
    [split] = found.splits
    assert {each.identifiers for each in split.parties} == {
        (Identifier("user_id", "1"),),
        (Identifier("email", "shop"),),
        (Identifier("loyalty", "7"),),
    }
    assert {each.why for each in split.ties} == {Cause.BLOCKED}
    assert len(split.ties) == 2


def test_a_limit_merges_and_names_the_namespace(engine: Engine) -> None:
    engine.take(event(1, "user_id:1", "email:a"), event(2, "user_id:2", "email:a"))
    found = foresee(engine, of("user_id", most_per_profile=2))
    assert (found.counts.merging, found.counts.into, found.refused) == (2, 1, (0, 1))
    assert found.causes == ((Cause.LIMIT, "user_id", 1, 0),)
    [merge] = found.merges
    [tie] = merge.ties
    assert tie.why is Cause.LIMIT
    assert Identifier("email", "a") in (tie.left, tie.right)


def test_a_threshold_parts_what_a_score_joined_and_asks(engine: Engine) -> None:
    engine.take(event(1, "loyalty:a"), event(2, "crm:b"))
    engine.score("loyalty:a", "crm:b", 0.99)
    engine.hear()
    found = foresee(engine, changed(merge=0.995))
    assert (found.counts.splitting, found.questions) == (1, (1, 0))
    assert found.causes == ((Cause.CONFIDENCE, "", 0, 1),)
    apply(engine, changed(merge=0.995))
    assert [why for (why,) in engine.warehouse.cursor().execute("SELECT why FROM review").fetchall()] == [
        "unsure"
    ]
    apply(engine, changed(merge=0.98))
    assert state(engine).tables["questions"] == set()
    assert len({*state(engine).people.values()}) == 1


def test_a_value_of_too_many_is_named(engine: Engine) -> None:
    engine.take(*(event(number, f"user_id:{number}", "phone:1") for number in range(3)))
    found = foresee(engine, of("phone", most_profiles=2))
    assert [(each.identifier.value, each.people) for each in found.becoming] == [("1", 3)]
    apply(engine, of("phone", most_profiles=2))
    again = foresee(engine, RULES)
    assert [each.identifier.value for each in again.ceasing] == ["1"]
    assert again.generic == (0, 1)


def test_devices_of_the_past_wait_for_a_replay(engine: Engine) -> None:
    assert foresee(engine, of("tablet", owned_by_login=True)).replay
    assert foresee(engine, changed(log_out=("Bye",))).replay
    assert not foresee(engine, changed(merge=0.99)).replay
