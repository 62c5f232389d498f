"""Batch resolution: from records to people, with the model learnt on the way."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from weft.identity.batch.learning import Compared, Scored, Told, compare_all, learn, score_all
from weft.identity.clustering.assign import mutual_best
from weft.identity.clustering.people import people_of
from weft.identity.scoring import train
from weft.identity.scoring.adopt import set_rarity
from weft.identity.scoring.blocking import candidates, choose
from weft.identity.scoring.calibrate import bits_of, confidence
from weft.identity.scoring.compare import Prepared
from weft.identity.scoring.explain import Explanation, explain
from weft.identity.scoring.model import Model
from weft.identity.scoring.prepare import prepare
from weft.identity.scoring.scorer import Chains, Comparer, Scorer, chains_of, model_chains, probability
from weft.identity.scoring.table import (
    Bits,
    Codes,
    Keys,
    Records,
    combined,
    pack,
    side_by_side,
    text_of,
    unpack,
)

SMALL = 1_500
SURE = 0.9
SUREST = 0.9999
MOST_TWICE = 0.01
LEAST_PAIRS = 2_000_000
PAIRS_PER_RECORD = 6


@dataclass(slots=True)
class Resolution:
    """What became of the records.

    people: a number per record. confidence: how sure each one's place is. pairs: the scored pairs worth keeping.
    """

    people: Codes
    confidence: NDArray[np.float32]
    pairs: Scored
    alike_bits: NDArray[np.float32]
    scorer: Scorer
    prepared: Sequence[Prepared]
    chains: Chains
    pairs_compared: int

    @property
    def model(self) -> Model:
        """The model that scored the pairs."""
        return self.scorer.model

    def explain(self, records: Records, left: int, right: int) -> Explanation:
        """Explain two of the records."""
        comparer = Comparer(records, self.prepared, self.chains)
        levels = comparer.levels(np.array([left], np.int32), np.array([right], np.int32))
        values = [(text_of(one, left), text_of(one, right)) for one in records.fields]
        return explain(self.scorer, levels[:, 0], values)


def resolve(records: Records, *, link: bool, seed: int, told: Told, model: Model | None = None) -> Resolution:
    """Resolve records without labels. told: (step, share done). model: one for these fields (`adopt`), else learnt.

    Records that are the same in every field (and source, when linking) are compared once.
    link: the sources are linked with each other: one to one where none of them holds anybody twice, else every
    record may go with any.
    """
    sources = [records.sources.astype(np.int32)] if link else []
    alike = combined([*(one.codes for one in records.fields), *sources])
    firsts = np.full(int(alike.max(initial=-1)) + 1, len(records), np.int64)
    np.minimum.at(firsts, alike, np.arange(len(records)))
    work = _Work(records.take(firsts), np.bincount(alike), np.random.default_rng(seed), told)
    found = work.resolve(link=link, model=model)
    left, right = (firsts[side].astype(np.int32) for side in (found.pairs.left, found.pairs.right))
    found.pairs = replace(found.pairs, left=left, right=right)
    together = found.alike_bits > bits_of(found.model, found.model.threshold)
    own = np.arange(len(records), dtype=np.int32)
    same = confidence(found.model, found.alike_bits)
    found.confidence = np.where(
        together[alike], np.maximum(same, found.confidence)[alike], found.confidence[alike]
    )
    first = firsts[alike] == own
    found.people = np.where(together[alike] | first, firsts[found.people[alike]], own).astype(np.int32)
    return found


class _Work:
    """Resolving records that all differ. copies: how often each stands there."""

    def __init__(
        self, records: Records, copies: NDArray[np.int64], rng: np.random.Generator, told: Told
    ) -> None:
        self.records = records
        self.copies = copies
        self.rng = rng
        self.told = told
        self.prepared = side_by_side(prepare, records.fields)

    def resolve(self, *, link: bool, model: Model | None) -> Resolution:
        """Find candidates, compare, learn (without a model), score and cluster."""
        records, prepared = self.records, self.prepared
        fields = [(one.name, one.kind) for one in records.fields]
        chains = model_chains(model) if model else chains_of(fields, train.parents_of(records))
        comparer = Comparer(records, prepared, chains)
        self.told("blocking", 0.0)
        pairs, keys = _candidates(records, prepared, self.rng)
        self.told("comparing", 0.0)
        compared = compare_all(comparer, *unpack(pairs), self.told)
        count = len(pairs)
        del pairs
        self.told("learning", 0.0)
        if model is None:
            learnt, scored, alone = self._learnt(comparer, compared, link=link)
            model = msgspec.structs.replace(learnt, keys=keys)
        else:
            set_rarity(model, prepared, records.fields)
            scored = score_all(comparer, Scorer(model), compared)
            alone = link and self._nobody_twice(scored)
        del compared
        self.told("clustering", 0.0)
        scorer = Scorer(model)
        if alone:
            scored = self._one_to_one(scored)
            gain = _few_are_left(np.bincount(records.sources).tolist(), confidence(model, scored.bits))
            scorer, scored = Scorer(model, gain), replace(scored, bits=scored.bits + np.float32(gain))
        people, alike_bits = self._clustered(comparer, scorer, scored)
        places = memberships(people, scored, model)
        return Resolution(people, places, scored, alike_bits, scorer, prepared, chains, count)

    def _learnt(self, comparer: Comparer, compared: Compared, *, link: bool) -> tuple[Model, Scored, bool]:
        """Learn a model and score with it; sources without duplicates from the pairs across them alone.

        Also says whether the sources are such.
        """
        total = len(self.records)
        model = learn(comparer, compared, total * (total - 1) / 2, self.rng)
        self.told("scoring", 0.0)
        scored = score_all(comparer, Scorer(model), compared)
        if not link or not self._nobody_twice(scored):
            return model, scored, False
        sources = self.records.sources
        compared = compared.take(sources[compared.left] != sources[compared.right])
        model = learn(comparer, compared, _pairs_across(self.records), self.rng)
        return model, score_all(comparer, Scorer(model), compared), True

    def _nobody_twice(self, pairs: Scored) -> bool:
        """Say whether (almost) nobody stands twice in one source, so that sources can be linked one to one.

        Two of a source may look like one by chance, but hardly ever as surely as one person's records do. So what is
        counted are the surest, and as many more as there are to the surest pairs across sources.
        """
        inside = self.records.sources[pairs.left] == self.records.sources[pairs.right]
        chance = probability(pairs.bits)
        sure, surest = (np.bincount(inside[chance > least], minlength=2) for least in (SURE, SUREST))
        twice = min(sure[1], surest[1] * sure[0] / max(surest[0], 1)) + int((self.copies > 1).sum())
        return twice <= MOST_TWICE * len(self.records)

    def _one_to_one(self, pairs: Scored) -> Scored:
        across = self.records.sources[pairs.left] != self.records.sources[pairs.right]
        pairs = pairs.take(across)
        return pairs.take(mutual_best(len(self.records), pairs.left, pairs.right, pairs.bits))

    def _clustered(self, comparer: Comparer, scorer: Scorer, pairs: Scored) -> tuple[Codes, Bits]:
        """Return a person per record, and the bits with which each record's copies are the same as it."""
        least = bits_of(scorer.model, scorer.model.threshold)

        known = pack(pairs.left, pairs.right)

        def score(one: Codes, other: Codes) -> Bits:
            wanted = pack(np.minimum(one, other), np.maximum(one, other))
            places = np.minimum(np.searchsorted(known, wanted), max(len(known) - 1, 0))
            new = known[places] != wanted if len(known) else np.ones(len(wanted), np.bool_)
            bits = pairs.bits[places] if len(known) else np.zeros(len(wanted), np.float32)
            bits[new] = scorer.score(comparer.levels(one[new], other[new])).bits
            return bits

        people = people_of(len(self.records), pairs.left, pairs.right, pairs.bits, score, least)
        alike_bits = np.zeros(len(self.records), np.float32)
        several = np.flatnonzero(self.copies > 1).astype(np.int32)
        alike_bits[several] = score(several, several)
        return people, alike_bits


def _candidates(
    records: Records, prepared: Sequence[Prepared], rng: np.random.Generator
) -> tuple[Keys, tuple[tuple[str, ...], ...]]:
    """Return packed pairs, and the names of the keys by which they were found; none where all were taken."""
    total = len(records)
    if total <= SMALL:
        left, right = np.triu_indices(total, 1)
        return (left.astype(np.uint64) << np.uint64(32)) | right.astype(np.uint64), ()
    keys = choose(records, prepared, max(LEAST_PAIRS, PAIRS_PER_RECORD * total), rng)
    names = tuple(tuple(f"{records.fields[one.field].name}.{one.name}" for one in key.parts) for key in keys)
    return candidates(records, prepared, keys), names


def memberships(people: Codes, pairs: Scored, model: Model) -> NDArray[np.float32]:
    """Return how sure each record's place is: its surest pair within its person, or alone 1 - its surest pair."""
    within = people[pairs.left] == people[pairs.right]
    chance = confidence(model, pairs.bits)
    inner, outer = np.zeros(len(people), np.float32), np.zeros(len(people), np.float32)
    for side in (pairs.left, pairs.right):
        np.maximum.at(inner, side[within], chance[within])
        np.maximum.at(outer, side[~within], chance[~within])
    alone = np.bincount(people, minlength=len(people))[people] == 1
    return np.where(alone, 1 - outer, inner)


def _few_are_left(sizes: Sequence[int], chances: NDArray[np.float32]) -> float:
    """Return the bits that each pair of a one-to-one linking gains where most records have found their like.

    sizes: of the sources. chances: of the pairs, which sum to m matches. That a pair belongs together is weighed
    against both records belonging to nobody, and only sizes - m do: the odds are m / ((a - m + 1) (b - m + 1)) for
    sources of a and b records (Sadinle 2017, Bayesian estimation of bipartite matchings, section 3), not m / (a b).
    No gain where there are more than two sources.
    """
    if len(sizes) != 2 or not len(chances):
        return 0.0
    matches = float(chances.sum())
    return sum(float(np.log2(one / (max(one - matches, 0) + 1))) for one in sizes)


def _pairs_across(records: Records) -> float:
    sizes = np.bincount(records.sources).astype(np.float64)
    return float((sizes.sum() ** 2 - (sizes**2).sum()) / 2)
