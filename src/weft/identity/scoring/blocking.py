"""Which pairs are worth comparing: keys of one or two field parts, chosen for the data under a pair budget.

A pair is compared when it agrees on at least one chosen key. Keys are chosen greedily: each time the one
that finds most further matches per further pair, where matches are simulated (`_simulate`) and pairs are
estimated from a sample, so that any file works and nothing is set by hand.
"""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from weft.identity.scoring.compare import Prepared
from weft.identity.scoring.table import Codes, Keys, Records, pack, side_by_side, sorted_unique, through

LARGEST_GROUP = 120
SAMPLE = 40_000
SIMULATED = 4_000
LEAST_GAIN = 0.0004
MOST_AGAIN = 10

EXACT = "exact"
PARTS: dict[str, dict[str, float]] = {
    "given_name": {"known": 0.82, "prefix": 0.88},
    "family_name": {"variant": 0.82, "prefix": 0.9},
    "birth_date": {EXACT: 0.85, "year_month": 0.9, "month_day": 0.9, "year_day": 0.9, "year": 0.93},
    "email": {"key": 0.75, "local": 0.8, "prefix": 0.88},
    "phone": {"tail": 0.75},
    "national_id": {EXACT: 0.88, "start": 0.93, "end": 0.93},
    "postcode": {EXACT: 0.75, "area": 0.85},
    "street": {EXACT: 0.65, "prefix": 0.75},
    "city": {EXACT: 0.75},
    "text": {EXACT: 0.7},
}
"""Kind → part → how often two records of one person agree on it, where both have it (a prior, for planning)."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a field that a key can be made of. agree: how often records of one person agree on it."""

    field: int
    name: str
    agree: float


@dataclass(frozen=True, slots=True)
class BlockingKey:
    """One or two parts of fields."""

    parts: Sequence[Part]


def part_codes(records: Records, prepared: Sequence[Prepared], part: Part) -> Codes:
    """Return a record's code for a part, -1 where it has none."""
    field = records.fields[part.field]
    if part.name == EXACT:
        return field.codes
    return through(prepared[part.field].keys[part.name], field.codes)


def parts_of(records: Records, prepared: Sequence[Prepared]) -> list[Part]:
    """Return the parts of all fields that keys can be made of."""
    return [
        Part(place, name, agree)
        for place, field in enumerate(records.fields)
        for name, agree in PARTS.get(field.kind, {}).items()
        if name == EXACT or name in prepared[place].keys
    ]


def choose(
    records: Records, prepared: Sequence[Prepared], budget: int, rng: np.random.Generator
) -> list[BlockingKey]:
    """Return keys, strict ones first, whose pairs together stay under the budget."""
    parts = parts_of(records, prepared)
    keys = [BlockingKey([part]) for part in parts]
    keys += [BlockingKey(list(two)) for two in combinations(parts, 2) if two[0].field != two[1].field]
    costs = _costs(records, prepared, parts, keys, rng)
    agree = _simulate(records, prepared, parts, rng)
    index = {part: place for place, part in enumerate(parts)}
    found = np.stack([np.logical_and.reduce([agree[index[part]] for part in key.parts]) for key in keys])
    return _greedy(keys, costs, found, budget)


def _greedy(
    keys: list[BlockingKey], costs: NDArray[np.float64], found: NDArray[np.bool_], budget: int
) -> list[BlockingKey]:
    chosen: list[int] = []
    open_ = np.ones(found.shape[1], np.bool_)
    spent = 0.0
    ease = budget / 200
    while True:
        gain = (found & open_).mean(axis=1)
        gain[costs > budget - spent] = 0
        gain[chosen] = 0
        best = int(np.argmax(gain / (costs + ease)))
        if gain[best] < LEAST_GAIN:
            return [keys[place] for place in sorted(chosen, key=lambda place: costs[place])]
        chosen.append(best)
        spent += costs[best]
        open_ &= ~found[best]


def _costs(
    records: Records,
    prepared: Sequence[Prepared],
    parts: Sequence[Part],
    keys: Sequence[BlockingKey],
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Estimate the pairs that each key gives, without groups over the limit, from a sample of records."""
    total = len(records)
    sample = records if total <= SAMPLE else records.take(rng.choice(total, SAMPLE, replace=False))
    scale = (total / len(sample)) ** 2
    codes = {part: part_codes(sample, prepared, part) for part in parts}

    def cost(key: BlockingKey) -> float:
        _, values = in_order([codes[part] for part in key.parts])
        sizes = _sizes(values).astype(np.float64)
        kept = sizes[sizes * total / len(sample) <= LARGEST_GROUP * 4]
        return scale * (kept * (kept - 1)).sum() / 2 if kept.sum() >= sizes.sum() / 2 else np.inf

    return np.array(side_by_side(cost, keys))


def _sizes(ordered: Keys) -> NDArray[np.int64]:
    """Return the lengths of the runs of equal keys."""
    first = np.ones(len(ordered), np.bool_)
    first[1:] = ordered[1:] != ordered[:-1]
    return np.diff(np.append(np.flatnonzero(first), len(ordered)))


def _simulate(
    records: Records, prepared: Sequence[Prepared], parts: Sequence[Part], rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Simulate on which parts records of one person agree. Returns parts by simulated pairs.

    A field differs in all its parts or in the less agreeing ones first; each side misses what a record drawn
    from the data misses.
    """
    one, other = (records.take(rng.integers(0, len(records), SIMULATED)) for _ in range(2))
    spoiled = rng.random((len(records.fields), SIMULATED))
    agree = np.empty((len(parts), SIMULATED), np.bool_)
    for place, part in enumerate(parts):
        both = (part_codes(one, prepared, part) >= 0) & (part_codes(other, prepared, part) >= 0)
        slip = rng.random(SIMULATED) < 0.9
        agree[place] = both & (spoiled[part.field] < part.agree) & (slip | (spoiled[part.field] < 0.5))
    return agree


def candidates(records: Records, prepared: Sequence[Prepared], keys: Sequence[BlockingKey]) -> Keys:
    """Return the packed pairs (lower record first), sorted, each once."""
    parts = list({part: None for key in keys for part in key.parts})
    codes = dict(
        zip(parts, side_by_side(lambda part: part_codes(records, prepared, part), parts), strict=True)
    )
    found = side_by_side(lambda key: list(_pairs(records, prepared, key, codes)), keys)
    arrays = [one for pairs in found for one in pairs]
    return sorted_unique(np.concatenate(arrays)) if arrays else np.empty(0, np.uint64)


def _pairs(
    records: Records, prepared: Sequence[Prepared], key: BlockingKey, codes: Mapping[Part, Codes]
) -> Iterator[Keys]:
    """Give pairs within groups; what is in too large a group is grouped again by one part more."""
    rows, values = in_order([codes[part] for part in key.parts])
    large = _large(values)
    if large.any():
        yield from _again(rows[large], values[large], records, prepared, key)
        rows, values = rows[~large], values[~large]
    yield from _expand(rows, values)


def in_order(codes: Sequence[Codes]) -> tuple[Codes, Keys]:
    """Return the places that have a code in all columns, ordered by their codes, and keys that tell these apart.

    Place and codes are sorted as one number, which is several times faster than ordering places by keys.
    """
    rows = np.flatnonzero(np.logical_and.reduce([one >= 0 for one in codes]))
    shift = np.uint64(len(codes[0]).bit_length())
    values, bits = codes[0][rows].astype(np.uint64), int(codes[0].max(initial=0)).bit_length()
    for one in codes[1:]:
        more = int(one.max(initial=0)).bit_length()
        values, bits = (values << np.uint64(more)) | one[rows].astype(np.uint64), bits + more
    if bits + int(shift) > 64:
        values = pc.dictionary_encode(pa.array(values)).indices.to_numpy().astype(np.uint64)
    ordered = (values << shift) | rows.astype(np.uint64)
    ordered.sort()
    return (ordered & ((np.uint64(1) << shift) - np.uint64(1))).astype(np.int32), ordered >> shift


def _large(values: Keys) -> NDArray[np.bool_]:
    """Say of ordered keys which stand in a group over the limit."""
    large = np.zeros(len(values), np.bool_)
    if len(values) > LARGEST_GROUP:
        hits = np.flatnonzero(values[LARGEST_GROUP:] == values[:-LARGEST_GROUP])
        if len(hits):
            edges = np.zeros(len(values) + 1, np.int64)
            np.add.at(edges, hits, 1)
            np.add.at(edges, hits + LARGEST_GROUP + 1, -1)
            large = np.cumsum(edges[:-1]) > 0
    return large


def _again(
    rows: Codes,
    values: Keys,
    records: Records,
    prepared: Sequence[Prepared],
    key: BlockingKey,
) -> Iterator[Keys]:
    groups = np.cumsum(np.concatenate(([0], values[1:] != values[:-1]))).astype(np.int32)
    used = {part.field for part in key.parts}
    for part in parts_of(records, prepared):
        if part.field in used or part.name not in (EXACT, "variant", "known", "key", "tail"):
            continue
        places, finer = in_order([groups, part_codes(records, prepared, part)[rows]])
        small = ~_large(finer)
        sizes = _sizes(finer[small])
        if (sizes * (sizes - 1)).sum() / 2 <= MOST_AGAIN * len(rows):
            yield from _expand(rows[places[small]], finer[small])


def _expand(members: Codes, values: Keys) -> Iterator[Keys]:
    """Give all pairs of records that stand in one group of ordered keys."""
    at = np.arange(len(members), dtype=np.int32)
    for step in range(1, LARGEST_GROUP):
        at = at[: np.searchsorted(at, len(values) - step)]
        at = at[values[at] == values[at + step]]
        if not len(at):
            return
        left, right = members[at], members[at + step]
        yield pack(np.minimum(left, right), np.maximum(left, right))
