"""Batch resolution: from records to people, with the model learnt on the way."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from weft.identity.batch.learning import Scored, Told, compare_all, learn, score_all
from weft.identity.clustering.assign import mutual_best
from weft.identity.clustering.solve import solve
from weft.identity.scoring import train
from weft.identity.scoring.blocking import Shared, candidates, choose
from weft.identity.scoring.compare import Prepared
from weft.identity.scoring.model import Model
from weft.identity.scoring.prepare import prepare
from weft.identity.scoring.scorer import Comparer, Scorer, chains_of, probability
from weft.identity.scoring.table import Bits, Codes, Keys, Records, combined, cores, unpack

SMALL = 1_500
SURE = 0.9
MOST_TWICE = 0.01
LEAST_PAIRS = 2_000_000
PAIRS_PER_RECORD = 6


@dataclass(slots=True)
class Resolution:
    """What became of the records. people: a number per record; pairs: the scored pairs worth keeping."""

    people: Codes
    confidence: NDArray[np.float32]
    pairs: Scored
    alike_bits: NDArray[np.float32]
    model: Model
    pairs_compared: int
    shared: list[Shared] = field(default_factory=list)


def resolve(records: Records, *, link: bool, seed: int, told: Told) -> Resolution:
    """Resolve records without a model and without labels. told: (step, share done).

    Records that are the same in every field (and source, when linking) are compared once.
    link: the sources are linked with each other: one to one where none of them holds anybody twice, else every
    record may go with any.
    """
    rng = np.random.default_rng(seed)
    alike = combined(
        [*(one.codes for one in records.fields), *([records.sources.astype(np.int32)] if link else [])]
    )
    firsts = np.full(int(alike.max(initial=-1)) + 1, len(records), np.int64)
    np.minimum.at(firsts, alike, np.arange(len(records)))
    found = _resolve(records.take(firsts), np.bincount(alike), link=link, rng=rng, told=told)
    left, right = (firsts[side].astype(np.int32) for side in (found.pairs.left, found.pairs.right))
    found.pairs = replace(found.pairs, left=left, right=right)
    together = found.alike_bits > 0
    own = np.arange(len(records), dtype=np.int32)
    found.confidence = np.where(
        together[alike],
        np.maximum(probability(found.alike_bits), found.confidence)[alike],
        found.confidence[alike],
    )
    found.people = np.where(
        together[alike] | (firsts[alike] == own), firsts[found.people[alike]], own
    ).astype(np.int32)
    return found


def _resolve(
    records: Records, copies: NDArray[np.int64], *, link: bool, rng: np.random.Generator, told: Told
) -> Resolution:
    """Resolve records that all differ. copies: how often each stands there."""
    with ThreadPoolExecutor(cores()) as pool:  # Arrow's kernels let other threads run
        prepared = list(pool.map(prepare, records.fields))
    parents = train.parents_of(records)
    chains = chains_of([(one.name, one.kind) for one in records.fields], parents)
    comparer = Comparer(records, prepared, chains)
    told("blocking", 0.0)
    shared: list[Shared] = []
    pairs, keys = _candidates(records, prepared, shared, rng)
    told("comparing", 0.0)
    compared = compare_all(comparer, *unpack(pairs), told)
    count = len(pairs)
    del pairs
    told("learning", 0.0)
    total = len(records)
    model = learn(comparer, compared, total * (total - 1) / 2, rng)
    told("scoring", 0.0)
    scored = score_all(comparer, Scorer(model), compared)
    if link and _nobody_twice(records, scored, int((copies > 1).sum())):
        compared = compared.take(records.sources[compared.left] != records.sources[compared.right])
        model = learn(comparer, compared, _pairs_across(records), rng)
        scored = score_all(comparer, Scorer(model), compared)
        scored = scored.take(mutual_best(total, scored.left, scored.right, scored.bits))
    del compared
    told("clustering", 0.0)
    scorer = Scorer(msgspec.structs.replace(model, keys=keys))

    def score(one: Codes, other: Codes) -> Bits:
        return scorer.score(comparer.levels(one, other)).bits

    people = solve(total, scored.left, scored.right, scored.bits, score)
    alike_bits = np.zeros(total, np.float32)
    several = np.flatnonzero(copies > 1).astype(np.int32)
    alike_bits[several] = score(several, several)
    confidence = memberships(people, scored)
    return Resolution(people, confidence, scored, alike_bits, scorer.model, count, shared)


def _candidates(
    records: Records, prepared: Sequence[Prepared], shared: list[Shared], rng: np.random.Generator
) -> tuple[Keys, tuple[tuple[str, ...], ...]]:
    """Return packed pairs, and the names of the keys by which they were found; none where all were taken."""
    total = len(records)
    if total <= SMALL:
        left, right = np.triu_indices(total, 1)
        return (left.astype(np.uint64) << np.uint64(32)) | right.astype(np.uint64), ()
    keys = choose(records, prepared, max(LEAST_PAIRS, PAIRS_PER_RECORD * total), rng)
    names = tuple(tuple(f"{records.fields[one.field].name}.{one.name}" for one in key.parts) for key in keys)
    return candidates(records, prepared, keys, shared), names


def memberships(people: Codes, pairs: Scored) -> NDArray[np.float32]:
    """Return how sure each record's place is: its surest pair within its person, or alone 1 - its surest pair."""
    within = people[pairs.left] == people[pairs.right]
    chance = probability(pairs.bits)
    inner, outer = np.zeros(len(people), np.float32), np.zeros(len(people), np.float32)
    for side in (pairs.left, pairs.right):
        np.maximum.at(inner, side[within], chance[within])
        np.maximum.at(outer, side[~within], chance[~within])
    alone = np.bincount(people, minlength=len(people))[people] == 1
    return np.where(alone, 1 - outer, inner)


def _nobody_twice(records: Records, pairs: Scored, copies: int) -> bool:
    """Say whether (almost) nobody stands twice in one source, so that sources can be linked one to one."""
    inside = records.sources[pairs.left] == records.sources[pairs.right]
    twice = int((inside & (probability(pairs.bits) > SURE)).sum()) + copies
    return twice <= MOST_TWICE * len(records)


def _pairs_across(records: Records) -> float:
    sizes = np.bincount(records.sources).astype(np.float64)
    return float((sizes.sum() ** 2 - (sizes**2).sum()) / 2)
