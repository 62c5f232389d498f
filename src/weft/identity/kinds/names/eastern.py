"""Korean and Chinese names across scripts and romanisations: one Latin key for what may be the same name.

Spellings of a syllable differ by system (Revised Romanisation, McCune-Reischauer, Pinyin, Wade-Giles, Tongyong) and
by habit. The key folds what they disagree on (voicing: g/k, d/t, b/p, j/ch; eo/u/oo, ee/i, uo/o, r/l); it is
a little generous, and kept apart from other names by its mark. Sources: the Revised Romanisation of Korean
(Ministry of Culture and Tourism Notice 2000-8); ISO 7098 for Pinyin; the usual table of Wade-Giles.
"""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false

import re
from functools import cache

from weft.identity.kinds.steps import Replace, Steps, Substitute, run_one
from weft.identity.kinds.text import DATA

MARK = "="
"""How a key begins that was folded as an East Asian name."""

# In the order of Unicode (chapter 3.12); "." stands for none.
_LETTERS = (
    "g kk n d tt r m b pp s ss . j jj ch k t p h",
    "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu eui i",
    ". k k k n n n t l k m l l l p l m p p t t ng t t k t p t",
)
_INITIALS, _VOWELS, _FINALS = (letters.replace(".", "").split(" ") for letters in _LETTERS)
_HANGUL = re.compile("[\uac00-\ud7a3]")
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")


def romanise(text: str) -> str:
    """Return text with each Hangul syllable in (plain, unassimilated) Revised Romanisation."""
    return _HANGUL.sub(lambda found: _syllable(ord(found[0]) - 0xAC00), text)


def _syllable(index: int) -> str:
    initial, rest = divmod(index, 21 * 28)
    vowel, final = divmod(rest, 28)
    return _INITIALS[initial] + _VOWELS[vowel] + _FINALS[final]


def pinyin(text: str) -> str:
    """Return text with its Han characters in Pinyin without tones."""
    from pypinyin import lazy_pinyin  # its tables take 0.1 s to load, which files without Han need not pay

    return (
        _HAN.sub(lambda found: lazy_pinyin(found[0])[0], text)
        if len(text) == 1
        else "".join(lazy_pinyin(text))
    )


def latin(text: str) -> str:
    """Return any text in Latin letters: Hangul and Han by their own rules, other scripts letter by letter."""
    if _HANGUL.search(text):
        text = romanise(text)
    if _HAN.search(text):
        text = pinyin(text)
    if not text.isascii():
        from anyascii import anyascii

        text = anyascii(text)
    return "".join(c for c in text.lower() if c.isascii() and (c.isalnum() or c == " "))


# In this order; each works on a name without blanks, and alike on Hangul or Han that was romanised.
_CONSONANTS = (
    "tzu>zi tze>zi tsz>zi szu>si sze>si ssu>si sz>si jen>ren jui>rui ien>ian yen>yan ieh>ie ueh>ue uei>ui sh>s hs>s "
    "x>s ss>s ts>z tz>z dz>z chh>j ch>j zh>j jh>j jj>j q>j ck>k kk>k c>z nk>ng gk>g gg>g ng>N g>k kk>k dd>t d>t tt>t "
    "bb>p b>p pp>p ll>l rin>lin rim>lim ryu>lyu ryo>lyo rye>lye lv>lu nv>nu wh>hw weo>wo "
    "eoN>oN euN>oN ooN>oN ouN>oN uN>oN"
)
# 하은 is Ha-eun, not Hae-un: so "aeu" comes before "ae".
_VOWEL_FOLDS = (
    "heui>hi hui>hi eui>i aeo>au aeu>au ae>e eo>u eu>u oo>u ou>u ee>i yi>i ii>i "
    "wu>u uu>u uu>u oi>we oe>we uo>o"
)


FOLDS: Steps = (
    Replace("([aeiou])h([bcdfghjklmnpqrstvxz]|$)", r"\1\2"),  # an h that only lengthens the vowel
    Substitute(_CONSONANTS),
    Replace("y(?:eo|ou|eu|u|o)([nlkmp])", r"yu\1"),
    Substitute(_VOWEL_FOLDS),
)
"""Fold all spellings of a name in Latin letters without blanks."""


@cache
def folded_syllables() -> frozenset[str]:
    """Return the syllables of names as the folds leave them."""
    lines = DATA.joinpath("syllables.txt").read_text("utf-8").splitlines()
    words = {word for line in lines if not line.startswith("#") for word in line.partition(": ")[2].split()}
    return frozenset(run_one(FOLDS, word) or "" for word in words)


def trie_pattern(words: frozenset[str]) -> str:
    """Return a pattern that matches exactly the words, with shared beginnings written once."""
    ends = "" in words
    by_first: dict[str, set[str]] = {}
    for word in words:
        if word:
            by_first.setdefault(word[0], set()).add(word[1:])
    branches = [re.escape(c) + trie_pattern(frozenset(rest)) for c, rest in sorted(by_first.items())]
    if not branches:
        return ""
    return f"(?:{'|'.join(branches)}){'?' if ends else ''}" if ends or len(branches) > 1 else branches[0]


@cache
def surnames() -> dict[str, str]:
    """Return spelling → form of East Asian family names."""
    found: dict[str, str] = {}
    for line in DATA.joinpath("surnames.txt").read_text("utf-8").splitlines():
        form, _, spellings = line.partition(": ")
        if not line.startswith("#"):
            found |= dict.fromkeys([form, *spellings.split(", ")], form)
    return found


@cache
def double_surnames() -> frozenset[str]:
    """Return the family names of two characters in Hangul or Han."""
    return frozenset(name for name in surnames() if len(name) == 2 and ord(name[0]) >= 0x3400)
