"""How frequent values are among the people of a workspace, and the model that knows it.

The model that is shipped takes every name for one of 362 and every city for one of 45, whoever the people are.
"""

from collections.abc import Mapping, Sequence
from math import floor, log2, prod

import msgspec
import numpy as np

from weft.identity.clustering.components import components
from weft.identity.kinds.names.keys import name_key_one
from weft.identity.live.index import PersonIndex
from weft.identity.live.values import FieldValues
from weft.identity.scoring.blocking import LARGEST_GROUP
from weft.identity.scoring.model import CONTEXTS, FieldModel, Model
from weft.identity.scoring.table import Codes, combined, pack, sorted_unique
from weft.identity.scoring.train import MOST_FREQUENT
from weft.model.term_counts import FieldCounts, Frequencies, TermCounts

OWN_KINDS = ("email", "phone", "national_id")
"""Kinds of field of which records with the same value count as one person, so that their values are not counted."""

LEAST_PEOPLE = 5
"""A value of fewer people is not kept: they may be one household or one person's records, and a table of values that
few have would tell of them."""


def count_values(index: PersonIndex) -> Frequencies:
    """Count on how many different people each value is. The same records give the same counts in any order."""
    people = _people(index.fields, index.codes)
    places = {one.model.name: place for place, one in enumerate(index.fields)}
    fields: dict[str, FieldCounts] = {}
    for place, one in enumerate(index.fields):
        if one.model.kind in OWN_KINDS:
            pairs, alike = _alike(people, [index.codes[places[parent]] for parent in one.model.parents])
            found = FieldCounts(pairs=pairs, alike=alike)
        else:
            found = _field_counts(one, people, index.codes[place])
        if found.alike or found.values.of or found.keys.of:
            fields[one.model.name] = found
    return Frequencies(len(index), len(np.unique(people)), fields)


def with_frequencies(model: Model, counted: Frequencies) -> Model:
    """Return the model with the values that are more frequent among these people than it takes them to be."""
    fields = tuple(
        one if counts is None else _with_counts(model, one, counts)
        for one in model.fields
        for counts in (counted.fields.get(one.name),)
    )
    return msgspec.structs.replace(model, fields=fields)


def chance_among(count: int, total: int, usual: float) -> float:
    """Return the chance of what was seen `count` times in `total`, and has the chance `usual` elsewhere.

    The posterior mean under a Dirichlet prior of the mean `usual` (Zhai and Lafferty 2004, "A study of smoothing
    methods for language models", section 3) that weighs w = 1 / usual: as many as it takes to see it once.
    (count + w usual) / (total + w) = (count + 1) / (total + 1 / usual).
    """
    return (count + 1) / (total + 1 / usual)


def rarity_among(count: int, people: int, usual: int) -> int:
    """Return the step of rarity of a value that `count` of `people` have and the model takes to be of step `usual`.

    By the chance that another has it than the one it was seen on, who is left out (Ney, Essen, Kneser 1995). So a value
    that one person has is never more frequent than the model says. The step falls with the count, and stays from 0 to
    `usual`: what is rare here is not rarer than the model takes it to be, since the next who comes may be of others.
    """
    chance = chance_among(count - 1, people - 1, 2.0 ** -(usual + 0.5))
    return min(max(floor(-log2(chance)), 0), usual)


def _with_counts(model: Model, one: FieldModel, counts: FieldCounts) -> FieldModel:
    return msgspec.structs.replace(
        one,
        frequent=_frequent(counts.values, one.frequent, one.rarity),
        frequent_keys=_frequent(counts.keys, one.frequent_keys, one.key_rarity),
        strangers=_among_namesakes(model, one, counts) if counts.alike else one.strangers,
    )


def _frequent(counts: TermCounts, known: Mapping[str, int], usual: int) -> dict[str, int]:
    """Return what is more frequent than usual: as the model has it, or more so among these people."""
    found = dict(known)
    for text, count in sorted(counts.of.items()):
        before = known.get(text, usual)
        found[text] = rarity_among(count, counts.people, before)
    return {text: step for text, step in found.items() if step < usual}


def _among_namesakes(model: Model, one: FieldModel, counts: FieldCounts) -> list[list[float]]:
    """Return the probabilities of levels between strangers, given that these people have more namesakes.

    P(address | names) = P(address and names) / P(names): that two have the same names and the same address is as
    unlikely as it was, so the oftener names are the same, the seldomer is the address that is made from them. In steps
    of one bit, so that few more people leave it as it is.
    """
    parents = [each for each in model.fields if each.name in one.parents]
    usual = prod(each.strangers[0][-1] for each in parents)
    steps = max(floor(log2(chance_among(counts.alike, counts.pairs, usual) / usual)), 0)
    rows = [list(row) for row in one.strangers]
    rows[CONTEXTS.index("parents_agree")][-1] *= 2.0**-steps
    return rows


def _people(fields: Sequence[FieldValues], codes: Codes) -> Codes:
    """Return for each row a number that rows with the same value of a person's own share.

    A value that many have is nobody's.
    """
    left, right = [np.empty(0, np.int32)], [np.empty(0, np.int32)]
    for one, own in zip(fields, codes, strict=True):
        if one.model.kind not in OWN_KINDS:
            continue
        rows = np.flatnonzero(own >= 0)
        rows = rows[np.bincount(own[rows], minlength=len(one))[own[rows]] <= LARGEST_GROUP]
        rows = rows[np.argsort(own[rows], kind="stable")].astype(np.int32)
        same = own[rows[1:]] == own[rows[:-1]]
        left.append(rows[:-1][same])
        right.append(rows[1:][same])
    return components(codes.shape[1], np.concatenate(left), np.concatenate(right))


def _field_counts(one: FieldValues, people: Codes, own: Codes) -> FieldCounts:
    rows = np.flatnonzero(own >= 0)
    total, common = _counts(people[rows], own[rows], one.model.rarity)
    values = TermCounts(total, {one.told(code): count for code, count in common})
    if "variant" not in one.names or not len(rows):
        return FieldCounts(values)
    key_of = one.keys[one.names.index("variant")]
    rows = rows[key_of[own[rows]] >= 0]
    total, common = _counts(people[rows], key_of[own[rows]], one.model.key_rarity)
    keys, first = np.unique(key_of, return_index=True)
    spelled = [one.told(int(first[at])) for at in np.searchsorted(keys, [key for key, _ in common])]
    names = [name_key_one(one.model.kind, text) or "" for text in spelled]
    return FieldCounts(
        values, TermCounts(total, dict(zip(names, (count for _, count in common), strict=True)))
    )


def _counts(people: Codes, codes: Codes, usual: int) -> tuple[int, list[tuple[int, int]]]:
    """Return how many people have any of the codes, and each code that is more frequent than usual, with its people.

    Of more than MOST_FREQUENT the most frequent: so many that none is left out beside one that as many have.
    """
    each, counts = _people_by(people, codes)
    total = int(counts.sum())
    steps = 2.0**-usual * (total - 1 + 2.0 ** (usual + 0.5))  # people from whom on a value is of another step
    kept = np.flatnonzero((counts >= LEAST_PEOPLE) & (counts > steps))
    if len(kept) > MOST_FREQUENT:
        kept = kept[counts[kept] > np.sort(counts[kept])[-MOST_FREQUENT - 1]]
    return total, list(zip(each[kept].tolist(), counts[kept].tolist(), strict=True))


def _alike(people: Codes, parents: Sequence[Codes]) -> tuple[int, int]:
    """Return how many pairs of people have all the parents, and how many of them the same."""
    if not parents:
        return 0, 0
    rows = np.flatnonzero(np.logical_and.reduce([each >= 0 for each in parents]))
    _, counts = _people_by(people[rows], combined([each[rows] for each in parents]))
    total, wide = int(counts.sum()), counts.astype(np.int64)
    return total * (total - 1) // 2, int((wide * (wide - 1)).sum()) // 2


def _people_by(people: Codes, codes: Codes) -> tuple[Codes, Codes]:
    """Return the codes there are, and how many people have each."""
    seen_on = (sorted_unique(pack(people, codes)) & np.uint64(0xFFFFFFFF)).astype(np.int32)
    each, counts = np.unique(seen_on, return_counts=True)
    return each, counts.astype(np.int32)
