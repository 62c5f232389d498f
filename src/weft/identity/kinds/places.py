"""Postcodes, streets, cities and regions."""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false

import re
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from weft.identity.kinds.steps import (
    Cut,
    Drop,
    DropWords,
    Each,
    Lookup,
    Replace,
    Steps,
    Translate,
    Trim,
    Words,
)
from weft.identity.kinds.text import DATA, begin, placeholders

PLACE_CHARS = 128
POSTCODE_CHARS = 16


@cache
def table(name: str) -> dict[str, str]:
    """Return spelling → form from a data file of lines "form: spelling, spelling"; a form is its own spelling."""
    found: dict[str, str] = {}
    for line in DATA.joinpath(name).read_text("utf-8").splitlines():
        form, _, spellings = line.partition(":")
        if not line.startswith("#"):
            found |= {
                spelling.strip(): form for spelling in [form, *spellings.split(",")] if spelling.strip()
            }
    return found


@cache
def postcode_steps(country: str | None) -> Steps:
    """Return the steps of a postcode: no blanks, hyphens or case; of a US ZIP+4 the ZIP; of UK ones all."""
    del country  # every country's codes are told apart by their form
    return (
        *begin("postcode"),
        Replace(r"^([0-9]+)\.0+$", r"\1"),
        Replace(r"^([0-9]{5})[- ][0-9]{4}$", r"\1"),
        Replace(r"^(?:[a-z]{1,3}-|〒)([0-9]{4,5})", r"\1"),
        Translate({}, delete=" -._/()'\",:;"),
        Cut(POSTCODE_CHARS),
        Drop(r"^(?:0{3,}|9{4,}|x+)$"),
        DropWords(placeholders("postcode")),
    )


def postcode_area(postcodes: pa.StringArray) -> pa.StringArray:
    """Return the wider area: the outward part of a UK code, else all but the last two characters."""
    uk = pc.match_substring_regex(postcodes, r"^[a-z]{1,2}[0-9][a-z0-9]?[0-9][a-z]{2}$")
    return pc.if_else(
        uk, pc.utf8_slice_codeunits(postcodes, 0, -3), pc.utf8_slice_codeunits(postcodes, 0, -2)
    )


_TO_BLANK = dict.fromkeys('.,;:_\\()[]{}"!?*|+=<>~^&%$@', " ")
_PUNCTUATION = _TO_BLANK | dict.fromkeys("-/#", " ")
_BLANKS: Steps = (Replace(r" {2,}", " "), Trim())


@cache
def _local(name: str) -> dict[str, str]:
    """Return the spellings of a table that are not in plain Latin letters, which are safe to replace as words."""
    return {spelling: form for spelling, form in table(name).items() if not spelling.isascii()}


_TAIWAN = re.compile("^([\u4e00-\u9fff]{2}[市縣县])(?=[\u4e00-\u9fff])")


def _taiwan_city(text: str) -> str:
    """Set a Taiwanese city apart from the district behind it."""
    return _TAIWAN.sub(r"\1 ", text.replace("臺", "台"))


_CITY_WORDS = {
    "saint": "st",
    "sainte": "ste",
    "mount": "mt",
    "fort": "ft",
    "north": "n",
    "south": "s",
    "east": "e",
    "west": "w",
}
CITY_STEPS: Steps = (
    *begin("city"),
    Translate(_PUNCTUATION, delete="'`"),
    *_BLANKS,
    Cut(PLACE_CHARS),
    Trim(),
    Each(_taiwan_city, "^[\u4e00-\u9fff]{3,}"),
    Words(_local("cities.txt") | _local("regions.txt")),
    Lookup(table("cities.txt")),
    Words(_CITY_WORDS),
    Replace(r"^(?:city|town|village|borough) of (.)", r"\1"),
    Replace(r"^(.*[^ ]) (?:city|town)$", r"\1"),
    Replace("^([가-힣]{2,})[시군]$", r"\1"),
    Lookup(table("cities.txt")),
    DropWords(placeholders("city")),
)
"""Cities in Latin letters where they have a known name in them (서울, 서울특별시: seoul)."""

REGION_STEPS: Steps = (
    *begin("region"),
    Translate({c: " " for c in _PUNCTUATION if c != "."}, delete="'`."),
    *_BLANKS,
    Cut(PLACE_CHARS),
    Trim(),
    Lookup(table("regions.txt")),
    Lookup(_local("cities.txt")),
    DropWords(placeholders("region")),
)
"""States and provinces by their code where they have one (California: ca)."""
