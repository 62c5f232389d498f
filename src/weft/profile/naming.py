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
COUNTRY_DIGITS = (1, 2, 3)
PHONE_ENDS = (8, 4)
GROUPING = " +-().\u2010\u2011"

_MARKS = range(0x300, 0x370)
_PLAIN = re.compile(r"[\x00-\x7f\u4e00-\u9fff\uac00-\ud7a3]*").fullmatch
_ALONE = r"\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
"""Kana, Chinese characters, Hangul syllables: scripts in which words, family and given name stand together."""
_APART = r"\x00-/:-@\[-`{-\xbf\u2000-\u206f\u3000-\u303f"
"""Space and punctuation. (What is not ASCII and not here belongs to a word: SQLite's tokenizer sees it so, too.)"""
_WORDS = re.compile(f"[{_ALONE}]|[^{_APART}{_ALONE}]+").findall
_UNSPACED = re.compile(f"[{_ALONE}]")


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
    """Return the text in which a search looks for a person, one entry a line: names and identifiers as `spaced`.

    Ids of devices are left out: nobody knows a part of one, and most profiles have nothing else.
    """
    named = [each for each in identifiers if each.namespace not in DEVICES]
    told = _TOLD & traits.keys()
    if not (named or told):
        return ""
    lines = [spaced(text) for text in _spellings(name_of(traits))] if told else []
    lines += [_phone(each.value) if each.namespace == "phone" else spaced(each.value) for each in named]
    if "email" in told:
        lines.append(spaced(_text(traits["email"])))
    if "phone" in told:
        lines.append(_phone(_text(traits["phone"])))
    return "\n".join(dict.fromkeys([line for line in lines if line]))[:WORDS_CHARACTERS]


def search_terms(query: str) -> list[list[str]] | None:
    """Return lists of `spaced` texts: whoever has every text of one of the lists, the last word perhaps cut, is meant.

    None when nothing is asked; no list when nobody can be meant.
    What can be a telephone number is also looked for without its grouping and without the zeros in front, which the
    international form does not have.
    """
    if not query.strip():
        return None
    terms = [text for word in query.split() if (text := spaced(word))]
    if not terms:
        return []
    found = [terms]
    if digits := _digits(query):
        found += [[f" {each}"] for each in (digits, digits.lstrip("0")) if each]
    return [list(each) for each in dict.fromkeys(map(tuple, found))]


def spaced(text: str) -> str:
    """Return the words of a text, folded, each behind one space.

    Punctuation only separates; each character of a script without spaces is a word, so that any run of them is found.
    """
    return "".join([f" {word}" for word in _WORDS(folded(text))])


def _phone(text: str) -> str:
    """Return a telephone number as people know it: whole, without a country's code (1 to 3 digits), its end."""
    digits = _digits(text)
    if not digits:
        return spaced(text)
    forms = [digits, *(digits[cut:] for cut in COUNTRY_DIGITS), *(digits[-most:] for most in PHONE_ENDS)]
    return "".join([f" {each}" for each in dict.fromkeys(forms) if len(each) >= PHONE_ENDS[-1]])


def _digits(text: str) -> str:
    """Return the digits of what can be a telephone number, else nothing."""
    plain = unicodedata.normalize("NFKC", text).replace("(0)", "")
    digits = "".join([char for char in plain if char.isdecimal()])
    grouped = all(char.isdecimal() or char in GROUPING for char in plain)
    return digits if grouped and len(digits) >= PHONE_DIGITS else ""


def folded(text: str) -> str:
    """Return text without case, width and accents, so that José, JOSE and ｊｏｓｅ are one; Hangul stays whole."""
    if text.isascii() or _PLAIN(text):
        return text.lower()
    apart = unicodedata.normalize("NFKD", text)
    bare = "".join(char for char in apart if ord(char) not in _MARKS)
    return unicodedata.normalize("NFC", bare).casefold()


def _spellings(name: NameParts) -> Iterator[str]:
    yield name.full
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
