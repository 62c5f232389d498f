"""Comparison levels: how alike two values of one field are, from differing to equal, by kind of field.

A level is a small number: 0 says that a value is missing on either side, 1 that the values differ, then
come the ways to be alike from weak to strong, and from `exact` on equality, one level per rarity of the
value (the term-frequency adjustment of Fellegi-Sunter in steps of one bit). Variants of a name (Kim and 김)
have the rarity of the key that they share, from VARIANTS on.
"""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Sized
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from weft.identity.kinds.letters import Letters
from weft.identity.scoring.table import Codes, Levels, pack, unpack

RARITIES = 28
"""Steps of rarity: step b holds the values that one record in 2^b to 2^(b+1) has."""

VARIANTS = 35
"""The first of the levels of variants by rarity: what follows the levels of equal names."""

CHUNK = 250_000
FEW = 5_000
"""Up to so many pairs of texts one thread compares."""

_NAME = ("differs", "initial", "similar", "close", "variant", "crossed", "exact")
_PLACE = ("differs", "similar", "close", "exact")
_NUMBER = ("differs", "far", "close", "exact")

LEVELS: dict[str, tuple[str, ...]] = {
    "given_name": _NAME,
    "family_name": _NAME,
    "birth_date": ("differs", "year", "two_parts", "close", "exact"),
    "email": ("differs", "similar", "close", "local", "key", "exact"),
    "phone": _NUMBER,
    "national_id": _NUMBER,
    "postcode": ("differs", "close", "exact"),
    "street": _PLACE,
    "city": _PLACE,
    "region": _PLACE,
    "text": _PLACE,
    "gender": ("differs", "exact"),
    "category": ("differs", "exact"),
}
"""Kind → its levels, weak to strong. The level's number is its place here plus one."""


def level(kind: str, name: str) -> int:
    """Return the number of a named level."""
    return LEVELS[kind].index(name) + 1


class Texts(Protocol):
    """Texts by number."""

    def __getitem__(self, places: Codes, /) -> NDArray[np.object_]:
        """Return the texts at some places."""
        ...


def _none() -> NDArray[np.uint8]:
    return np.empty(0, np.uint8)


@dataclass(slots=True)
class Prepared:
    """What comparing the values of a field needs, once per distinct value.

    keys: name → one code per value (variants of a name, a date's parts, an address's local part), -1 where
    there is none. rarity: step of each value. spellings: of names the distinct keys that `variant` counts, and
    key_rarity: the step of each value's key.
    """

    kind: str
    values: pa.StringArray
    keys: dict[str, Codes]
    rarity: NDArray[np.uint8]
    texts: Texts | None = None
    letters: Letters | None = None
    spellings: pa.StringArray | None = None
    key_rarity: NDArray[np.uint8] = field(default_factory=_none)

    def text(self) -> Texts:
        """Return the values as Python texts, made when first needed."""
        if self.texts is None:
            self.texts = np.asarray(self.values.to_numpy(zero_copy_only=False), dtype=object)
        return self.texts

    def bags(self, pairs: int) -> Letters | None:
        """Return the letters of the values, counted when first needed; None where so few pairs are not worth it.

        Nor are there any where the texts are kept elsewhere.
        """
        if pairs <= FEW or not len(self.values):
            return None
        if self.letters is None:
            self.letters = Letters(self.values)
        return self.letters


def value_levels(one: Prepared, left: Codes, right: Codes) -> Levels:
    """Compare values by their codes. left, right: equal length, none missing. Returns levels without rarity.

    Each distinct pair of values is compared once when the field has few values.
    """
    result = np.full(len(left), level(one.kind, "differs"), np.uint8)
    same = left == right
    result[same] = level(one.kind, "exact")
    rest = (~same).nonzero()[0]
    if not len(rest) or one.kind in ("gender", "category"):
        return result
    low, high = np.minimum(left[rest], right[rest]), np.maximum(left[rest], right[rest])
    if len(one.rarity) > len(rest) // 4:
        result[rest] = _unequal(one, low, high)
        return result
    coded = pc.dictionary_encode(pa.array(pack(low, high)))
    low, high = unpack(coded.dictionary.to_numpy())
    result[rest] = _unequal(one, low, high)[coded.indices.to_numpy()]
    return result


def _unequal(one: Prepared, left: Codes, right: Codes) -> Levels:
    found = np.empty(len(left), np.uint8)
    compare = _COMPARE[one.kind]
    for start in range(0, len(left), CHUNK):
        part = slice(start, start + CHUNK)
        found[part] = compare(one, left[part], right[part])
    return found


def _same_key(one: Prepared, key: str, left: Codes, right: Codes) -> NDArray[np.bool_]:
    codes = one.keys.get(key)
    if codes is None:
        return np.zeros(len(left), np.bool_)
    return (codes[left] >= 0) & (codes[left] == codes[right])


def likeness(left: NDArray[np.object_], right: NDArray[np.object_], cutoff: float) -> NDArray[np.float32]:
    """Return Jaro-Winkler similarities of texts, 0 below the cutoff."""
    return process.cpdist(
        left,
        right,
        scorer=JaroWinkler.normalized_similarity,
        score_cutoff=cutoff,
        dtype=np.float32,
        workers=_workers(left),
    )


def _workers(texts: Sized) -> int:
    """Return how many threads are worth starting; -1 for all cores."""
    return -1 if len(texts) > FEW else 1


def _likeness(one: Prepared, left: Codes, right: Codes, cutoff: float) -> NDArray[np.float32]:
    """Return Jaro-Winkler similarities, 0 below the cutoff. Of many pairs only those that may reach it are compared."""
    text, bags = one.text(), one.bags(len(left))
    if bags is None:
        return likeness(text[left], text[right], cutoff)
    maybe = bags.maybe_like(left, right, cutoff)
    found = np.zeros(len(left), np.float32)
    found[maybe] = likeness(text[left[maybe]], text[right[maybe]], cutoff)
    return found


def _edits(one: Prepared, left: Codes, right: Codes, most: int) -> NDArray[np.int32]:
    """Return optimal string alignment distances; `most` + 1 stands for every larger one."""
    text, bags = one.text(), one.bags(len(left))
    if bags is None:
        return _distances(text[left], text[right], most)
    maybe = bags.maybe_near(left, right, most)
    found = np.full(len(left), most + 1, np.int32)
    found[maybe] = _distances(text[left[maybe]], text[right[maybe]], most)
    return found


def _distances(left: NDArray[np.object_], right: NDArray[np.object_], most: int) -> NDArray[np.int32]:
    return process.cpdist(
        left, right, scorer=OSA.distance, score_cutoff=most, dtype=np.int32, workers=_workers(left)
    )


def _names(one: Prepared, left: Codes, right: Codes) -> Levels:
    found = np.full(len(left), level(one.kind, "differs"), np.uint8)
    alike = _likeness(one, left, right, 0.8)
    short = _same_key(one, "first", left, right) & (
        (one.keys["initial"][left] == 1) | (one.keys["initial"][right] == 1)
    )
    found[alike >= 0.8] = level(one.kind, "similar")
    found[short] = level(one.kind, "initial")
    found[alike >= 0.92] = level(one.kind, "close")
    found[_same_key(one, "variant", left, right) | _same_key(one, "word", left, right)] = level(
        one.kind, "variant"
    )
    found[_nicknames(one, left, right)] = level(one.kind, "variant")
    return found


def _nicknames(one: Prepared, left: Codes, right: Codes) -> NDArray[np.bool_]:
    """Say where two given names may be forms of one: a name can belong to several families (Alex, Sam)."""
    places = [name for name in one.keys if name.startswith("nickname_")]
    found = np.zeros(len(left), np.bool_)
    if not places:
        return found
    both = np.flatnonzero((one.keys[places[0]][left] >= 0) & (one.keys[places[0]][right] >= 0))
    if not len(both):
        return found
    left, right = left[both], right[both]
    for mine in places:
        for other in places:
            codes = one.keys[mine][left]
            found[both] |= (codes >= 0) & (codes == one.keys[other][right])
    return found


def _places(one: Prepared, left: Codes, right: Codes) -> Levels:
    found = np.full(len(left), level(one.kind, "differs"), np.uint8)
    alike = _likeness(one, left, right, 0.8)
    found[alike >= 0.8] = level(one.kind, "similar")
    found[alike >= 0.92] = level(one.kind, "close")
    return found


def _numbers(one: Prepared, left: Codes, right: Codes) -> Levels:
    found = np.full(len(left), level(one.kind, "differs"), np.uint8)
    edits = _edits(one, left, right, 2)
    found[edits <= 2] = level(one.kind, "far")
    found[edits <= 1] = level(one.kind, "close")
    found[_same_key(one, "tail", left, right)] = level(one.kind, "close")
    return found


def _postcodes(one: Prepared, left: Codes, right: Codes) -> Levels:
    close = _edits(one, left, right, 1) <= 1
    return np.where(close, level(one.kind, "close"), level(one.kind, "differs")).astype(np.uint8)


def _emails(one: Prepared, left: Codes, right: Codes) -> Levels:
    found = np.full(len(left), level(one.kind, "differs"), np.uint8)
    alike = np.flatnonzero(_likeness(one, left, right, 0.88) >= 0.88)
    found[alike] = level(one.kind, "similar")
    found[alike[_edits(one, left[alike], right[alike], 2) <= 2]] = level(one.kind, "close")
    found[_same_key(one, "local", left, right)] = level(one.kind, "local")
    found[_same_key(one, "key", left, right)] = level(one.kind, "key")
    return found


def _dates(one: Prepared, left: Codes, right: Codes) -> Levels:
    """Compare ISO dates by their digits. Partial dates (a year, a month) agree with what they hold."""
    found = np.full(len(left), level(one.kind, "differs"), np.uint8)
    parts = {name: (one.keys[name][left], one.keys[name][right]) for name in ("year", "month", "day")}
    same = {name: (a == b) & (a >= 0) for name, (a, b) in parts.items()}
    found[same["year"]] = level(one.kind, "year")
    found[_two_of_three(same)] = level(one.kind, "two_parts")
    swapped = (parts["month"][0] == parts["day"][1]) & (parts["day"][0] == parts["month"][1])
    close = same["year"] & swapped & (parts["month"][0] >= 0)
    whole = (parts["day"][0] >= 0) & (parts["day"][1] >= 0)
    close |= whole & _one_slip(_digits(parts, 0), _digits(parts, 1))
    found[close] = level(one.kind, "close")
    return found


def _two_of_three(same: dict[str, NDArray[np.bool_]]) -> NDArray[np.bool_]:
    year, month, day = same["year"], same["month"], same["day"]
    return (year & month) | (year & day) | (month & day)


def _digits(parts: dict[str, tuple[Codes, Codes]], side: int) -> NDArray[np.uint8]:
    year, month, day = (parts[name][side] for name in ("year", "month", "day"))
    digits = [year // 1000, year // 100 % 10, year // 10 % 10, year % 10]
    digits += [month // 10, month % 10, day // 10, day % 10]
    return np.stack(digits).astype(np.uint8)


def _one_slip(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Say where one digit is another, or two that stand side by side are exchanged."""
    unequal = left != right
    count = unequal.sum(axis=0)
    crossed = (left[:-1] == right[1:]) & (left[1:] == right[:-1]) & unequal[:-1] & unequal[1:]
    return (count == 1) | ((count == 2) & crossed.any(axis=0))


_COMPARE = {
    "given_name": _names,
    "family_name": _names,
    "birth_date": _dates,
    "email": _emails,
    "phone": _numbers,
    "national_id": _numbers,
    "postcode": _postcodes,
    "street": _places,
    "city": _places,
    "region": _places,
    "text": _places,
}
