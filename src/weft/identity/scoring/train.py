"""What a model is learnt from without labels: how frequent values are, and how alike strangers are by chance."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from weft.identity.scoring.compare import LEVELS, RARITIES, Prepared
from weft.identity.scoring.em import Parameters
from weft.identity.scoring.model import CONTEXTS, FieldModel, Model, byte_places
from weft.identity.scoring.scorer import Chains
from weft.identity.scoring.table import Codes, Field, Records, combined, sorted_unique, through

RANDOM_PAIRS = 250_000
TRAINED_PAIRS = 250_000
ADDRESS = ("region", "city", "postcode", "street")
MOST_FREQUENT = 2_000


def parents_of(records: Records) -> list[tuple[str, ...]]:
    """Return each field's parents: what agrees with it more often than by chance.

    An address goes from its most common part to its rarest; a gender follows from a given name, an e-mail
    address from both names.
    """
    parents: list[tuple[str, ...]] = [()] * len(records.fields)
    address = [place for place, one in enumerate(records.fields) if one.kind in ADDRESS]
    address.sort(
        key=lambda place: (ADDRESS.index(records.fields[place].kind), len(records.fields[place].values))
    )
    for above, place in pairwise(address):
        parents[place] = (records.fields[above].name,)
    names = {kind: one.name for one in records.fields if (kind := one.kind) in ("given_name", "family_name")}
    for place, one in enumerate(records.fields):
        if one.kind == "gender" and "given_name" in names:
            parents[place] = (names["given_name"],)
        if one.kind == "email":
            parents[place] = tuple(names.values())
    return parents


def pairs_agreeing(records: Records, place: int, parents: Sequence[int]) -> float:
    """Return how many pairs of records have a field and agree on all its parents."""
    columns = [records.fields[one].codes for one in parents]
    there = np.logical_and.reduce([one >= 0 for one in (*columns, records.fields[place].codes)])
    if not there.any():
        return 0.0
    sizes = np.bincount(combined([one[there] for one in columns])).astype(np.float64)
    return float((sizes * (sizes - 1)).sum() / 2)


def set_rarity(field: Field, prepared: Prepared, people: Codes | None) -> None:
    """Set the step of rarity of each value, and of the key of each name.

    people: a number per record for who it is taken to be; None, every record is somebody else.
    """
    prepared.rarity = _steps(field.codes, len(field.values), people)
    if prepared.spellings is not None:
        keys = prepared.keys["variant"]
        steps = _steps(through(keys, field.codes), len(prepared.spellings), people)
        prepared.key_rarity = (
            np.where(keys >= 0, steps[keys], RARITIES - 1) if len(steps) else prepared.rarity
        )


def _steps(codes: Codes, values: int, people: Codes | None) -> NDArray[np.uint8]:
    """Return the step of rarity of each value from how many different people have it.

    The chance that another person has a value seen on k people is estimated by Good-Turing (Good 1953):
    (k + 1) N(k+1) / N(k) / people for small k, k / people for larger ones, N(k) being how many values k people have.
    """
    there = codes >= 0
    seen_on = codes[there].astype(np.int64)
    if people is not None:
        both = (people[there].astype(np.int64) << 32) | seen_on
        seen_on = sorted_unique(both.astype(np.uint64)).astype(np.int64) & 0xFFFFFFFF
    counts = np.bincount(seen_on, minlength=values)
    total = max(int(counts.sum()), 1)
    held = np.bincount(np.minimum(counts, 8), minlength=9).astype(np.float64)
    expected = counts.astype(np.float64)
    for seen in (1, 2):
        turing = (seen + 1) * (held[seen + 1] + 0.5) / (held[seen] + 1)
        expected[counts == seen] = min(turing, seen)
    expected[counts == 0] = min((held[1] + 0.5) / (held[1] + total), 0.5)
    chance = np.clip(expected / total, 2.0**-RARITIES, 1.0)
    return np.clip(np.floor(-np.log2(chance)), 0, RARITIES - 1).astype(np.uint8)


def random_pairs(records: Records, rng: np.random.Generator) -> tuple[Codes, Codes]:
    """Return random pairs of different records."""
    total = len(records)
    left = rng.integers(0, total, RANDOM_PAIRS).astype(np.int32)
    right = rng.integers(0, total, RANDOM_PAIRS).astype(np.int32)
    return left[left != right], right[left != right]


def strangers_from(prepared: Sequence[Prepared], levels: NDArray[np.uint8]) -> list[NDArray[np.float64]]:
    """Return by field the level probabilities of random pairs: over all, where the parents agree, some agree.

    The latter rest on few pairs, so alikeness there counts by its lower bound (one standard error).
    """
    found: list[NDArray[np.float64]] = []
    for one, bytes_ in zip(prepared, levels, strict=True):
        context, place = byte_places(one.kind)
        counts = np.bincount(bytes_, minlength=256).astype(np.float64)
        rows = np.zeros((len(CONTEXTS), len(LEVELS[one.kind])))
        there = place >= 0
        np.add.at(rows, (context[there], place[there]), counts[there])
        alone = rows.sum(axis=0) + 0.5
        alone /= alone.sum()
        found.append(np.stack([alone, _drawn(rows[1], alone), _drawn(rows[3], alone)]))
    return found


def _drawn(counts: NDArray[np.float64], alone: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return probabilities from few counts, drawn to those over all; alikeness by its lower bound."""
    drawn = 20 * alone
    drawn[0] += counts[0]
    drawn[1:] += np.maximum(counts[1:] - np.sqrt(counts[1:]), 0)
    return drawn / drawn.sum()


def build(
    records: Records,
    prepared: Sequence[Prepared],
    chains: Chains,
    learnt: Parameters,
) -> Model:
    """Put what was learnt into a model."""
    fields: list[FieldModel] = []
    for place, (field, one) in enumerate(zip(records.fields, prepared, strict=True)):
        usual, frequent = _frequent(field.values, one.rarity)
        key_rarity, frequent_keys = 0, dict[str, int]()
        if one.spellings is not None:
            steps = np.full(len(one.spellings), RARITIES - 1, np.uint8)
            steps[one.keys["variant"][one.keys["variant"] >= 0]] = one.key_rarity[one.keys["variant"] >= 0]
            key_rarity, frequent_keys = _frequent(one.spellings, steps)
        parents = tuple(records.fields[one].name for one in chains.parents[place])
        fields.append(
            FieldModel(
                field.name,
                field.kind,
                learnt.same[place].round(6).tolist(),
                learnt.household[place].round(9).tolist(),
                learnt.strangers[place].round(9).tolist(),
                round(learnt.together[place], 6),
                parents,
                usual,
                frequent,
                key_rarity,
                frequent_keys,
            )
        )
    return Model(tuple(fields), learnt.share_same, learnt.share_household, records=len(records))


def _frequent(values: pa.StringArray, steps: NDArray[np.uint8]) -> tuple[int, dict[str, int]]:
    """Return the usual step of rarity, and the values that are more frequent."""
    usual = int(np.median(steps)) if len(steps) else RARITIES - 1
    common = np.flatnonzero(steps < usual)
    common = common[np.argsort(steps[common], kind="stable")][:MOST_FREQUENT]
    return usual, dict(zip(values.take(pa.array(common)).to_pylist(), steps[common].tolist(), strict=True))
