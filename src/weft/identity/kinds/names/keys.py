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
from weft.identity.kinds.steps import (
    DropWords,
    Each,
    Lookup,
    Replace,
    Steps,
    Substitute,
    Translate,
    run,
    run_one,
)

_SPELLINGS = Substitute(
    "ph>f tsch>C sch>S sh>S sz>S tch>C cz>C chr>kr ch>C ck>k q>k c>k ks>x dt>t th>t tt>t ae>a oe>o ue>u y>i j>i w>v "
    "ii>i ll>l nn>n rr>r ss>s mm>m ff>f"
)
"""Spellings that languages written in Latin letters, or transcribed to them, disagree on (Schmidt, Shmit)."""


_LIKE_SYLLABLES = "^(?:[bcdfghjklmnpqrstwxyz]{0,3}[aeiouv]{1,4}(?:[nmlkgpbthr]|ng|ck)?){1,4}$"
"""What any romanisation of one to four syllables looks like: a quick no for the most of other names."""
_LATIN: Steps = (Each(latin), Translate({}, delete=" "), DropWords(frozenset()))
_WESTERN: Steps = (_SPELLINGS, Replace("ah$", "a"))


@cache
def _is_eastern() -> str:
    syllables = trie_pattern(folded_syllables())
    return f"^(?:{syllables}){{1,4}}$"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


def name_key(kind: str, values: pa.StringArray) -> pa.StringArray:
    """Return a Latin key under which spellings of one name coincide: 김, Kim and Gim; 민수, Min-su and Minsoo.

    kind: given_name, family_name or full_name. values: as `normalise` returns them. A key is weaker than the name
    (Jung and Chung are one), and one name has one key: where a spelling stands for two names of different
    scripts (Chang: 장 and 張) these share it.
    """
    if kind == "full_name":
        given, family = split_names(values)
        keys = name_key("family_name", family), name_key("given_name", given)
        return pc.coalesce(pc.binary_join_element_wise(*keys, ", "), *keys)
    if kind == "family_name":
        known = run((Translate({}, delete=" "), Lookup(surname_keys())), values)
        return pc.if_else(pc.starts_with(known, MARK), known, run((*_LATIN, *_WESTERN), values))
    texts = run(_LATIN, values)
    keys = run(_WESTERN, texts)
    familiar = pc.is_in(texts, _familiar())
    like = pc.fill_null(pc.and_not(pc.match_substring_regex(texts, _LIKE_SYLLABLES), familiar), False)
    folded = run(FOLDS, texts.filter(like))
    eastern = pc.match_substring_regex(folded, _is_eastern())
    marked = pc.if_else(eastern, pc.binary_join_element_wise(MARK, folded, ""), keys.filter(like))
    return pc.replace_with_mask(keys, like, marked)


@cache
def _familiar() -> pa.StringArray:
    """Return the names of the nickname file: they are not taken for East Asian (Dan is not Tan)."""
    return pa.array(list(nickname_families()), pa.string())


def name_key_one(kind: str, value: str | None) -> str | None:
    """Return the key of one name, as `name_key` does of a column."""
    if value is None:
        return None
    if kind == "full_name":
        given, family = split_name(value)
        keys = (name_key_one("family_name", family), name_key_one("given_name", given))
        return ", ".join(key for key in keys if key is not None) or None
    if kind == "family_name":
        known = surname_keys().get(value.replace(" ", ""))
        return known or run_one((*_LATIN, *_WESTERN), value)
    text = run_one(_LATIN, value)
    if text is None:
        return None
    if text not in nickname_families() and _compiled(_LIKE_SYLLABLES).search(text):
        folded = run_one(FOLDS, text) or ""
        if _compiled(_is_eastern()).search(folded):
            return MARK + folded
    return run_one(_WESTERN, text)


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
