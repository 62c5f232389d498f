"""Scores nodes against all others by the model that the batch uses."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec
import numpy as np
from numpy.typing import NDArray

from weft.identity.live.behaviour import LIVING_TOGETHER
from weft.identity.live.grown import Grown, Rows
from weft.identity.live.index import Nodes, PersonIndex
from weft.identity.live.levels import PairComparer
from weft.identity.scoring.calibrate import confidence
from weft.identity.scoring.model import Model
from weft.identity.scoring.scorer import Comparer, Scorer, model_chains, softplus2
from weft.identity.scoring.table import MISSING, Bits, Codes, Keys, pack, sorted_unique, unpack

AT_ONCE = 500_000
FEW_PAIRS = 48
"""Up to so many pairs are compared one by one, more in columns."""
PRIOR, HOUSEHOLD = "prior", "household"
"""Contributions beside those of the fields: what is known before, and what living together takes away."""

DIGITS = 4


class Outcome(StrEnum):
    """What two nodes are to each other, by the model."""

    SAME = "same"
    HOUSEHOLD = "household"
    DIFFERENT = "different"


class ScoredPair(msgspec.Struct, frozen=True, gc=False):
    """Two nodes and what the model says of them. fields: what each contributes; they sum to `bits`.

    confidence: that they are one person; together: the probability that they are two of one household.
    """

    left: bytes
    right: bytes
    outcome: Outcome
    bits: float
    confidence: float
    fields: dict[str, float]
    together: float


class Scored(msgspec.Struct):
    """Pairs of rows with their level bytes (fields by pairs), bits for one person and for one household."""

    left: Codes
    right: Codes
    levels: NDArray[np.uint8]
    bits: Bits
    household: Bits
    confidence: NDArray[np.float32]
    further: Mapping[int, Mapping[str, float]] = {}
    """Contributions beside the fields': place of the pair → name → bits for one person."""


class Matcher:
    """An index and the model that compares what is in it. Belongs to one thread."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.index = PersonIndex(model)
        self.scorer = Scorer(model)
        self._chains = model_chains(model)
        self._crossed = Grown(np.int32)
        self._by_pair = PairComparer(self.index.fields, self._chains)

    def put(self, nodes: Nodes, told: Sequence[Mapping[str, str]]) -> Rows:
        """Set what is told of nodes (see `PersonIndex.put`); return their rows."""
        before = [len(one) for one in self.index.fields]
        rows = self.index.put(nodes, told)
        self._cross(before, told)
        return rows

    def use(self, model: Model) -> Rows:
        """Compare by another model of the same fields and keys; return the rows of which a pair's score may change.

        It differs in how frequent values are among strangers.
        """
        index, changed = self.index, np.zeros(len(self.index), np.bool_)
        for place, (one, values, codes) in enumerate(
            zip(model.fields, index.fields, index.codes, strict=True)
        ):
            frequent = index.find_value(place, list(one.frequent))
            other = np.append(values.use(one, frequent), False)  # the last stands for what is missing
            if one.strangers != self.model.fields[place].strangers:
                other[:-1] = True
            changed |= other[codes]
        self.model, self.scorer = model, Scorer(model)
        self._by_pair.forget()
        return np.flatnonzero(changed)

    def match(self, rows: Rows, known: tuple[Rows, Rows] | None = None) -> Scored:
        """Score rows against everybody who shares a key with them. known: further pairs of rows to score."""
        left, right = self.index.candidates(rows)
        if known is not None and len(known[0]):
            left, right = unpack(sorted_unique(np.concatenate((pack(left, right), _packed(known)))))
        return self.score(left, right)

    def among(self, scored: Scored, known: tuple[Rows, Rows]) -> NDArray[np.bool_]:
        """Say which of the scored pairs are among these."""
        return np.isin(pack(scored.left, scored.right), _packed(known))

    def score(self, left: Codes, right: Codes) -> Scored:
        """Score pairs of rows."""
        levels = self._levels(left, right)
        scores = self.scorer.score(levels)
        return Scored(left, right, levels, scores.bits, scores.household, confidence(self.model, scores.bits))

    def weigh(self, scored: Scored, further: Mapping[int, Mapping[str, float]]) -> Scored:
        """Return the scores with further contributions (see `Scored.further`).

        Those in LIVING_TOGETHER speak for a household as they do for one person.
        """
        if not further:
            return scored
        places = np.fromiter(further, np.int64, len(further))
        same = scored.bits[places] + softplus2(scored.household[places])
        household = scored.household.copy()
        for at, (place, parts) in enumerate(further.items()):
            same[at] += sum(parts.values())
            household[place] += sum(part for name, part in parts.items() if name in LIVING_TOGETHER)
        bits = scored.bits.copy()
        bits[places] = same - softplus2(household[places])
        sure = confidence(self.model, bits)
        return Scored(scored.left, scored.right, scored.levels, bits, household, sure, further)

    def ends(self, scored: Scored, places: Rows) -> list[tuple[bytes, bytes]]:
        """Return the nodes of some of the pairs, the lesser first. places: of the pairs."""
        sides = (self.index.nodes_of(side[places]) for side in (scored.left, scored.right))
        return [(min(pair), max(pair)) for pair in zip(*sides, strict=True)]

    def pairs(self, scored: Scored, places: Rows) -> list[ScoredPair]:
        """Return some of the pairs with the reasons. places: of the pairs."""
        names = [PRIOR, *(one.name for one in self.model.fields), HOUSEHOLD]
        table = self._contributions(scored, places)
        outcomes = outcomes_of(scored)[places].tolist()
        confidence = scored.confidence[places].tolist()
        found: list[ScoredPair] = []
        ends = self.ends(scored, places)
        for (left, right), parts, outcome, sure, place in zip(
            ends, table, outcomes, confidence, places.tolist(), strict=True
        ):
            fields = {name: part for name, part in zip(names, parts, strict=True) if part}
            fields |= scored.further.get(place, {})
            bits = round(sum(fields.values()), DIGITS)
            household = together(sure, fields.get(HOUSEHOLD, 0.0))
            found.append(ScoredPair(left, right, OUTCOMES[outcome], bits, sure, fields, household))
        return found

    def _levels(self, left: Codes, right: Codes) -> NDArray[np.uint8]:
        index, crossed = self.index, self._crossed.values
        if len(left) <= FEW_PAIRS:
            return self._by_pair.levels(index.codes, left, right, crossed)
        prepared = [one.prepared for one in index.fields]
        comparer = Comparer(index.records(), prepared, self._chains, crossed)
        pieces = [
            comparer.levels(left[at : at + AT_ONCE], right[at : at + AT_ONCE])
            for at in range(0, len(left), AT_ONCE)
        ]
        return np.concatenate(pieces, axis=1)

    def _contributions(self, scored: Scored, places: Rows) -> list[list[float]]:
        levels = scored.levels[:, places]
        fields = self.scorer.same[np.arange(len(levels))[:, None], levels]
        prior = np.full((1, len(places)), self.scorer.prior)
        rows = np.concatenate((prior, fields, -softplus2(scored.household[places])[None]))
        return rows.T.round(DIGITS).tolist()

    def _cross(self, before: Sequence[int], told: Sequence[Mapping[str, str]]) -> None:
        """Note which family names are also given names (for names that stand in each other's place)."""
        given, family = self._chains.given, self._chains.family
        if given < 0:
            return
        index = self.index
        grown = len(index.fields[family]) - self._crossed.count
        if grown:
            self._crossed.extend(np.full(grown, MISSING, np.int32))
        if grown or len(index.fields[given]) > before[given]:
            names = [index.fields[place].model.name for place in (given, family)]
            texts = list({each[name] for each in told for name in names if name in each})
            as_family, as_given = index.find_value(family, texts), index.find_value(given, texts)
            both = (as_family >= 0) & (as_given >= 0)
            self._crossed.values[as_family[both]] = as_given[both]


def _packed(pairs: tuple[Rows, Rows]) -> Keys:
    left, right = (each.astype(np.int32) for each in pairs)
    return pack(np.minimum(left, right), np.maximum(left, right))


def together(confidence: float, household: float) -> float:
    """Return the probability that two are of one household: its share h / (1 + h) of what is left beside one person.

    confidence: that they are one person. household: -log2(1 + h), the contribution, h being the odds of a household
    against strangers.
    """
    return round((1 - confidence) * (1 - 2.0**household), DIGITS)


OUTCOMES = (Outcome.DIFFERENT, Outcome.HOUSEHOLD, Outcome.SAME)


def outcomes_of(scored: Scored) -> NDArray[np.int64]:
    """Return each pair's outcome as a place in `OUTCOMES`: the likeliest of the three."""
    return np.where(scored.bits >= 0, 2, np.where(scored.household >= 0, 1, 0))
