"""Comparing candidate pairs, learning a model from them, and scoring them, in pieces of bounded size."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weft.identity.clustering.components import components
from weft.identity.scoring import train
from weft.identity.scoring.compare import Prepared
from weft.identity.scoring.em import Sampled, fit
from weft.identity.scoring.model import Model
from weft.identity.scoring.scorer import AT_ONCE, Comparer, Scorer
from weft.identity.scoring.table import Bits, Codes, Levels, Records, side_by_side

COMPARED_AT_ONCE = 500_000
SURE_BITS = 3.0
APART_BITS = -2.0
KEPT_BITS = -10.0

Told = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Compared:
    """Candidate pairs and their levels without rarity and context, fields by pairs."""

    left: Codes
    right: Codes
    levels: Levels

    def __len__(self) -> int:
        return len(self.left)

    def take(self, kept: NDArray[np.bool_]) -> "Compared":
        """Return some of the pairs."""
        return Compared(self.left[kept], self.right[kept], self.levels[:, kept])


@dataclass(frozen=True, slots=True)
class Scored:
    """Pairs that are not hopeless, with their bits for one person and for one household.

    households: how many of all pairs are most likely two persons of one household.
    """

    left: Codes
    right: Codes
    bits: Bits
    household: Bits
    households: int

    def take(self, kept: NDArray[np.bool_]) -> "Scored":
        """Return some of the pairs."""
        left, right, bits = self.left[kept], self.right[kept], self.bits[kept]
        return Scored(left, right, bits, self.household[kept], self.households)


def compare_all(comparer: Comparer, left: Codes, right: Codes, told: Told) -> Compared:
    """Compare pairs in pieces."""
    levels = np.empty((len(comparer.prepared), len(left)), np.uint8)
    for start in range(0, len(left), COMPARED_AT_ONCE):
        part = slice(start, start + COMPARED_AT_ONCE)
        levels[:, part] = comparer.base(left[part], right[part])
        told("comparing", min(1.0, (start + COMPARED_AT_ONCE) / len(left)))
    return Compared(left, right, levels)


def learn(comparer: Comparer, pairs: Compared, all_pairs: float, rng: np.random.Generator) -> Model:
    """Learn in two passes: the second knows from the first whose records belong together.

    So values that one person repeats are not taken for frequent, and random pairs hold strangers only.
    all_pairs: how many pairs the candidates were chosen from.
    """
    records, prepared = comparer.records, comparer.prepared
    size = min(len(pairs), train.TRAINED_PAIRS)
    chosen = np.sort(rng.choice(len(pairs), size, replace=False))
    left, right, levels = pairs.left[chosen], pairs.right[chosen], pairs.levels[:, chosen]
    agreeing = {
        place: train.pairs_agreeing(records, place, parents)
        for place, parents in enumerate(comparer.chains.parents)
        if records.fields[place].kind == "email" and parents
    }
    people: Codes | None = None
    learnt = None
    apart: slice | NDArray[np.bool_] = slice(None)
    one_side, other_side = train.random_pairs(records, rng)
    random = comparer.base(one_side, other_side)
    for last in (False, True):
        _set_rarity(records, prepared, people)
        chance = comparer.finish(random[:, apart], one_side[apart], other_side[apart])
        sample = Sampled(
            comparer.finish(levels, left, right),
            max(len(pairs), 1) / max(size, 1),
            max(all_pairs, 1.0),
            agreeing,
        )
        learnt = fit(prepared, train.strangers_from(prepared, chance), sample, learnt)
        if last:
            break
        scorer = Scorer(train.build(records, prepared, comparer.chains, learnt))
        first = score_all(comparer, scorer, pairs)
        sure = first.bits > SURE_BITS
        people = components(len(records), first.left[sure], first.right[sure])
        apart = scorer.score(chance).bits < APART_BITS
        apart &= people[one_side] != people[other_side]
    return train.build(records, prepared, comparer.chains, learnt)


def _set_rarity(records: Records, prepared: Sequence[Prepared], people: Codes | None) -> None:
    def set_one(place: int) -> None:
        train.set_rarity(records.fields[place], prepared[place], people)

    side_by_side(set_one, range(len(prepared)))


def score_all(comparer: Comparer, scorer: Scorer, pairs: Compared) -> Scored:
    """Score pairs in pieces; return those that are not hopeless."""

    def score(start: int) -> Scored:
        part = slice(start, start + AT_ONCE)
        left, right = pairs.left[part], pairs.right[part]
        scores = scorer.score(comparer.finish(pairs.levels[:, part], left, right))
        households = int(((scores.household > 0) & (scores.bits < 0)).sum())
        kept = scores.bits > KEPT_BITS
        return Scored(left[kept], right[kept], scores.bits[kept], scores.household[kept], households)

    found = side_by_side(score, range(0, max(len(pairs), 1), AT_ONCE))
    left, right, bits, household = (
        np.concatenate([getattr(one, name) for one in found])
        for name in ("left", "right", "bits", "household")
    )
    return Scored(left, right, bits, household, sum(one.households for one in found))
