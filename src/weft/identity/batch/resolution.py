"""Batch resolution: from records to people, with the model learnt on the way."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import msgspec
import numpy as np
from numpy.typing import NDArray

from weft.identity.clustering.assign import mutual_best
from weft.identity.clustering.components import components
from weft.identity.clustering.solve import solve
from weft.identity.scoring import train
from weft.identity.scoring.blocking import Shared, candidates, choose
from weft.identity.scoring.compare import Prepared
from weft.identity.scoring.em import Sampled, fit
from weft.identity.scoring.model import Model
from weft.identity.scoring.prepare import prepare
from weft.identity.scoring.scorer import Comparer, Scorer, chains_of, probability
from weft.identity.scoring.table import Codes, Keys, Records, combined, cores, unpack

SMALL = 1_500
AT_ONCE = 500_000
SURE_BITS = 3.0
KEPT_BITS = -10.0
LEAST_PAIRS = 2_000_000
PAIRS_PER_RECORD = 6


@dataclass(slots=True)
class Resolution:
    """What became of the records. people: a number per record; pairs: the scored pairs worth keeping."""

    people: Codes
    confidence: NDArray[np.float32]
    left: Codes
    right: Codes
    bits: NDArray[np.float32]
    household: NDArray[np.float32]
    alike_bits: NDArray[np.float32]
    model: Model
    pairs_compared: int
    shared: list[Shared] = field(default_factory=list)


Told = Callable[[str, float], None]


def resolve(records: Records, *, link: bool, seed: int, told: Told) -> Resolution:
    """Resolve records without a model and without labels. told: (step, share done).

    Records that are the same in every field (and source, when linking) are compared once.
    link: the sources are compared with each other; see `_linked`.
    """
    rng = np.random.default_rng(seed)
    alike = combined(
        [*(one.codes for one in records.fields), *([records.sources.astype(np.int32)] if link else [])]
    )
    firsts = np.full(int(alike.max(initial=-1)) + 1, len(records), np.int64)
    np.minimum.at(firsts, alike, np.arange(len(records)))
    found = _resolve(records.take(firsts), np.bincount(alike), link=link, rng=rng, told=told)
    found.left, found.right = firsts[found.left].astype(np.int32), firsts[found.right].astype(np.int32)
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
    left, right = unpack(pairs)
    base = compare_all(comparer, left, right, told)
    told("learning", 0.0)
    model = msgspec.structs.replace(learn(comparer, left, right, base, rng), keys=keys)
    told("scoring", 0.0)
    scorer = Scorer(model)
    left, right, bits, household = score_all(comparer, scorer, left, right, base)
    del base
    told("clustering", 0.0)
    if link:
        kept = _linked(records, left, right, bits, int((copies > 1).sum()))
        left, right, bits, household = left[kept], right[kept], bits[kept], household[kept]

    def score(one: Codes, other: Codes) -> NDArray[np.float32]:
        return scorer.score(comparer.levels(one, other)).bits

    people = solve(len(records), left, right, bits, score)
    alike_bits = np.zeros(len(records), np.float32)
    several = np.flatnonzero(copies > 1).astype(np.int32)
    alike_bits[several] = score(several, several)
    confidence = memberships(people, left, right, bits)
    return Resolution(people, confidence, left, right, bits, household, alike_bits, model, len(pairs), shared)


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


def learn(
    comparer: Comparer, left: Codes, right: Codes, base: NDArray[np.uint8], rng: np.random.Generator
) -> Model:
    """Learn in two passes: the second knows from the first whose records belong together.

    So values that one person repeats are not taken for frequent, and random pairs hold strangers only.
    """
    records, prepared = comparer.records, comparer.prepared
    total = len(records)
    size = min(len(left), train.TRAINED_PAIRS)
    chosen = np.sort(rng.choice(len(left), size, replace=False))
    weight = len(left) / max(size, 1)
    agreeing = {
        place: train.pairs_agreeing(records, place, parents)
        for place, parents in enumerate(comparer.chains.parents)
        if records.fields[place].kind == "email" and parents
    }
    people: Codes | None = None
    learnt = None
    one_side, other_side = train.random_pairs(records, rng)
    random = comparer.base(one_side, other_side)
    for last in (False, True):
        for one, ready in zip(records.fields, prepared, strict=True):
            train.set_rarity(one, ready, people)
        apart = slice(None) if people is None else people[one_side] != people[other_side]
        strangers = train.strangers_from(prepared, comparer.finish(random[:, apart], one_side[apart]))
        levels = comparer.finish(base[:, chosen], left[chosen])
        learnt = fit(prepared, strangers, Sampled(levels, weight, total * (total - 1) / 2, agreeing), learnt)
        if last:
            break
        model = train.build(records, prepared, comparer.chains, learnt)
        a, b, bits, _ = score_all(comparer, Scorer(model), left, right, base)
        sure = bits > SURE_BITS
        people = components(total, a[sure], b[sure])
    return train.build(records, prepared, comparer.chains, learnt)


def compare_all(comparer: Comparer, left: Codes, right: Codes, told: Told) -> NDArray[np.uint8]:
    """Compare pairs in pieces; returns levels, fields by pairs."""
    base = np.empty((len(comparer.prepared), len(left)), np.uint8)
    for start in range(0, len(left), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        base[:, part] = comparer.base(left[part], right[part])
        told("comparing", min(1.0, (start + AT_ONCE) / len(left)))
    return base


def score_all(
    comparer: Comparer, scorer: Scorer, left: Codes, right: Codes, base: NDArray[np.uint8]
) -> tuple[Codes, Codes, NDArray[np.float32], NDArray[np.float32]]:
    """Score pairs in pieces; return those that are not hopeless: left, right, bits, household bits."""
    found: list[tuple[Codes, Codes, NDArray[np.float32], NDArray[np.float32]]] = []
    for start in range(0, max(len(left), 1), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        scores = scorer.score(comparer.finish(base[:, part], left[part]))
        kept = scores.bits > KEPT_BITS
        found.append((left[part][kept], right[part][kept], scores.bits[kept], scores.household[kept]))
    lefts, rights, bits, household = (np.concatenate(one) for one in zip(*found, strict=True))
    return lefts, rights, bits, household


def memberships(people: Codes, left: Codes, right: Codes, bits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how sure each record's place is: its surest pair within its person, or alone 1 - its surest pair."""
    within = people[left] == people[right]
    chance = probability(bits)
    inner, outer = np.zeros(len(people), np.float32), np.zeros(len(people), np.float32)
    for side in (left, right):
        np.maximum.at(inner, side[within], chance[within])
        np.maximum.at(outer, side[~within], chance[~within])
    alone = np.bincount(people, minlength=len(people))[people] == 1
    return np.where(alone, 1 - outer, inner)


def _linked(
    records: Records, left: Codes, right: Codes, bits: NDArray[np.float32], copies: int
) -> NDArray[np.bool_]:
    """Say which pairs count when sources are linked.

    A source that holds (almost) nobody twice is linked one to one; one that does keeps its own pairs.
    """
    across = records.sources[left] != records.sources[right]
    inside = (probability(bits) > 0.9) & ~across
    if inside.sum() + copies > 0.01 * len(records):
        return np.ones(len(left), np.bool_)
    best = mutual_best(len(records), left[across], right[across], bits[across])
    kept = across.copy()
    kept[across] = best
    return kept
