"""What people are called, and the text by which they are found. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from weft.model.identifier import Identifier

DEVICES = frozenset({"anonymous_id", "device_id", "advertising_id"})
"""Namespaces that name a browser or a device; a profile with no other is anonymous."""

FULL = ("name", "fullName", "full_name", "displayName", "display_name")
GIVEN = ("firstName", "first_name", "givenName", "given_name")
FAMILY = ("lastName", "last_name", "familyName", "family_name", "surname")
OTHER = ("email", "phone")
_TOLD = frozenset((*FULL, *GIVEN, *FAMILY, *OTHER))

NAME_CHARACTERS = 300
WORDS_CHARACTERS = 2_000

PHONE_DIGITS = 5
GROUPING = " +-().\u2010\u2011"

_MARKS = range(0x300, 0x370)
_PLAIN = re.compile(r"[\x00-\x7f\u4e00-\u9fff\uac00-\ud7a3]*").fullmatch
_UNSPACED = re.compile(r"[\u3040-\u9fff\uac00-\ud7a3\uf900-\ufaff]")
"""Kana and Chinese characters, Hangul syllables: scripts in which family and given name stand together."""


class NameParts(msgspec.Struct, frozen=True):
    """A name as its traits give it; empty where they do not. Which part comes first is for whoever shows it."""

    full: str = ""
    given: str = ""
    family: str = ""


def name_of(traits: Mapping[str, Any]) -> NameParts:
    """Read the name from traits as SDKs and other systems call them."""
    return NameParts(_first(traits, FULL), _first(traits, GIVEN), _first(traits, FAMILY))


def is_known(identifiers: Iterable[Identifier]) -> bool:
    """Say whether anything but devices names this person."""
    return not DEVICES.issuperset([each.namespace for each in identifiers])


def search_words(identifiers: Iterable[Identifier], traits: Mapping[str, Any]) -> str:
    """Return the text in which a search looks for a person, one entry a line: names and identifiers, folded.

    Ids of devices are left out: nobody knows a part of one, and most profiles have nothing else.
    """
    values = [each.value for each in identifiers if each.namespace not in DEVICES]
    told = _TOLD & traits.keys()
    if told:
        values = [
            *_spellings(name_of(traits)),
            *values,
            *(_text(traits[name]) for name in OTHER if name in told),
        ]
    elif not values:
        return ""
    lines = dict.fromkeys([folded(value) for value in values if value])
    return "\n".join(lines)[:WORDS_CHARACTERS]


def search_terms(query: str) -> list[list[str]]:
    """Return lists of folded words: whoever has every word of one of the lists is meant.

    What can be a telephone number is also looked for without its grouping and without the zeros in front, which the
    international form does not have.
    """
    text = folded(query)
    words = text.split()
    digits = "".join(char for char in text if char.isdecimal())
    if len(digits) < PHONE_DIGITS or not all(char.isdecimal() or char in GROUPING for char in text):
        return [words] if words else []
    return [words, [digits.lstrip("0") or digits]]


def folded(text: str) -> str:
    """Return text without case, width and accents, so that José, JOSE and ｊｏｓｅ are one; Hangul stays whole."""
    if text.isascii() or _PLAIN(text):
        return text.lower()
    apart = unicodedata.normalize("NFKD", text)
    bare = "".join(char for char in apart if ord(char) not in _MARKS)
    return unicodedata.normalize("NFC", bare).casefold()


def _spellings(name: NameParts) -> Iterator[str]:
    yield name.full
    if " " in name.full and _unspaced(name.full):
        yield name.full.replace(" ", "")
    if _unspaced(name.family) or _unspaced(name.given):
        yield name.family + name.given
    else:
        yield f"{name.given} {name.family}".strip()


def _unspaced(text: str) -> bool:
    return not text.isascii() and _UNSPACED.search(text) is not None


def _first(traits: Mapping[str, Any], names: Iterable[str]) -> str:
    for name in names:
        if name in traits and (text := _text(traits[name])):
            return text
    return ""


def _text(value: Any) -> str:
    if isinstance(value, msgspec.Raw):
        value = msgspec.json.decode(value)
    return value.strip()[:NAME_CHARACTERS] if isinstance(value, str) else ""
