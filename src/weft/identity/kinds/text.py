"""What every kind begins with: text in one form, without case, accents, controls; and what says nothing."""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false

import re
import string
import unicodedata
from functools import cache
from importlib.resources import files

import pyarrow as pa
import pyarrow.compute as pc

from weft.identity.kinds.steps import Cut, Drop, DropWords, Each, Steps, Translate, Trim

DATA = files("weft.identity.kinds").joinpath("data")
NAMES = ("given_name", "family_name", "full_name")
READ_CHARS = 4096
"""How much of a value is looked at at all."""

_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ħ": "h", "ı": "i"}
    | dict.fromkeys("‘’‚‛ʼʻ′´ˈ`", "'")
    | dict.fromkeys("“”„‟″", '"')
    | dict.fromkeys("‐‑‒–—―−﹘﹣－", "-")
)
_FOLDED = re.compile("[a-z0-9 \u4e00-\u9fff\uac00-\ud7a3]*")  # what the fold leaves alone, for speed
_MARKS = re.compile("[\u0300-\u036f]+")
_NOTHING = ("So", "Sk", "Cf", "Cc", "Cs", "Co", "Cn")


def fold(text: str) -> str:
    """Return text in lower case, composed (NFKC), without accents on letters, emoji and invisible characters."""
    if _FOLDED.fullmatch(text):
        return text
    for _ in range(4):
        folded = _fold_once(text)
        if folded == text:
            break
        text = folded
    return text


def _fold_once(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).lower().translate(_LETTERS)
    text = unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFD", text)))
    if text.isascii():
        return text
    kept: list[str] = []
    for character in text:
        category = unicodedata.category(character)
        if category[0] == "Z":
            kept.append(" ")
        elif category not in _NOTHING or character in "\t\n\r\x0b\x0c":
            kept.append(character)
    return "".join(kept)


_CLEAN = Translate(
    dict(zip(string.ascii_uppercase, string.ascii_lowercase, strict=True))
    | dict.fromkeys("\t\n\r\x0b\x0c", " "),
    delete="".join(map(chr, [*range(9), *range(14, 32), 127])),
)


@cache
def placeholders(kind: str) -> frozenset[str]:
    """Return the values that say nothing in a field of this kind, from `data/placeholders.txt`."""
    kinds = {"any", kind} if kind in NAMES else {"any", "thing", kind}
    found: set[str] = set()
    for line in DATA.joinpath("placeholders.txt").read_text("utf-8").splitlines():
        of, _, value = line.partition(": ")
        if of in kinds:
            found.add(value.strip())
    return frozenset(found)


def begin(kind: str) -> Steps:
    """Return the first steps of a kind: fold, lower, trim, drop what says nothing."""
    return (
        Each(fold),
        _CLEAN,
        Cut(READ_CHARS),
        Trim(),
        DropWords(placeholders(kind)),
        Drop("^[^a-z0-9\u0080-\U0010ffff]*$"),
    )


def as_text(values: pa.Array) -> pa.StringArray:
    """Return any array (dictionary, number, date, chunked) as strings of at most READ_CHARS characters."""
    if isinstance(values, pa.ChunkedArray):
        values = pa.concat_arrays([as_text(chunk) for chunk in values.chunks] or [pa.array([], pa.string())])
    if isinstance(values, pa.DictionaryArray):
        return as_text(values.dictionary).take(values.indices)
    if pa.types.is_null(values.type):
        return pa.nulls(len(values), pa.string())
    if pa.types.is_floating(values.type):
        whole = pc.equal(values, pc.trunc(values))
        if pc.all(pc.fill_null(whole, True)).as_py():
            values = pc.cast(values, pa.int64(), safe=False)
    if pa.types.is_binary(values.type) or pa.types.is_large_binary(values.type):
        return pa.array(
            [None if v is None else v[:READ_CHARS].decode(errors="replace") for v in values.to_pylist()],
            pa.string(),
        )
    if not pa.types.is_string(values.type) and not pa.types.is_large_string(values.type):
        values = pc.cast(values, pa.string())
    if len(values) and (pc.max(pc.binary_length(values)).as_py() or 0) > READ_CHARS:
        values = pc.utf8_slice_codeunits(values, 0, READ_CHARS)
    return values if pa.types.is_string(values.type) else values.cast(pa.string())
