"""Texts that letters say are unlike are unlike."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA, JaroWinkler

from weft.identity.kinds.letters import Letters

TEXTS = st.lists(
    st.one_of(
        st.text("abcAB01 é김\U0001f600", min_size=1, max_size=12),
        st.text(min_size=1, max_size=90),
        st.sampled_from(["street", "streets", "tsreet", "martha", "marhta", "a" * 70, "a" * 71]),
    ),
    min_size=1,
    max_size=8,
    unique=True,
)


@given(TEXTS, st.sampled_from([0.8, 0.88, 0.95]), st.integers(0, 3))
def test_no_pair_is_lost(texts: list[str], cutoff: float, most: int) -> None:
    letters = Letters(pa.array(texts))
    left, right = (side.astype(np.int32) for side in np.triu_indices(len(texts)))
    like = set(letters.maybe_like(left, right, cutoff).tolist())
    near = set(letters.maybe_near(left, right, most).tolist())
    for place, (one, other) in enumerate(zip(left.tolist(), right.tolist(), strict=True)):
        pair = texts[one], texts[other]
        assert place in like or JaroWinkler.normalized_similarity(*pair) < cutoff
        assert place in near or OSA.distance(*pair) > most


def test_strangers_are_told_apart_and_neighbours_are_not() -> None:
    letters = Letters(pa.array(["4477001234", "4477001243", "4477998866", "jonathan", "barbara"]))
    left, right = np.array([0, 0, 3], np.int32), np.array([1, 2, 4], np.int32)
    assert letters.maybe_near(left, right, 2).tolist() == [0]
    assert letters.maybe_like(left, right, 0.88).tolist() == [0]
