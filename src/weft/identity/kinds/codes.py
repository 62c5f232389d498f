"""National ids, genders and plain texts."""

import string

from weft.identity.kinds.steps import Cut, Drop, DropWords, Keep, Lookup, Replace, Steps, Translate, Trim
from weft.identity.kinds.text import begin, placeholders

ID_CHARS = 64
TEXT_CHARS = 256

NATIONAL_ID_STEPS: Steps = (
    *begin("national_id"),
    Translate({}, delete=string.punctuation + " "),
    Replace("[^a-z0-9*\u0100-\U0010ffff]+", ""),
    Cut(ID_CHARS),
    Drop("^(?:" + "|".join(f"{digit}{{4,}}" for digit in range(10)) + "|x{3,}[0-9x]*|[0-9]{0,3})$"),
    DropWords(placeholders("national_id")),
)

_GENDERS = {
    "m": "m male man boy masculin masculine masculino maschio mannlich maennlich homme hombre herr mr "
    "남 남자 남성 男 男性 男生",
    "f": "f female woman girl w weiblich femme mujer feminin feminine femenino femminile frau mrs ms "
    "여 여자 여성 女 女性 女生",
    "x": "x nonbinary non-binary divers diverse nb enby",
}

_GENDER_OF = {word: gender for gender, words in _GENDERS.items() for word in words.split()}
GENDERS = frozenset(_GENDER_OF)
"""Every word for a gender, in lower case."""

GENDER_STEPS: Steps = (
    *begin("gender"),
    Translate({}, delete=". "),
    Lookup(_GENDER_OF),
    DropWords(placeholders("gender")),
    Cut(TEXT_CHARS),
)

TEXT_STEPS: Steps = (
    *begin("text"),
    Replace(r" {2,}", " "),
    Cut(TEXT_CHARS),
    Trim(),
)
"""Free text and categories: one form of case, accents and blanks."""

ID_STEPS: Steps = (Trim(), Keep("."), Cut(TEXT_CHARS), Trim())
"""A row's id: as it is."""
