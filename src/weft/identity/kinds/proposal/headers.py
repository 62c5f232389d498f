"""What the name of a column says: a kind of field, somebody else's, no evidence, or nothing."""

import re
from dataclasses import dataclass
from functools import cache

from weft.identity.kinds.text import DATA, fold

HEADER_CHARS = 200
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile("[a-z]+|[0-9]+|[^\x00-\x7f]+")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
NOT_KINDS = frozenset({"other", "noise", "context", "key"})


@dataclass(frozen=True)
class Said:
    """What a header says. meaning: a kind, "name", "other", "noise", "id" or "" (nothing); word: what said so."""

    meaning: str
    word: str = ""


@cache
def lexicon() -> dict[str, dict[str, str]]:
    """Return meaning → word → the word, from `data/headers.txt`."""
    found: dict[str, dict[str, str]] = {}
    for line in DATA.joinpath("headers.txt").read_text("utf-8").splitlines():
        meaning, _, words = line.partition(": ")
        if not line.startswith("#"):
            found.setdefault(meaning, {}).update(dict.fromkeys(words.split(), meaning))
    return found


@cache
def _kinds() -> dict[str, str]:
    """Return word → kind; where two kinds claim a word the first of the file has it."""
    found: dict[str, str] = {}
    for meaning, words in lexicon().items():
        if meaning not in NOT_KINDS:
            for word in words:
                found.setdefault(word, meaning)
    return found


def words_of(header: str) -> list[str]:
    """Return the words of a header: "MailingPostalCode" and "mailing_postal-code" alike."""
    return _WORD.findall(fold(_HUMP.sub(" ", header[:HEADER_CHARS])))


def read_header(header: str) -> Said:
    """Return what a header says."""
    words = words_of(header)
    joined = "".join(words)
    if not joined:
        return Said("")
    if _CJK.search(joined):
        return _cjk(joined)
    whole = _kinds().get(joined)
    if whole:
        return Said(whole, joined)
    for meaning in ("other", "noise"):
        listed = lexicon()[meaning]
        hits = [word for word in words if word in listed or word.removesuffix("s") in listed]
        if hits and not (meaning == "noise" and _inside_kind(words)):
            return Said(meaning, hits[0])
    return _by_parts([word for word in words if word not in lexicon()["context"]] or words)


def _inside_kind(words: list[str]) -> bool:
    """Say whether the last words are a kind's, of two or more words: "number" alone is noise, "phone number" is not."""
    return any("".join(words[start:]) in _kinds() for start in range(len(words) - 1))


def _by_parts(words: list[str]) -> Said:
    """Return the meaning of the longest run of words that has one, the last of several; else of a key's ending."""
    kinds = _kinds()
    for length in range(len(words), 0, -1):
        for start in range(len(words) - length, -1, -1):
            run = "".join(words[start : start + length])
            meaning = kinds.get(run) or kinds.get(run.rstrip("0123456789"))
            if meaning and len(run) > 1:
                keyed = words[-1] in lexicon()["key"] and start + length < len(words)
                if not (keyed and meaning not in {"phone", "national_id", "street", "postcode", "region"}):
                    return Said(meaning, run)
    compound = next((meaning for meaning in map(_own_compound, words) if meaning), "")
    if compound:
        return Said(compound, words[-1])
    if words[-1] in lexicon()["key"] or words[-1].endswith(("nummer", "number", "uuid", "guid")):
        return Said("id", words[-1])
    if len(words) > 1 and words[-1].isdigit() and words[-2] in lexicon()["key"]:
        return Said("id", words[-2])
    return (
        Said("noise", words[-1]) if words[-1] in {"date", "time", "datetime"} and len(words) > 1 else Said("")
    )


def _own_compound(word: str) -> str:
    """Return the meaning of a word that is written together with one that changes nothing: kundenname."""
    starts = (context for context in lexicon()["context"] if len(context) > 3 and word.startswith(context))
    return next((_kinds()[word[len(start) :]] for start in starts if word[len(start) :] in _kinds()), "")


def _cjk(header: str) -> Said:
    """Read a header whose words are not set apart: the longest known word in it, others' and noise before kinds."""
    for meaning in ("other", "noise"):
        hits = [word for word in lexicon()[meaning] if _CJK.search(word) and word in header]
        if hits and header not in _kinds():
            return Said(meaning, max(hits, key=len))
    hits = [
        word
        for word in _kinds()
        if _CJK.search(word) and word in header and (len(word) > 1 or word == header)
    ]
    hits += [word for word in _kinds() if word.isascii() and len(word) > 2 and word in header]
    if hits:
        word = max(hits, key=len)
        return Said(_kinds()[word], word)
    keys = [word for word in lexicon()["key"] if header.endswith(word)]
    return Said("id", keys[0]) if keys else Said("")
