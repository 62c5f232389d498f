"""Scoring pairs of records with a model: levels by field, bits, probability, and why."""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from weft.identity.scoring.compare import FEW, VARIANTS, Prepared, level, likeness, value_levels
from weft.identity.scoring.model import CONTEXT_STEP, Model, bits_by_byte, household_bits
from weft.identity.scoring.table import Bits, Codes, Levels, Records, side_by_side, through

AT_ONCE = 50_000
"""Few enough pairs for what is worked out on the way to stay in the cache of a core."""


@dataclass(frozen=True, slots=True)
class Chains:
    """Which field depends on which. parents: by field, the places of its parents.

    order: places, parents before children. given, family: places of the names that may be crossed, or -1.
    """

    parents: tuple[tuple[int, ...], ...]
    order: tuple[int, ...]
    given: int = -1
    family: int = -1


def chains_of(fields: Sequence[tuple[str, str]], parents: Sequence[Sequence[str]]) -> Chains:
    """Return the chains of fields given as (name, kind), with each one's parents by name."""
    places = {name: place for place, (name, _) in enumerate(fields)}
    above = tuple(tuple(places[parent] for parent in mine) for mine in parents)
    kinds = [kind for _, kind in fields]
    given = kinds.index("given_name") if "given_name" in kinds else -1
    family = kinds.index("family_name") if "family_name" in kinds else -1
    order = tuple(sorted(range(len(above)), key=lambda place: _depth(above, place)))
    return Chains(above, order, given if family >= 0 else -1, family if given >= 0 else -1)


def model_chains(model: Model) -> Chains:
    """Return the chains of a model's fields."""
    return chains_of([(one.name, one.kind) for one in model.fields], [one.parents for one in model.fields])


def _depth(parents: Sequence[Sequence[int]], place: int) -> int:
    return max((1 + _depth(parents, one) for one in parents[place]), default=0)


class Comparer:
    """Compares pairs of records field by field."""

    def __init__(
        self,
        records: Records,
        prepared: Sequence[Prepared],
        chains: Chains,
        family_as_given: Codes | None = None,
    ) -> None:
        """family_as_given: for each family name its code among given names, -1 for none; None to look it up."""
        self.records = records
        self.prepared = prepared
        self.chains = chains
        self.slowest_first = sorted(range(len(prepared)), key=lambda place: -len(prepared[place].values))
        if chains.given >= 0:
            given, family = prepared[chains.given], prepared[chains.family]
            self.family_as_given = (
                _shared_codes(family, given) if family_as_given is None else family_as_given
            )

    def levels(self, left: Codes, right: Codes) -> NDArray[np.uint8]:
        """Return level bytes, fields by pairs, of pairs given as record numbers."""
        return self.finish(self.base(left, right), left, right)

    def base(self, left: Codes, right: Codes) -> NDArray[np.uint8]:
        """Return levels without rarity and context: the expensive part, which does not change with the model."""
        found = np.zeros((len(self.prepared), len(left)), np.uint8)

        def compare(place: int) -> None:
            codes = self.records.fields[place].codes
            found[place] = plain_levels(self.prepared[place], codes[left], codes[right])

        if len(left) > FEW:
            side_by_side(compare, self.slowest_first)
        else:
            for place in self.slowest_first:
                compare(place)
        if self.chains.given >= 0:
            self._cross(found, left, right)
        return found

    def finish(self, base: NDArray[np.uint8], left: Codes, right: Codes) -> NDArray[np.uint8]:
        """Return level bytes from levels: equality gets the rarity of its value, and each field its context.

        A variant that has the key of the other (Kim, 김) gets the rarity of that key; a nickname has none.
        """
        found = base.copy()

        def finish(start: int) -> None:
            part = slice(start, start + AT_ONCE)
            self._rare(found[:, part], left[part], right[part])
            self._contexts(found[:, part])

        if len(left) > AT_ONCE:
            side_by_side(finish, range(0, len(left), AT_ONCE))
        else:
            finish(0)
        return found

    def _rare(self, found: NDArray[np.uint8], left: Codes, right: Codes) -> None:
        for place, one in enumerate(self.prepared):
            codes, mine = self.records.fields[place].codes, found[place]
            exact = np.flatnonzero(mine == level(one.kind, "exact"))
            if len(one.key_rarity):
                variant = np.flatnonzero(mine == level(one.kind, "variant"))
                first, other = codes[left[variant]], codes[right[variant]]
                keyed = one.keys["variant"][first] == one.keys["variant"][other]
                mine[variant[keyed]] = VARIANTS + one.key_rarity[first[keyed]]
            if len(exact):
                mine[exact] += one.rarity[codes[left[exact]]]

    def _cross(self, found: NDArray[np.uint8], left: Codes, right: Codes) -> None:
        """Read names that stand in each other's place as what they are.

        Where one name is the other record's other name: `crossed` on the given name if the remaining names fit
        (or one is missing), and the evidence counts once; else only the family name agrees, written crosswise.
        """
        given, family = self.chains.given, self.chains.family
        differs = level("given_name", "similar")
        rows = np.flatnonzero((found[given] <= differs) & (found[family] <= differs))
        if not len(rows):
            return
        first = self.records.fields[given].codes
        last = self.records.fields[family].codes
        one, other = left[rows], right[rows]
        there = (first[one] == through(self.family_as_given, last[other])) & (first[one] >= 0)
        back = (first[other] == through(self.family_as_given, last[one])) & (first[other] >= 0)
        hit = there | back
        if not hit.any():
            return
        rows, one, other, there = rows[hit], one[hit], other[hit], there[hit]
        given_code = np.where(there, first[other], first[one])
        family_code = np.where(there, last[one], last[other])
        fits = self._fits(given_code, family_code) | (there & back[hit])
        found[given, rows] = np.where(fits, level("given_name", "crossed"), level("given_name", "differs"))
        found[family, rows] = np.where(fits, 0, level("family_name", "crossed"))

    def _fits(self, given: Codes, family: Codes) -> NDArray[np.bool_]:
        """Say where a given name is like a family name, or one of them is missing."""
        fits = (given < 0) | (family < 0)
        rest = np.flatnonzero(~fits)
        texts = self.prepared[self.chains.given].text()[given[rest]]
        others = self.prepared[self.chains.family].text()[family[rest]]
        fits[rest] = likeness(texts, others, 0.8) >= 0.8
        return fits

    def _contexts(self, found: NDArray[np.uint8]) -> None:
        """Add to each level whether the field's parents agree: all, some, none; a missing one asks its own."""
        contexts: dict[int, Levels] = {}
        for place in self.chains.order:
            parents = self.chains.parents[place]
            if not parents:
                continue
            states = np.stack([self._state(found, parent, contexts) for parent in parents])
            agree, differ = states == 1, states == 2
            whole = np.where(agree.all(axis=0), 1, np.where(differ.any(axis=0), 2, 0))
            some = agree.any(axis=0) & ~agree.all(axis=0)
            contexts[place] = np.where(some, 3, whole).astype(np.uint8)
        for place, context in contexts.items():
            found[place] += (found[place] > 0) * context * np.uint8(CONTEXT_STEP)

    def _state(self, found: NDArray[np.uint8], parent: int, contexts: dict[int, Levels]) -> Levels:
        plain = found[parent]
        kind = self.prepared[parent].kind
        least = level(kind, "close" if kind in ("given_name", "family_name") else "exact")
        agrees = np.where(plain >= least, 1, 2)
        return np.where(plain == 0, contexts.get(parent, 0), agrees).astype(np.uint8)


def plain_levels(one: Prepared, left: Codes, right: Codes) -> Levels:
    """Return the levels of pairs of values, 0 where either is missing."""
    there = ((left >= 0) & (right >= 0)).nonzero()[0]
    if len(there) == len(left):
        return value_levels(one, left, right)
    found = np.zeros(len(left), np.uint8)
    if len(there):
        found[there] = value_levels(one, left[there], right[there])
    return found


def _shared_codes(one: Prepared, other: Prepared) -> Codes:
    """Return for each value of one field its code in the other, -1 where the other has no such value."""
    found = pc.index_in(one.values, value_set=other.values)
    return pc.fill_null(found, -1).to_numpy(zero_copy_only=False).astype(np.int32)


@dataclass(frozen=True, slots=True)
class Scores:
    """Of pairs: bits for one person (log2 of the odds), and bits for one household against strangers."""

    bits: Bits
    household: Bits


class Scorer:
    """Turns level bytes into bits with a model. Small enough to be made for one record against a few dozen.

    gain: bits on top of the model's prior.
    """

    def __init__(self, model: Model, gain: float = 0.0) -> None:
        self.model = model
        strangers = max(1.0 - model.same - model.household, 1e-12)
        self.prior = float(np.log2(model.same / strangers)) + gain
        self.household_prior = float(np.log2(max(model.household, 1e-30) / strangers))
        self.same = np.stack(
            [bits_by_byte(one.kind, np.array(one.same), np.array(one.strangers)) for one in model.fields]
        )
        self.household = np.stack(
            [
                household_bits(
                    one.kind, self.same[place], np.array(one.household), np.array(one.strangers), one.together
                )
                for place, one in enumerate(model.fields)
            ]
        )

    def score(self, levels: NDArray[np.uint8]) -> Scores:
        """Return the scores of pairs. levels: fields by pairs.

        bits = prior + sum of the fields' bits - log2(1 + 2^household bits): the last is what the household
        outcome takes away.
        """
        same = np.full(levels.shape[1], self.prior, np.float32)
        household = np.full(levels.shape[1], self.household_prior, np.float32)
        for place in range(levels.shape[0]):
            same += self.same[place][levels[place]]
            household += self.household[place][levels[place]]
        return Scores(same - softplus2(household), household)


def softplus2(bits: Bits) -> Bits:
    """Return log2(1 + 2^bits)."""
    return np.logaddexp2(np.float32(0), bits)


def probability(bits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the probability that goes with log2-odds."""
    return (1.0 / (1.0 + np.exp2(-np.clip(bits, -60, 60)))).astype(np.float32)
