import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from weft.identity.live import grown
from weft.identity.live.grown import Groups, Places

Entries = st.lists(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 200)), max_size=30), min_size=1, max_size=12
)


@settings(deadline=None)
@given(Entries, st.integers(1, 20), st.booleans())
def test_groups_are_what_a_dictionary_of_lists_is(
    parts: list[list[tuple[int, int]]], loose: int, compact: bool
) -> None:
    groups, expected = Groups(), dict[int, list[int]]()
    before, grown.LOOSE_MOST = grown.LOOSE_MOST, loose
    try:
        for part in parts:
            for key, row in part:
                expected.setdefault(key, []).append(row)
            keys, rows = (np.array([each[at] for each in part], np.int64) for at in (0, 1))
            groups.add(keys.astype(np.uint64), rows)
    finally:
        grown.LOOSE_MOST = before
    if compact:
        groups.compact()
    asked = np.arange(45, dtype=np.uint64)
    sizes = groups.sizes(asked)
    assert sizes.total.tolist() == [len(expected.get(key, [])) for key in range(45)]
    wanted = np.flatnonzero(np.arange(45) % 2 == 0)
    rows, places = groups.rows(asked, sizes, wanted)
    found = dict[int, list[int]]()
    for row, place in zip(rows.tolist(), places.tolist(), strict=True):
        found.setdefault(place, []).append(row)
    assert {key: sorted(each) for key, each in found.items()} == {
        key: sorted(each) for key, each in expected.items() if key % 2 == 0
    }


@settings(deadline=None)
@given(
    st.lists(st.sets(st.integers(0, 2**64 - 1), max_size=20), max_size=12), st.integers(1, 20), st.booleans()
)
def test_places_are_what_a_dictionary_is(parts: list[set[int]], loose: int, compact: bool) -> None:
    places, expected = Places(), dict[int, int]()
    before, grown.LOOSE_MOST = grown.LOOSE_MOST, loose
    try:
        for part in parts:
            new = [each for each in sorted(part) if each not in expected]
            numbers = np.arange(len(expected), len(expected) + len(new))
            expected.update(zip(new, numbers.tolist(), strict=True))
            places.add(np.array(new, np.uint64), numbers)
    finally:
        grown.LOOSE_MOST = before
    if compact:
        places.compact()
    asked = np.array([*expected, 17, 2**63 + 5], np.uint64)
    assert places.find(asked).tolist() == [expected.get(int(each), -1) for each in asked]
