"""Expectation maximisation over candidate pairs (Dempster, Laird, Rubin 1977) with three outcomes.

The strangers are held as random pairs show them; one person and one household are learnt, with a Dirichlet
prior from `model.PRIOR`, so that a thousand records are enough.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from weft.identity.scoring.compare import LEVELS, Prepared
from weft.identity.scoring.model import (
    CONTEXTS,
    LEAST,
    MOST_TOGETHER,
    SHARED_KINDS,
    bits_by_byte,
    byte_places,
    default_rows,
    household_bits,
)
from weft.identity.scoring.table import Bits, side_by_side

PRIOR_PAIRS = 30.0
ROUNDS = 30
SETTLING = 5
"""First rounds in which one person's probabilities stay as they were, so that the outcomes find their pairs."""
CONVERGED = 0.002
AT_ONCE = 50_000


@dataclass(slots=True)
class Parameters:
    """Probabilities of the levels by outcome and field, and the outcomes' shares of pairs."""

    strangers: list[NDArray[np.float64]]
    same: list[NDArray[np.float64]]
    household: list[NDArray[np.float64]]
    together: list[float]
    share_same: float
    share_household: float


@dataclass(frozen=True, slots=True)
class Sampled:
    """Candidate pairs to learn from. levels: fields by pairs, each pair standing for `weight` of `all_pairs`.

    agreeing: of a field whose agreement between strangers is to be learnt where its parents agree, how many of
    all pairs these are.
    """

    levels: NDArray[np.uint8]
    weight: float
    all_pairs: float
    agreeing: Mapping[int, float]


def fit(
    prepared: Sequence[Prepared],
    strangers: Sequence[NDArray[np.float64]],
    sample: Sampled,
    start: Parameters | None,
) -> Parameters:
    """Run EM. start: what an earlier run found, to go on from."""
    levels = sample.levels
    now = _start(prepared, strangers, sample, start)
    places = [byte_places(one.kind) for one in prepared]
    for turn in range(ROUNDS):
        settling = start is None and turn < SETTLING
        same, household = _posterior(prepared, levels, now)
        before = now.share_same
        now = Parameters(
            [
                _strangers(now.strangers[f], places[f], sample, f, 1 - same)
                if f in sample.agreeing
                else now.strangers[f]
                for f in range(len(prepared))
            ],
            now.same
            if settling
            else [_rows(one, places[f], levels[f], same) for f, one in enumerate(prepared)],
            [
                _rows(one, places[f], levels[f], household) if one.kind in SHARED_KINDS else np.zeros((0, 0))
                for f, one in enumerate(prepared)
            ],
            [_together(one, f, levels[f], household, now) for f, one in enumerate(prepared)],
            max((float(same.sum()) * sample.weight + 1) / sample.all_pairs, 1e-15),
            max((float(household.sum()) * sample.weight + 1) / sample.all_pairs, 1e-15),
        )
        if not settling and abs(now.share_same / before - 1) < CONVERGED:
            break
    return now


def _start(
    prepared: Sequence[Prepared],
    strangers: Sequence[NDArray[np.float64]],
    sample: Sampled,
    start: Parameters | None,
) -> Parameters:
    if start is not None:
        return replace(start, strangers=list(strangers))
    rows = [np.array(default_rows(one.kind)) for one in prepared]
    share = min(0.1 * max(sample.levels.shape[1], 1) * sample.weight / sample.all_pairs, 0.1)
    together = [MOST_TOGETHER.get(one.kind, 0.0) / 4 for one in prepared]
    return Parameters(list(strangers), rows, [row.copy() for row in rows], together, share, share / 2)


def _strangers(
    rows: NDArray[np.float64],
    places: tuple[NDArray[np.int64], NDArray[np.int64]],
    sample: Sampled,
    field: int,
    weights: NDArray[np.float32],
) -> NDArray[np.float64]:
    """Return the probabilities between strangers, anew where the parents agree.

    What agrees is among the candidates; of what differs, all other pairs whose parents agree are the count.
    """
    context, place = places
    counts = np.bincount(sample.levels[field], weights=weights, minlength=256) * sample.weight
    there = (context == 1) & (place >= 0)
    alike = np.zeros(rows.shape[1])
    np.add.at(alike, place[there], counts[there])
    total = max(sample.agreeing[field], float(alike.sum())) + PRIOR_PAIRS
    alike = (alike + PRIOR_PAIRS * rows[0]) / total
    alike[0] = max(1 - alike[1:].sum(), LEAST)
    return np.stack([rows[0], alike, rows[2]])


def _posterior(
    prepared: Sequence[Prepared], levels: NDArray[np.uint8], now: Parameters
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return each pair's probability of being one person, and of being one household."""
    rest = max(1 - now.share_same - now.share_household, 1e-6)
    alike = [bits_by_byte(one.kind, now.same[f], now.strangers[f]) for f, one in enumerate(prepared)]
    near = [
        household_bits(one.kind, alike[f], now.household[f], now.strangers[f], now.together[f])
        for f, one in enumerate(prepared)
    ]

    def judge(start: int) -> tuple[Bits, Bits]:
        part = levels[:, start : start + AT_ONCE]
        same = np.full(part.shape[1], np.log2(now.share_same / rest), np.float32)
        household = np.full(part.shape[1], np.log2(now.share_household / rest), np.float32)
        for place, mine in enumerate(part):
            same += alike[place][mine]
            household += near[place][mine]
        top = np.maximum(np.maximum(same, household), 0)
        same, household = np.exp2(same - top), np.exp2(household - top)
        total = same + household + np.exp2(-top)
        return (same / total).astype(np.float32), (household / total).astype(np.float32)

    judged = side_by_side(judge, range(0, max(levels.shape[1], 1), AT_ONCE))
    same, household = (np.concatenate(outcome) for outcome in zip(*judged, strict=True))
    return same, household


def _rows(
    one: Prepared,
    places: tuple[NDArray[np.int64], NDArray[np.int64]],
    levels: NDArray[np.uint8],
    weights: NDArray[np.float32],
) -> NDArray[np.float64]:
    """Return level probabilities by context from weighted pairs, drawn to the prior where pairs are few."""
    context, place = places
    counts = np.bincount(levels, weights=weights, minlength=256)
    there = place >= 0
    rows = np.zeros((len(CONTEXTS), len(LEVELS[one.kind])))
    np.add.at(rows, (context[there], place[there]), counts[there])
    alone = rows.sum(axis=0) + PRIOR_PAIRS * np.array(default_rows(one.kind)[0])
    alone /= alone.sum()
    rows[1:] += PRIOR_PAIRS * alone
    return np.maximum(np.stack([alone, *(row / row.sum() for row in rows[1:])]), LEAST)


def _together(
    one: Prepared, place: int, levels: NDArray[np.uint8], weights: NDArray[np.float32], before: Parameters
) -> float:
    """Return how often two of a household have the same of what is a person's own."""
    most = MOST_TOGETHER.get(one.kind, 0.0)
    if not most:
        return 0.0
    now = before.together[place]
    counts = np.bincount(levels, weights=weights, minlength=256)
    bits = bits_by_byte(one.kind, before.same[place], before.strangers[place])
    ratio = np.exp2(bits.astype(np.float64))
    shared = now * ratio / (1 - now + now * ratio)
    there = byte_places(one.kind)[1] >= 0
    total = float(counts[there].sum())
    return min(most, (float((counts * shared)[there].sum()) + PRIOR_PAIRS * most / 4) / (total + PRIOR_PAIRS))
