"""From a text to the phrases in it. Each place has the readings of the longest phrase that begins there."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import count

import msgspec

from weft.audience.text.catalogue import Catalogue, Named
from weft.audience.text.chinese import CHINESE
from weft.audience.text.concepts import PLACES
from weft.audience.text.english import ENGLISH
from weft.audience.text.korean import KOREAN
from weft.audience.text.lexicon import Lexicon, Part, Phrase

LEXICONS = {"en": ENGLISH, "ko": KOREAN, "zh-TW": CHINESE}
_BEGIN = r"(?:(?<![a-z0-9_])(?=[a-z0-9_])|(?=[^a-z0-9_]))"
_END = r"(?:(?<=[a-z0-9_])(?![a-z0-9_])|(?<=[^a-z0-9_]))"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:t[0-9:.]+z?)?"
_WORD = re.compile(r"[a-z0-9_'@.+\-]*[a-z0-9_'@+]|.")
_QUOTED = re.compile("\"([^\"]+)\"|“([^”]+)”|「([^」]+)」|'([^']+)'(?![a-z0-9])")
_HANGUL = re.compile(r"[a-z0-9_가-힣]+")
_PARTICLE = re.compile(
    r"(?<=.)(?:에서|에게|이거나|이고|이며|이나|거나|으로|라는|인|은|는|이|가|을|를|에|의|와|과|도|로)$"
)
_DIGITS = r"(?:[$€£¥₩]\s*)?-?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?"


class Token(msgspec.Struct, frozen=True):
    """One reading of a phrase. start, end: in the text; numbers, dates, seconds: what stood in its slots."""

    part: Part
    start: int
    end: int
    text: str
    value: str = ""
    numbers: tuple[float, ...] = ()
    dates: tuple[str, ...] = ()
    seconds: int = 0
    named: tuple[Named, ...] = ()


Readings = tuple[tuple[Token, ...], ...]
"""The readings of one place; each may be more than one token."""


class _Compiled(msgspec.Struct, frozen=True):
    phrase: Phrase
    pattern: re.Pattern[str]


def scan(text: str, catalogue: Catalogue, language: str) -> list[Readings]:
    """Return the phrases of a text in order; what is none is a WORD."""
    return list(_Scanner(text, catalogue, language).places())


class _Scanner:
    def __init__(self, text: str, catalogue: Catalogue, language: str) -> None:
        self._text = text
        self._lexicon = LEXICONS[language]
        self._language = language
        self._low, self._origin = _lowered(text)
        self._phrases = _compiled(language)
        self._names = [(_name_pattern(words), named) for words, named in catalogue.names.items()]
        self._names += [(_name_pattern(form), None) for form in PLACES]

    def places(self) -> Iterator[Readings]:
        at, behind = 0, False
        while at < len(self._low):
            if self._low[at].isspace():
                at, behind = at + 1, False
                continue
            end, readings = self._known(at, glued=behind)
            if not readings:
                end = self._unknown(at)
                readings = (self._word(at, end),)
            yield readings
            at, behind = end, True

    def _token(self, part: Part, start: int, end: int, **more: object) -> Token:
        first, last = self._origin[start], self._origin[end - 1] + 1
        return Token(part, first, last, self._text[first:last], **more)  # type: ignore[arg-type]

    def _known(self, at: int, *, glued: bool) -> tuple[int, Readings]:
        if quoted := _QUOTED.match(self._low, at):
            group = quoted.lastindex or 1
            inner = self._token(Part.WORD, quoted.start(group), quoted.end(group))
            return quoted.end(), ((msgspec.structs.replace(inner, value="quoted"),),)
        found: list[tuple[int, int, tuple[Token, ...]]] = []
        for pattern, named in self._names:
            if match := pattern.match(self._low, at):
                found.append((match.end(), 0, (self._name(at, match.end(), named),)))
        for order, each in enumerate(self._phrases):
            if each.phrase.glued and not glued:
                continue
            if (match := each.pattern.match(self._low, at)) and match.end() > at:
                found.append((match.end(), order + 1, self._phrase(each.phrase, match)))
        if not found:
            return at, ()
        end = max(each[0] for each in found)
        return end, tuple(
            tokens for last, _, tokens in sorted(found, key=lambda each: each[1]) if last == end
        )

    def _name(self, start: int, end: int, named: tuple[Named, ...] | None) -> Token:
        if named is None:
            return self._token(Part.PLACE, start, end)
        return self._token(Part.NAME, start, end, named=named)

    def _phrase(self, phrase: Phrase, match: re.Match[str]) -> tuple[Token, ...]:
        groups = sorted(match.re.groupindex, key=lambda name: match.re.groupindex[name])
        given = [(name[0], match[name]) for name in groups if match[name] is not None]
        numbers = tuple(number_of(text, self._lexicon) for kind, text in given if kind == "n")
        dates = tuple(text.upper() for kind, text in given if kind == "d")
        units = [self._lexicon.units[text] for kind, text in given if kind == "u"]
        token = self._token(
            phrase.part,
            match.start(),
            match.end(),
            value=phrase.value,
            numbers=numbers,
            dates=dates,
            seconds=round((numbers[0] if numbers else 1) * units[0]) if units else 0,
        )
        more = (
            msgspec.structs.replace(token, part=part, value=value, numbers=(), seconds=0)
            for part, value in phrase.also
        )
        return (token, *more)

    def _unknown(self, at: int) -> int:
        """Return where a word ends that is not known."""
        if self._language == "ko" and (match := _HANGUL.match(self._low, at)):
            particle = _PARTICLE.search(match[0])
            return at + particle.start() if particle else match.end()
        match = _WORD.match(self._low, at)
        end = match.end() if match else at + 1
        while self._language == "zh-TW" and end < len(self._low) and "\u3400" <= self._low[end] <= "\u9fff":
            if self._known(end, glued=False)[1]:
                break
            end += 1
        return end

    def _word(self, start: int, end: int) -> tuple[Token, ...]:
        return (self._token(Part.WORD, start, end),)


def number_of(text: str, lexicon: Lexicon) -> float:
    """Return the number that digits or a word stand for."""
    text = re.sub(r"[$€£¥₩,\s]", " ", text).strip() if text[-1:].isdigit() else text.strip()
    scale = 1.0
    for word, factor in lexicon.scales.items():
        if text.endswith(word) and text[:-1].strip() and text not in lexicon.numbers:
            text, scale = text.removesuffix(word).strip(), factor
            break
    text = re.sub(r"\s+", " ", text)
    if text in lexicon.numbers:
        return lexicon.numbers[text] * scale
    return float(re.sub(r"[^0-9.\-]", "", text)) * scale


def _lowered(text: str) -> tuple[str, list[int]]:
    """Return the text in small letters of one width, and for each of its letters the place in the text."""
    pieces: list[str] = []
    origin: list[int] = []
    for at, char in enumerate(text):
        low = unicodedata.normalize("NFKC", char).casefold() or " "
        low = " " if low.isspace() else low.replace("’", "'")
        pieces.append(low)
        origin += [at] * len(low)
    return "".join(pieces), origin


@cache
def _compiled(language: str) -> tuple[_Compiled, ...]:
    lexicon = LEXICONS[language]
    return tuple(_Compiled(each, _pattern(each.pattern, lexicon)) for each in lexicon.phrases)


def _pattern(pattern: str, lexicon: Lexicon) -> re.Pattern[str]:
    number = count()
    words = "|".join(sorted(map(re.escape, lexicon.numbers), key=len, reverse=True))
    scales = "|".join(sorted(lexicon.scales, key=len, reverse=True))
    scaled = rf"(?:\s*(?:{scales}))?" + ("(?![a-z])" if lexicon.spaced else "")
    edge = r"\b" if lexicon.spaced else ""
    slots = {
        "n": rf"{_DIGITS}{scaled}|{edge}(?:{words})(?:\s*(?:{scales}))?{edge}",
        "m": rf"{_DIGITS}{scaled}|{edge}(?:{words}){edge}",
        "unit": "|".join(sorted(lexicon.units, key=len, reverse=True)),
        "date": _DATE,
        "until": _DATE,
    }
    names = {"n": "n", "m": "n", "unit": "u", "date": "d", "until": "d"}
    text = pattern.replace(" ?", r"\s*").replace(" ", r"\s+" if lexicon.spaced else r"\s*")
    filled = re.sub(
        r"\{(n|m|unit|date|until)\}",
        lambda match: f"(?P<{names[match[1]]}{next(number)}>{slots[match[1]]})",
        text,
    )
    return re.compile(f"{_BEGIN}(?:{filled}){_END}")


@cache
def _name_pattern(words: str) -> re.Pattern[str]:
    joined = r"[\s_\-.]*".join(re.escape(each) for each in words.casefold().split())
    return re.compile(
        f"{_BEGIN}{joined}{'s?' if words[-1:].isascii() and words[-1:].isalpha() else ''}{_END}"
    )
