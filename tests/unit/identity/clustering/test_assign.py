import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from weft.identity.clustering.assign import mutual_best

PAIRS = st.dictionaries(
    st.tuples(st.integers(0, 9), st.integers(10, 19)), st.integers(-100, 100), min_size=0, max_size=40
)


@given(PAIRS)
def test_it_keeps_what_a_greedy_assignment_takes(pairs: dict[tuple[int, int], int]) -> None:
    left = np.array([one for one, _ in pairs], np.int32)
    right = np.array([other for _, other in pairs], np.int32)
    kept = mutual_best(20, left, right, np.array(list(pairs.values()), np.float32))
    expected, used = set[tuple[int, int]](), set[int]()
    for (one, other), _ in sorted(pairs.items(), key=lambda item: (-item[1], item[0])):
        if not {one, other} & used:
            expected.add((one, other))
            used |= {one, other}
    assert {pair for pair, keep in zip(pairs, kept.tolist(), strict=True) if keep} == expected
