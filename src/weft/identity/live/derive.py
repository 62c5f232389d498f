"""What `scoring.prepare` derives from a column, of one value: some microseconds instead of some milliseconds.

A derived text is told by a 31-bit checksum instead of its place in a list, so that no list must be kept: two texts
share one with a chance of 2^-31, which costs a needless comparison or, for a name, a level between its neighbours.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from zlib import crc32

from weft.identity.kinds.names.keys import name_key_one
from weft.identity.kinds.names.nicknames import MOST_FAMILIES, NONE, nickname_families
from weft.identity.kinds.phone import TAIL_DIGITS
from weft.identity.kinds.steps import Replace
from weft.identity.scoring.prepare import NAME_PREFIX
from weft.identity.scoring.table import MISSING

CHECKSUM = 0x7FFF_FFFF
CACHED_NAMES = 65_536

Derived = Mapping[str, int]
"""Name of a key → its code, `MISSING` where the value has none."""

_HANGUL = re.compile("[\uac00-\ud7a3]")
_INITIALS = re.compile(r"[a-z](?: [a-z])*")
_UK = re.compile(r"[a-z]{1,2}[0-9][a-z0-9]?[0-9][a-z]{2}")
_TAG = Replace(r"^([^@+]+)[+][^@]*@", r"\1@")
_LOCAL = Replace(r"([^@+]+)(?:[+][^@]*)?@.*$", r"\1")
_GMAIL = re.compile(r"@(?:gmail\.com|googlemail\.com)$")


def checksum(text: str) -> int:
    """Return the code of a text; an empty one has none."""
    return crc32(text.encode("utf-8", "surrogatepass")) & CHECKSUM if text else MISSING


def derive(kind: str, value: str) -> Derived:
    """Return the keys of a normalised value, by name, as `prepare` has them for the field's kind."""
    found = _DERIVE.get(kind)
    return found(kind, value) if found else {}


def compared_text(kind: str, value: str) -> str:
    """Return the text by which the likeness of two values is measured: of Hangul names the letters."""
    if kind in ("given_name", "family_name") and not value.isascii() and _HANGUL.search(value):
        return unicodedata.normalize("NFD", value)
    return value


@lru_cache(CACHED_NAMES)
def _name(kind: str, value: str) -> Derived:
    key = name_key_one(kind, value) or ""
    word = value.split(" ", 1)[0]
    found = {
        "variant": checksum(key),
        "word": _at_least(word, 3),
        "first": checksum(key[:1]),
        "prefix": checksum("".join(filter(_is_letter, key))[:NAME_PREFIX]),
        "initial": int(_INITIALS.fullmatch(value) is not None),
    }
    if kind == "given_name":
        table = nickname_families()
        families = table.get(value) or table.get(word) or ()
        for place in range(MOST_FAMILIES):
            found[f"nickname_{place}"] = families[place] if place < len(families) else NONE
        found["known"] = checksum(str(families[0]) if families else key)
    return found


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] == "L"


def _date(_: str, value: str) -> Derived:
    year, month, day = (_number(value[start:end]) for start, end in ((0, 4), (5, 7), (8, 10)))
    both = month >= 0 and day >= 0
    return {
        "year": year,
        "month": month,
        "day": day,
        "year_month": year * 100 + month if month >= 0 else MISSING,
        "year_day": year * 100 + day if both else MISSING,
        "month_day": month * 100 + day if both else MISSING,
    }


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else MISSING


def _email(_: str, value: str) -> Derived:
    key = _TAG.one(value)
    if _GMAIL.search(key):
        key = key.split("@", 1)[0].replace(".", "") + "@gmail.com"
    local = _LOCAL.one(value)
    return {"key": checksum(key), "local": _at_least(local, 4), "prefix": checksum(local[:5])}


def _phone(_: str, value: str) -> Derived:
    return {"tail": _at_least(value.replace("+", "")[-TAIL_DIGITS:], 7)}


def _id(_: str, value: str) -> Derived:
    return {"start": _at_least(value[:4], 4), "end": _at_least(value[-4:], 4)}


def _postcode(_: str, value: str) -> Derived:
    return {"area": checksum(value[:-3] if _UK.fullmatch(value) else value[:-2])}


def _place(_: str, value: str) -> Derived:
    return {"prefix": checksum(value[:6])}


def _at_least(text: str, letters: int) -> int:
    return checksum(text) if len(text) >= letters else MISSING


_DERIVE: dict[str, Callable[[str, str], Derived]] = {
    "given_name": _name,
    "family_name": _name,
    "birth_date": _date,
    "email": _email,
    "phone": _phone,
    "national_id": _id,
    "postcode": _postcode,
    "street": _place,
    "city": _place,
    "text": _place,
}
