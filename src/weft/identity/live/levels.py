"""What `scoring.compare` and `scoring.scorer.Comparer` say of columns of pairs, of one pair: microseconds each.

For a few pairs the columns' cost is that of their hundreds of calls; both say the same (a test compares them).
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA, JaroWinkler

from weft.identity.live.derive import Derived
from weft.identity.live.values import FieldValues, Value
from weft.identity.scoring.compare import LEVELS, VARIANTS
from weft.identity.scoring.model import CONTEXT_STEP
from weft.identity.scoring.scorer import Chains
from weft.identity.scoring.table import Codes

SIMILAR, CLOSE = 0.8, 0.92 - 1e-8
"""Columns hold likeness in single precision, where what computes to a hair less than .92 is .92."""

HELD_MOST = 30_000
AGREE, DIFFER, SOME = 1, 2, 3

_NUMBERS = {kind: {name: place for place, name in enumerate(names, 1)} for kind, names in LEVELS.items()}
_LEAST = {
    kind: numbers["close" if kind in ("given_name", "family_name") else "exact"]
    for kind, numbers in _NUMBERS.items()
}
"""From this level on a field agrees, for what depends on it."""

Row = Sequence[int]


class PairComparer:
    """Compares one pair of rows after the other."""

    def __init__(self, fields: Sequence[FieldValues], chains: Chains) -> None:
        self._fields = fields
        self._kinds = [one.model.kind for one in fields]
        self._exact = [_NUMBERS[kind]["exact"] for kind in self._kinds]
        self._chains = chains
        self._held: dict[tuple[int, int], Value] = {}  # a number stands for the same value for ever

    def forget(self) -> None:
        """Read the values anew: they are not as rare as they were."""
        self._held.clear()

    def levels(
        self, codes: NDArray[np.int32], left: Codes, right: Codes, crossed: Codes
    ) -> NDArray[np.uint8]:
        """Return level bytes, fields by pairs, as `Comparer.levels` does. codes: fields by rows.

        crossed: for each family name its code among given names, -1 for none.
        """
        if len(self._held) > HELD_MOST:
            self._held.clear()
        mine, theirs = (codes[:, rows].T.tolist() for rows in (left, right))
        found = [self._pair(one, other, crossed) for one, other in zip(mine, theirs, strict=True)]
        return np.array(found, np.uint8).reshape(len(found), len(self._kinds)).T

    def _pair(self, one: Row, other: Row, crossed: Codes) -> list[int]:
        found = [self._level(place, *codes) for place, codes in enumerate(zip(one, other, strict=True))]
        if self._chains.given >= 0:
            self._cross(found, one, other, crossed)
        for place, base in enumerate(found):
            if base:
                found[place] = self._with_rarity(place, base, one[place], other[place])
        self._add_contexts(found)
        return found

    def _level(self, place: int, one: int, other: int) -> int:
        if one < 0 or other < 0:
            return 0
        if one == other:
            return self._exact[place]
        kind = self._kinds[place]
        compare = _COMPARE.get(kind)
        numbers = _NUMBERS[kind]
        return (
            numbers[compare(self._value(place, one), self._value(place, other))]
            if compare
            else numbers["differs"]
        )

    def _value(self, place: int, code: int) -> Value:
        found = self._held.get((place, code))
        if found is None:
            found = self._held[place, code] = self._fields[place].value(code)
        return found

    def _with_rarity(self, place: int, base: int, one: int, other: int) -> int:
        if base == self._exact[place]:
            return base + self._fields[place].rarity(one)
        if base == _NUMBERS[self._kinds[place]].get("variant"):
            mine, theirs = self._value(place, one), self._value(place, other)
            if mine.keys["variant"] == theirs.keys["variant"]:
                return VARIANTS + mine.key_rarity
        return base

    def _cross(self, found: list[int], one: Row, other: Row, crossed: Codes) -> None:
        """Read names that stand in each other's place as what they are (`Comparer._cross`)."""
        given, family = self._chains.given, self._chains.family
        names = _NUMBERS["given_name"]
        if found[given] > names["similar"] or found[family] > names["similar"]:
            return
        there = one[given] >= 0 and other[family] >= 0 and int(crossed[other[family]]) == one[given]
        back = other[given] >= 0 and one[family] >= 0 and int(crossed[one[family]]) == other[given]
        if not (there or back):
            return
        rest = (other[given], one[family]) if there else (one[given], other[family])
        fits = (there and back) or self._fits(*rest)
        found[given] = names["crossed" if fits else "differs"]
        found[family] = 0 if fits else names["crossed"]

    def _fits(self, given: int, family: int) -> bool:
        if given < 0 or family < 0:
            return True
        texts = self._value(self._chains.given, given).text, self._value(self._chains.family, family).text
        return _likeness(*texts, SIMILAR) >= SIMILAR

    def _add_contexts(self, found: list[int]) -> None:
        contexts: dict[int, int] = {}
        for place in self._chains.order:
            if parents := self._chains.parents[place]:
                states = [self._state(found, parent, contexts) for parent in parents]
                contexts[place] = _context(states)
        for place, context in contexts.items():
            if found[place]:
                found[place] += CONTEXT_STEP * context

    def _state(self, found: Sequence[int], parent: int, contexts: dict[int, int]) -> int:
        plain = found[parent]
        if not plain:
            return contexts.get(parent, 0)
        return AGREE if plain >= _LEAST[self._kinds[parent]] else DIFFER


def _context(states: Sequence[int]) -> int:
    agree = states.count(AGREE)
    if agree:
        return AGREE if agree == len(states) else SOME
    return DIFFER if DIFFER in states else 0


def _likeness(one: str, other: str, cutoff: float) -> float:
    return JaroWinkler.normalized_similarity(one, other, score_cutoff=cutoff)


def _same(one: Derived, other: Derived, key: str) -> bool:
    return one[key] >= 0 and one[key] == other[key]


def _name(one: Value, other: Value) -> str:
    mine, theirs = one.keys, other.keys
    if _same(mine, theirs, "variant") or _same(mine, theirs, "word") or _nickname(mine, theirs):
        return "variant"
    alike = _likeness(one.text, other.text, SIMILAR)
    if alike >= CLOSE:
        return "close"
    if (mine["initial"] or theirs["initial"]) and _same(mine, theirs, "first"):
        return "initial"
    return "similar" if alike >= SIMILAR else "differs"


def _nickname(one: Derived, other: Derived) -> bool:
    if one.get("nickname_0", -1) < 0 or other["nickname_0"] < 0:
        return False
    places = [name for name in one if name.startswith("nickname_")]
    return not {one[name] for name in places if one[name] >= 0}.isdisjoint([other[name] for name in places])


def _place(one: Value, other: Value) -> str:
    alike = _likeness(one.text, other.text, SIMILAR)
    return "close" if alike >= CLOSE else "similar" if alike >= SIMILAR else "differs"


def _number(one: Value, other: Value) -> str:
    if "tail" in one.keys and _same(one.keys, other.keys, "tail"):
        return "close"
    edits = OSA.distance(one.text, other.text, score_cutoff=2)
    return "close" if edits <= 1 else "far" if edits <= 2 else "differs"


def _postcode(one: Value, other: Value) -> str:
    return "close" if OSA.distance(one.text, other.text, score_cutoff=1) <= 1 else "differs"


def _email(one: Value, other: Value) -> str:
    for key in ("key", "local"):
        if _same(one.keys, other.keys, key):
            return key
    if _likeness(one.text, other.text, 0.88) < 0.88:
        return "differs"
    return "close" if OSA.distance(one.text, other.text, score_cutoff=2) <= 2 else "similar"


def _date(one: Value, other: Value) -> str:
    mine, theirs = one.keys, other.keys
    same = [_same(mine, theirs, part) for part in ("year", "month", "day")]
    swapped = mine["month"] == theirs["day"] and mine["day"] == theirs["month"] and mine["month"] >= 0
    whole = mine["day"] >= 0 and theirs["day"] >= 0
    if (same[0] and swapped) or (whole and _one_slip(_digits(mine), _digits(theirs))):
        return "close"
    return "two_parts" if sum(same) >= 2 else "year" if same[0] else "differs"


def _digits(parts: Derived) -> str:
    return f"{parts['year']:04}{parts['month']:02}{parts['day']:02}"


def _one_slip(one: str, other: str) -> bool:
    """Say whether one digit is another, or two that stand side by side are exchanged."""
    unequal = [place for place in range(len(one)) if one[place] != other[place]]
    if len(unequal) != 2:
        return len(unequal) == 1
    first, second = unequal
    return second == first + 1 and one[first] == other[second] and one[second] == other[first]


_COMPARE: dict[str, Callable[[Value, Value], str]] = {
    "given_name": _name,
    "family_name": _name,
    "birth_date": _date,
    "email": _email,
    "phone": _number,
    "national_id": _number,
    "postcode": _postcode,
    "street": _place,
    "city": _place,
    "region": _place,
    "text": _place,
}
"""Kind → how two values that are not the same compare; kinds that are not here differ."""
