"""Streets: one form of number, name and unit, for addresses written in Latin letters, Korean and Chinese."""

import re

from weft.identity.kinds.places import PLACE_CHARS, table
from weft.identity.kinds.steps import Cut, Drop, DropWords, Each, Replace, Steps, Translate, Trim, When, Words
from weft.identity.kinds.text import begin, placeholders

UNIT = "apt"
"""How flats, units, suites and rooms are all called."""

_CJK = "[\u4e00-\u9fff\uac00-\ud7a3]"
_NUMERALS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "兩": 2}
_COUNTED = re.compile("([零〇一二兩三四五六七八九十百]+)(?=[段巷弄號号樓楼鄰])")
_DIGITS_APART = re.compile("(?<=[路街段巷弄號号樓楼])(?=[0-9之])")
_ROAD_NUMBER = re.compile("(?<=[로길동리가])(?=[0-9]+(?:-[0-9]+)?(?: |$|,))")
_BUNJI = re.compile("([0-9])(?:번지|번)(?= |$|,)")


def _count(found: re.Match[str]) -> str:
    """Return a number below 1,000 written in Han numerals in digits: 二十三 is 23."""
    total, digit = 0, 0
    for character in found[1]:
        if character in "十百":
            total += (digit or 1) * (10 if character == "十" else 100)
            digit = 0
        else:
            digit = digit * 10 + _NUMERALS[character] if digit else _NUMERALS[character]
    return str(total + digit)


def _local(text: str) -> str:
    """Write numbers of Korean and Chinese addresses in digits and set them apart from road and lane."""
    text = _COUNTED.sub(_count, text.replace("臺", "台").replace("号", "號").replace("楼", "樓"))
    text = _DIGITS_APART.sub(" ", text)
    return _BUNJI.sub(r"\1", _ROAD_NUMBER.sub(" ", text))


STREET_STEPS: Steps = (
    *begin("street"),
    Each(_local, _CJK),
    When("/", (Replace(r"^([0-9]+[a-z]?) ?/ ?([0-9]+[a-z]?) (.+)$", rf"\2 \3 {UNIT} \1"),)),
    When("#", (Replace(r"(?:apt|unit|suite|ste|no)?[. ]*#", f" {UNIT} "),)),
    When(
        "[-~]",
        (
            Translate({"~": " "}),
            Replace("([0-9]) ?- ?([0-9])", r"\1~\2"),
        ),
    ),
    Translate(dict.fromkeys('.,;:_\\()[]{}"!?*|+=<>^&%$@-/#', " ") | {"~": "-"}, delete="'`"),
    Replace(r" {2,}", " "),
    Trim(" -"),
    Replace("^p ?o ?box", "po box"),
    Words(table("street_words.txt")),
    Replace("([a-z]{2})(?:strasse|str)( |$)", r"\1str\2"),
    Replace(rf"^{UNIT} ([0-9]+[a-z]?|[a-z]) ([0-9].*)$", rf"\2 {UNIT} \1"),
    Cut(PLACE_CHARS),
    Trim(" -"),
    Drop("^[^a-z0-9\u0080-\U0010ffff]*$"),
    DropWords(placeholders("street")),
)
"""A number that stands in front of the unit stays the first (4/12 main st: 12 main st apt 4)."""
