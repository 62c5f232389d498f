"""Learning a model from records without labels.

Between strangers: level frequencies of random pairs, and the frequency of each value. For one person and one
household: expectation maximisation over the candidate pairs (Dempster, Laird, Rubin 1977), with the strangers
held fixed and a Dirichlet prior from `model.PRIOR`, so that a thousand records are enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from weft.identity.scoring.compare import LEVELS, RARITIES, Prepared
from weft.identity.scoring.model import (
    LEAST,
    MOST_TOGETHER,
    SHARED_KINDS,
    FieldModel,
    Model,
    bits_by_byte,
    byte_places,
    default_rows,
    household_bits,
)
from weft.identity.scoring.scorer import Chains
from weft.identity.scoring.table import Codes, Field, Records

RANDOM_PAIRS = 300_000
TRAINED_PAIRS = 200_000
PRIOR_PAIRS = 30.0
ROUNDS = 30
SETTLING = 5
"""First rounds in which one person's probabilities stay as they were, so that the outcomes find their pairs."""
CONVERGED = 0.002
ADDRESS = ("region", "city", "postcode", "street")
MOST_FREQUENT = 2_000


@dataclass(slots=True)
class Parameters:
    """What EM changes: probabilities of the levels by outcome and field, and the outcomes' shares of pairs."""

    same: list[NDArray[np.float64]]
    household: list[NDArray[np.float64]]
    together: list[float]
    share_same: float
    share_household: float


def parents_of(records: Records) -> list[str | None]:
    """Return each field's parent: an address goes from its most common part to its rarest, gender and
    e-mail follow from a given name.
    """
    parents: list[str | None] = [None] * len(records.fields)
    address = [place for place, one in enumerate(records.fields) if one.kind in ADDRESS]
    address.sort(
        key=lambda place: (ADDRESS.index(records.fields[place].kind), len(records.fields[place].values))
    )
    for above, place in pairwise(address):
        parents[place] = records.fields[above].name
    names = [one.name for one in records.fields if one.kind == "given_name"]
    for place, one in enumerate(records.fields):
        if one.kind in ("gender", "email") and names:
            parents[place] = names[0]
    return parents


def set_rarity(field: Field, prepared: Prepared, people: Codes | None) -> None:
    """Set the step of rarity of each value from how many different people have it.

    The chance that another person has a value seen on k people is estimated by Good-Turing (Good 1953):
    (k + 1) N(k+1) / N(k) / people for small k, k / people for larger ones, N(k) being how many values k people have.
    people: a number per record for who it is taken to be; None, every record is somebody else.
    """
    there = field.codes >= 0
    codes = field.codes[there].astype(np.int64)
    if people is not None:
        both = (people[there].astype(np.int64) << 32) | codes
        both.sort()
        codes = both[np.concatenate(([True], both[1:] != both[:-1]))] & 0xFFFFFFFF if len(both) else codes
    counts = np.bincount(codes, minlength=len(field.values))
    total = max(int(counts.sum()), 1)
    held = np.bincount(np.minimum(counts, 8), minlength=9).astype(np.float64)
    expected = counts.astype(np.float64)
    for seen in (1, 2):
        turing = (seen + 1) * (held[seen + 1] + 0.5) / (held[seen] + 1)
        expected[counts == seen] = min(turing, seen)
    expected[counts == 0] = min((held[1] + 0.5) / (held[1] + total), 0.5)
    chance = np.clip(expected / total, 2.0**-RARITIES, 1.0)
    prepared.rarity = np.clip(np.floor(-np.log2(chance)), 0, RARITIES - 1).astype(np.uint8)


def random_pairs(records: Records, rng: np.random.Generator) -> tuple[Codes, Codes]:
    """Return random pairs of different records."""
    total = len(records)
    left = rng.integers(0, total, RANDOM_PAIRS).astype(np.int32)
    right = rng.integers(0, total, RANDOM_PAIRS).astype(np.int32)
    return left[left != right], right[left != right]


def strangers_from(prepared: Sequence[Prepared], levels: NDArray[np.uint8]) -> list[NDArray[np.float64]]:
    """Return by field the level probabilities of random pairs: a row over all, one where the parent agrees."""
    found: list[NDArray[np.float64]] = []
    for one, bytes_ in zip(prepared, levels, strict=True):
        context, place = byte_places(one.kind)
        counts = np.bincount(bytes_, minlength=256).astype(np.float64)
        rows = np.zeros((3, len(LEVELS[one.kind])))
        there = place >= 0
        np.add.at(rows, (context[there], place[there]), counts[there])
        alone = rows.sum(axis=0) + 0.5
        alone /= alone.sum()
        agreeing = rows[1] + 20 * alone
        found.append(np.stack([alone, agreeing / agreeing.sum()]))
    return found


def fit(
    prepared: Sequence[Prepared],
    strangers: Sequence[NDArray[np.float64]],
    levels: NDArray[np.uint8],
    weight: float,
    all_pairs: float,
    start: Parameters | None,
) -> Parameters:
    """Run EM over candidate pairs. levels: fields by pairs, each standing for `weight` of `all_pairs` pairs."""
    now = start or _start(prepared, all_pairs, levels.shape[1] * weight)
    places = [byte_places(one.kind) for one in prepared]
    for turn in range(ROUNDS):
        settling = start is None and turn < SETTLING
        same, household = _posterior(prepared, strangers, levels, now)
        before = now.share_same
        now = Parameters(
            now.same
            if settling
            else [_rows(one, places[f], levels[f], same) for f, one in enumerate(prepared)],
            [
                _rows(one, places[f], levels[f], household) if one.kind in SHARED_KINDS else np.zeros((0, 0))
                for f, one in enumerate(prepared)
            ],
            [
                _together(one, strangers[f], levels[f], household, now.same[f], now.together[f])
                for f, one in enumerate(prepared)
            ],
            max((float(same.sum()) * weight + 1) / all_pairs, 1e-15),
            max((float(household.sum()) * weight + 1) / all_pairs, 1e-15),
        )
        if not settling and abs(now.share_same / before - 1) < CONVERGED:
            break
    return now


def _start(prepared: Sequence[Prepared], all_pairs: float, candidates: float) -> Parameters:
    rows = [np.array(default_rows(one.kind)) for one in prepared]
    share = min(0.1 * candidates / all_pairs, 0.1)
    together = [MOST_TOGETHER.get(one.kind, 0.0) / 4 for one in prepared]
    return Parameters(rows, [row.copy() for row in rows], together, share, share / 2)


def _posterior(
    prepared: Sequence[Prepared],
    strangers: Sequence[NDArray[np.float64]],
    levels: NDArray[np.uint8],
    now: Parameters,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return each pair's probability of being one person, and of being one household."""
    rest = max(1 - now.share_same - now.share_household, 1e-6)
    same = np.full(levels.shape[1], np.log2(now.share_same / rest), np.float32)
    household = np.full(levels.shape[1], np.log2(now.share_household / rest), np.float32)
    for place, one in enumerate(prepared):
        bits = bits_by_byte(one.kind, now.same[place], strangers[place])
        other = household_bits(one.kind, bits, now.household[place], strangers[place], now.together[place])
        same += bits[levels[place]]
        household += other[levels[place]]
    top = np.maximum(np.maximum(same, household), 0)
    same, household = np.exp2(same - top), np.exp2(household - top)
    total = same + household + np.exp2(-top)
    return (same / total).astype(np.float32), (household / total).astype(np.float32)


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
    rows = np.zeros((3, len(LEVELS[one.kind])))
    np.add.at(rows, (context[there], place[there]), counts[there])
    alone = rows.sum(axis=0) + PRIOR_PAIRS * np.array(default_rows(one.kind)[0])
    alone /= alone.sum()
    rows[1:] += PRIOR_PAIRS * alone
    return np.maximum(np.stack([alone, *(row / row.sum() for row in rows[1:])]), LEAST)


def _together(
    one: Prepared,
    strangers: NDArray[np.float64],
    levels: NDArray[np.uint8],
    weights: NDArray[np.float32],
    same: NDArray[np.float64],
    now: float,
) -> float:
    """Return how often two of a household have the same of what is a person's own."""
    most = MOST_TOGETHER.get(one.kind, 0.0)
    if not most:
        return 0.0
    counts = np.bincount(levels, weights=weights, minlength=256)
    ratio = np.exp2(bits_by_byte(one.kind, same, strangers).astype(np.float64))
    _, place = byte_places(one.kind)
    shared = now * ratio / (1 - now + now * ratio)
    there = place >= 0
    total = float(counts[there].sum())
    return min(most, (float((counts * shared)[there].sum()) + PRIOR_PAIRS * most / 4) / (total + PRIOR_PAIRS))


def build(
    records: Records,
    prepared: Sequence[Prepared],
    chains: Chains,
    strangers: Sequence[NDArray[np.float64]],
    learnt: Parameters,
) -> Model:
    """Put what was learnt into a model."""
    fields: list[FieldModel] = []
    for place, (field, one) in enumerate(zip(records.fields, prepared, strict=True)):
        usual = int(np.median(one.rarity)) if len(one.rarity) else RARITIES - 1
        common = np.flatnonzero(one.rarity < usual)
        common = common[np.argsort(one.rarity[common], kind="stable")][:MOST_FREQUENT]
        names = field.values.take(pa.array(common)).to_pylist()
        parent = chains.parents[place]
        fields.append(
            FieldModel(
                field.name,
                field.kind,
                learnt.same[place].round(6).tolist(),
                learnt.household[place].round(9).tolist(),
                strangers[place].round(9).tolist(),
                round(learnt.together[place], 6),
                records.fields[parent].name if parent >= 0 else None,
                usual,
                dict(zip(names, one.rarity[common].tolist(), strict=True)),
            )
        )
    return Model(tuple(fields), learnt.share_same, learnt.share_household)
