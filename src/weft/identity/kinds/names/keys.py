"""What of a name can be compared beside the name itself: a key across spellings, letters, initials."""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false

import re
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from weft.identity.kinds.names.eastern import FOLDS, MARK, folded_syllables, latin, surnames, trie_pattern
from weft.identity.kinds.names.nicknames import nickname_families
from weft.identity.kinds.names.split import split_name, split_names
from weft.identity.kinds.steps import Each, Lookup, Replace, Steps, Translate, run, run_one

_SPELLINGS: Steps = tuple(
    Replace(pattern, by)
    for pattern, by in (
        ("ph", "f"),
        ("t?sch|sh|sz", "sh"),
        ("tsh|tch|cz", "ch"),
        ("chr", "kr"),
        ("ch", "C"),
        ("c?k|q|c", "k"),
        ("ks|x", "x"),
        ("dt|th|tt", "t"),
        ("([aou])e", r"\1"),
        ("[yj]", "i"),
        ("w", "v"),
        ("ii+", "i"),
        ("ll+", "l"),
        ("nn+", "n"),
        ("rr+", "r"),
        ("ss+", "s"),
        ("mm+", "m"),
        ("ff+", "f"),
        ("ah$", "a"),
    )
)
"""Spellings that languages written in Latin letters, or transcribed to them, disagree on (Schmidt, Shmit)."""
_LATIN: Steps = (Each(latin), Translate({}, delete=" "))


@cache
def _is_eastern() -> str:
    syllables = trie_pattern(folded_syllables())
    return f"^(?:{syllables}){{1,4}}$"


@cache
def _eastern_pattern() -> re.Pattern[str]:
    return re.compile(_is_eastern())


def name_key(kind: str, values: pa.StringArray) -> pa.StringArray:
    """Return a Latin key under which spellings of one name coincide: 김, Kim and Gim; 민수, Min-su and Minsoo.

    kind: given_name, family_name or full_name. values: as `normalise` returns them. A key is weaker than the name
    (Jung and Chung are one), and one name has one key: where a spelling stands for two names of different
    scripts (Chang: 장 and 張) these share it.
    """
    if kind == "full_name":
        given, family = split_names(values)
        return pc.binary_join_element_wise(
            name_key("family_name", family), name_key("given_name", given), ", ", null_handling="skip"
        )
    if kind == "family_name":
        known = run((Translate({}, delete=" "), Lookup(surname_keys())), values)
        return pc.if_else(pc.starts_with(known, MARK), known, run((*_LATIN, *_SPELLINGS), values))
    texts = run(_LATIN, values)
    folded = run(FOLDS, texts)
    familiar = pc.is_in(texts, pa.array(list(nickname_families()), pa.string()))
    eastern = pc.and_not(pc.match_substring_regex(folded, _is_eastern()), familiar)
    return pc.if_else(eastern, pc.binary_join_element_wise(MARK, folded, ""), run(_SPELLINGS, texts))


def name_key_one(kind: str, value: str | None) -> str | None:
    """Return the key of one name, as `name_key` does of a column."""
    if value is None:
        return None
    if kind == "full_name":
        given, family = split_name(value)
        keys = (name_key_one("family_name", family), name_key_one("given_name", given))
        return ", ".join(key for key in keys if key is not None)
    if kind == "family_name":
        known = surname_keys().get(value.replace(" ", ""))
        return known or run_one((*_LATIN, *_SPELLINGS), value)
    text = run_one(_LATIN, value) or ""
    folded = run_one(FOLDS, text) or ""
    if text not in nickname_families() and _eastern_pattern().search(folded):
        return MARK + folded
    return run_one(_SPELLINGS, text)


@cache
def surname_keys() -> dict[str, str]:
    """Return spelling → key of the East Asian family names."""
    return {spelling.replace(" ", ""): MARK + form for spelling, form in surnames().items()}


def jamo(values: pa.StringArray) -> pa.StringArray:
    """Return Hangul taken apart into letters, so that edit distances count letters; other text unchanged."""
    hangul = pc.match_substring_regex(values, "[\uac00-\ud7a3]")
    if not pc.any(hangul).as_py():
        return values
    return pc.if_else(hangul, pc.utf8_normalize(values, form="NFD"), values)


def initial(values: pa.StringArray) -> pa.StringArray:
    """Return the first letter of each name: of Hangul the syllable."""
    return pc.utf8_slice_codeunits(values, 0, 1)


def is_initial(values: pa.StringArray) -> pa.BooleanArray:
    """Say which (normalised) names are only initials: "j", "j r"."""
    return pc.match_substring_regex(values, "^[a-z](?: [a-z])*$")
