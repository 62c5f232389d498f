"""EM beside a plain one that loops over pairs, and the model's parts."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.identity.scoring.calibrate import isotonic
from weft.identity.scoring.compare import LEVELS, RARITIES, Prepared, level
from weft.identity.scoring.em import Sampled, fit
from weft.identity.scoring.model import bits_by_byte, byte_places, outcome_by_byte, strangers_by_byte
from weft.identity.scoring.table import encode
from weft.identity.scoring.train import set_rarity


def simulated(pairs: int, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Three two-level fields: 95% agree for one person, 10% for strangers."""
    rng = np.random.default_rng(seed)
    same = rng.random(pairs) < share
    agrees = rng.random((3, pairs)) < np.where(same, 0.95, 0.1)
    return np.where(agrees, level("gender", "exact") + 3, 1).astype(np.uint8), same


def test_em_finds_what_the_pairs_were_made_of() -> None:
    levels, same = simulated(40_000, 0.3, 1)
    prepared = [Prepared("gender", pa.array(["a"]), {}, np.zeros(1, np.uint8)) for _ in range(3)]
    row = np.array([0.9, 0.1])
    strangers = [np.stack([row, row, row]) for _ in prepared]
    learnt = fit(prepared, strangers, Sampled(levels, 1.0, 40_000.0, {}), None)
    assert learnt.share_same == pytest.approx(same.mean(), abs=0.03)
    for rows in learnt.same:
        assert rows[0][1] == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize("kind", LEVELS)
def test_every_level_byte_has_its_bits(kind: str) -> None:
    count = len(LEVELS[kind])
    same = np.full((4, count), 1 / count)
    strangers = np.full((3, count), 1 / count)
    bits = bits_by_byte(kind, same, strangers)
    context, place = byte_places(kind)
    assert bits[0] == bits[64] == bits[128] == bits[192] == 0
    rarer = [bits[level(kind, "exact") + step] for step in range(RARITIES)]
    assert rarer == sorted(rarer)
    assert (outcome_by_byte(kind, same)[place >= 0] <= 1).all()
    assert (strangers_by_byte(kind, strangers) <= 1).all()
    assert set(context.tolist()) == {0, 1, 2, 3}


def test_what_one_person_repeats_is_not_frequent() -> None:
    names = ["ann"] * 8 + [f"name{place}" for place in range(8)]
    field = encode("given", "given_name", pa.array(names))
    one = Prepared("given_name", field.values, {}, np.zeros(0, np.uint8))
    set_rarity(field, one, None)
    alone = one.rarity.copy()
    set_rarity(field, one, np.array([0] * 8 + list(range(1, 9)), np.int32))
    assert alone[0] < alone[1]
    assert one.rarity[0] == one.rarity[1]


@given(st.lists(st.tuples(st.floats(-20, 20), st.booleans()), min_size=1, max_size=300))
def test_calibration_rises(pairs: list[tuple[float, bool]]) -> None:
    bits = np.array([one for one, _ in pairs], np.float32)
    points = isotonic(bits, np.array([right for _, right in pairs]))
    x, y = zip(*points, strict=True)
    assert list(x) == sorted(x)
    assert list(y) == sorted(y)
    assert 0 <= min(y) <= max(y) <= 1
