"""Confidence held against what stewards answered: of those that were 80% sure, how many were one person? Pure."""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weft.identity.evaluation.pairs import expected_calibration_error

BINS = 10
LEAST_ANSWERS = 30
"""With fewer the error says more about chance than about the confidence."""
NORMAL_95 = 1.959964
"""Quantile .975 of the normal distribution."""


class Bin(NamedTuple):
    """Answers whose confidence is in [least, least + 1 / BINS). predicted: its mean; observed: share of one person.

    low, high: where the true share is at 95% (Wilson 1927).
    """

    least: float
    answers: int
    predicted: float
    observed: float
    low: float
    high: float


class Calibration(NamedTuple):
    """ece: the expected calibration error over these bins; None with fewer than LEAST_ANSWERS answers."""

    answers: int
    ece: float | None
    bins: tuple[Bin, ...]


def calibration_of(answers: Sequence[tuple[float, bool]]) -> Calibration:
    """Return how confidence and answers agree. answers: the confidence when asked, and whether it was one person."""
    said = np.array([confidence for confidence, _ in answers], np.float32)
    right = np.array([one for _, one in answers], np.bool_)
    place = np.minimum((said * BINS).astype(np.int64), BINS - 1)
    bins = tuple(_bin(at, said[place == at], right[place == at]) for at in np.unique(place).tolist())
    enough = len(answers) >= LEAST_ANSWERS
    return Calibration(len(answers), expected_calibration_error(said, right, BINS) if enough else None, bins)


def wilson(share: float, count: int) -> tuple[float, float]:
    """Return the 95% interval of a share that was observed `count` times (Wilson 1927, score interval)."""
    square = NORMAL_95**2
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = NORMAL_95 * sqrt(share * (1 - share) / count + square / (4 * count**2)) / (1 + square / count)
    return max(0.0, middle - half), min(1.0, middle + half)


def _bin(at: int, said: NDArray[np.float32], right: NDArray[np.bool_]) -> Bin:
    observed = float(right.mean())
    return Bin(at / BINS, len(said), float(said.mean()), observed, *wilson(observed, len(said)))
