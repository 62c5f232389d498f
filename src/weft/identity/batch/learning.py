"""Comparing candidate pairs, learning a model from them, and scoring them, in pieces of bounded size."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weft.identity.clustering.components import components
from weft.identity.scoring import train
from weft.identity.scoring.em import Sampled, fit
from weft.identity.scoring.model import Model
from weft.identity.scoring.scorer import Comparer, Scorer
from weft.identity.scoring.table import Bits, Codes, Levels

AT_ONCE = 500_000
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
    for start in range(0, len(left), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        levels[:, part] = comparer.base(left[part], right[part])
        told("comparing", min(1.0, (start + AT_ONCE) / len(left)))
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
        for one, ready in zip(records.fields, prepared, strict=True):
            train.set_rarity(one, ready, people)
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


def score_all(comparer: Comparer, scorer: Scorer, pairs: Compared) -> Scored:
    """Score pairs in pieces; return those that are not hopeless."""
    found: list[tuple[Codes, Codes, Bits, Bits]] = []
    households = 0
    for start in range(0, max(len(pairs), 1), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        left, right = pairs.left[part], pairs.right[part]
        scores = scorer.score(comparer.finish(pairs.levels[:, part], left, right))
        kept = scores.bits > KEPT_BITS
        households += int(((scores.household > 0) & (scores.bits < 0)).sum())
        found.append((left[kept], right[kept], scores.bits[kept], scores.household[kept]))
    left, right, bits, household = (np.concatenate(one) for one in zip(*found, strict=True))
    return Scored(left, right, bits, household, households)
