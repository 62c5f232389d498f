"""Postcodes, streets, cities and regions."""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false

from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from weft.identity.kinds.steps import Cut, Drop, DropWords, Replace, Steps, Translate, Trim
from weft.identity.kinds.text import DATA, begin, placeholders

PLACE_CHARS = 128
POSTCODE_CHARS = 16


@cache
def table(name: str) -> dict[str, str]:
    """Return spelling → form from a data file of lines "form: spelling, spelling"; a form is its own spelling."""
    found: dict[str, str] = {}
    for line in DATA.joinpath(name).read_text("utf-8").splitlines():
        form, _, spellings = line.partition(": ")
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


_TO_BLANK = dict.fromkeys('.,;:-_/\\()[]{}"!?*|+=<>~^&%$@#', " ")
_WORDS = (Translate(_TO_BLANK, delete="'`"), Replace(r" {2,}", " "), Trim())

STREET_STEPS: Steps = (
    *begin("street"),
    *_WORDS,
    Cut(PLACE_CHARS),
    Trim(),
    Drop("^[^a-z0-9\u0080-\U0010ffff]*$"),
    DropWords(placeholders("street")),
)

CITY_STEPS: Steps = (
    *begin("city"),
    *_WORDS,
    Cut(PLACE_CHARS),
    Trim(),
    DropWords(placeholders("city")),
)

REGION_STEPS: Steps = (*begin("region"), *_WORDS, Cut(PLACE_CHARS), Trim(), DropWords(placeholders("region")))
