from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.identity.evaluation.pairs import expected_calibration_error, quality

LABELS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=25)


def _pairs(labels: list[int]) -> set[tuple[int, int]]:
    return {(a, b) for a, b in combinations(range(len(labels)), 2) if labels[a] == labels[b]}


@given(LABELS)
def test_precision_and_recall_are_those_of_the_pairs(labels: list[tuple[int, int]]) -> None:
    found, truth = (list(one) for one in zip(*labels, strict=True))
    measured = quality(np.array(found, np.int32), np.array(truth, np.int32))
    mine, theirs = _pairs(found), _pairs(truth)
    assert measured.precision == pytest.approx(len(mine & theirs) / len(mine) if mine else 1)
    assert measured.recall == pytest.approx(len(mine & theirs) / len(theirs) if theirs else 1)


def test_records_whose_truth_is_not_known_do_not_count() -> None:
    measured = quality(np.array([0, 0, 0], np.int32), np.array([7, 7, -1], np.int32))
    assert (measured.precision, measured.recall, measured.b3_f1) == (1, 1, 1)


def test_calibration_error_is_the_gap_between_said_and_right() -> None:
    said = np.full(100, 0.9, np.float32)
    assert expected_calibration_error(said, np.arange(100) < 90) == pytest.approx(0, abs=1e-6)
    assert expected_calibration_error(said, np.arange(100) < 50) == pytest.approx(0.4, abs=1e-6)
    assert expected_calibration_error(np.zeros(3, np.float32), np.zeros(3, np.bool_)) == 0
