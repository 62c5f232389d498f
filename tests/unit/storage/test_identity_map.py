"""What the tick keeps in memory says the same as the warehouse, and as the plainest thing that could be written."""

from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.workers.engine import Engine, event

from weft.storage.duckdb_identity import recall_identity
from weft.storage.identity_map import IdentityMap
from weft.storage.key_index import KeyIndex, Keys

HALVES = st.integers(0, 3) | st.integers(0, 2**64 - 1)


def keys(pairs: list[tuple[int, int]]) -> Keys:
    return np.array(pairs, np.uint64).reshape(-1, 2)


@given(
    st.lists(st.tuples(st.integers(0, 2**64 - 1), HALVES), unique_by=lambda pair: pair[0]), st.integers(1, 7)
)
def test_a_key_is_found_in_the_row_that_it_was_added_in(pairs: list[tuple[int, int]], cuts: int) -> None:
    index = KeyIndex()
    for part in np.array_split(keys(pairs), cuts):
        index.add(part)
    assert index.find(keys(pairs)).tolist() == list(range(len(pairs)))
    strangers = keys([(high, low ^ 1) for high, low in pairs])
    assert index.find(strangers).tolist() == [-1] * len(pairs)
    assert index.keys(np.arange(len(pairs))).tolist() == keys(pairs).tolist()


def test_two_keys_may_share_their_high_half() -> None:
    index = KeyIndex()
    index.add(keys([(5, 1), (5, 2), (4, 9), (6, 9)]))
    assert index.find(keys([(5, 2), (5, 1), (5, 3), (6, 9)])).tolist() == [1, 0, -1, 3]


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=30))
def test_profiles_are_chains_of_all_their_nodes(joins: list[tuple[int, int]]) -> None:
    known = IdentityMap()
    known.add(
        keys([(row * 977, row) for row in range(20)]),
        [f"n{row % 3}" for row in range(20)],
        np.arange(20, dtype=np.int64),
        np.arange(20, dtype=np.int64),
    )
    people = [{row} for row in range(20)]
    for one, other in joins:
        left, right = sorted(known.holders(np.array([one, other])).tolist())
        if left != right:
            known.merge(left, right)
            people[left] |= people[right]
    for row in range(20):
        holder = int(known.holders(np.array([row]))[0])
        assert set(known.members(holder)) == people[holder]
        assert sum(known.unit(holder, b"").held.values()) == len(people[holder])
    loaded = IdentityMap()
    rows = np.arange(20)
    loaded.add(known.index.keys(rows), ["n"] * 20, rows, rows)
    holders = known.holders(rows)
    ids = np.frombuffer(b"".join(known.own_profiles(holders)), ">u8").reshape(-1, 2).astype(np.uint64)
    loaded.assign(ids)
    assert loaded.holders(rows).tolist() == holders.tolist()
    assert [sorted(loaded.members(row)) for row in set(holders.tolist())] == [
        sorted(people[row]) for row in set(holders.tolist())
    ]


IDENTIFIERS = st.lists(
    st.sampled_from([f"{space}:{n}" for space in ("user_id", "anonymous_id", "email") for n in range(5)]),
    min_size=1,
    max_size=3,
    unique=True,
)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(IDENTIFIERS, min_size=1, max_size=4), min_size=1, max_size=6))
def test_memory_is_what_a_restart_would_recall(tmp_path_factory, ticks: list[list[list[str]]]) -> None:
    folder: Path = tmp_path_factory.mktemp("engine")
    engine = Engine(folder, traits=[], audiences=[])
    number = 0
    for tick in ticks:
        rows = []
        for identifiers in tick:
            number += 1
            rows.append(event(number, *identifiers))
        engine.tick(rows)
    memory = engine.store.memory
    assert memory is not None
    recalled = recall_identity(engine.warehouse.cursor(), memory.identity.stewardship)
    engine.close()
    rows = np.arange(len(recalled.map.index))
    there = memory.identity.map.index.find(recalled.map.index.keys(rows))
    assert memory.identity.map.own_profiles(memory.identity.map.holders(there)) == recalled.map.own_profiles(
        recalled.map.holders(rows)
    )
    assert {int(there[row]) for row in recalled.generic} == memory.identity.generic
    assert {int(there[row]) for row in recalled.contested} == memory.identity.contested
