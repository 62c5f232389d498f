"""Confidence held against answers."""

import pytest

from weft.identity.evaluation.answers import LEAST_ANSWERS, NORMAL_95, calibration_of, wilson


def test_bins_and_the_error_by_hand() -> None:
    answers = [(0.65, True)] * 10 + [(0.65, False)] * 10 + [(0.9, True)] * 10
    found = calibration_of(answers)
    assert [(each.least, each.answers) for each in found.bins] == [(0.6, 20), (0.9, 10)]
    assert [each.observed for each in found.bins] == [0.5, 1.0]
    assert found.ece == pytest.approx((20 * 0.15 + 10 * 0.1) / 30)


def test_few_answers_give_no_error() -> None:
    found = calibration_of([(0.7, True)] * (LEAST_ANSWERS - 1))
    assert (found.answers, found.ece) == (LEAST_ANSWERS - 1, None)
    assert calibration_of([]).bins == ()
    assert calibration_of([(1.0, True)]).bins[0].least == 0.9


@pytest.mark.parametrize(("right", "count"), [(0, 1), (3, 7), (20, 20), (47, 100)])
def test_the_interval_ends_where_what_was_seen_is_just_likely_enough(right: int, count: int) -> None:
    share = right / count
    for bound in wilson(share, count):
        likely = NORMAL_95 * (bound * (1 - bound) / count) ** 0.5
        assert abs(share - bound) == pytest.approx(likely, abs=1e-6)
