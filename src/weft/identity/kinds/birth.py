"""Dates of birth as ISO 8601 text: whole (1979-05-04) or partial (1979-05, 1979), from what files hold."""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from weft.identity.kinds.steps import Drop, Each, Keep, Replace, Steps, Trim
from weft.identity.kinds.text import begin

DayOrder = Literal["dmy", "mdy"]
FIRST_YEAR, LAST_YEAR = 1870, 2099
"""The years in which anybody in a file may have been born."""
PIVOT_YEAR = 30
"""Two-digit years from here on are of the 20th century."""
ROC_YEARS = 1911
MONTH_FIRST = frozenset({"US", "PH", "FM", "MH", "PW"})
"""Countries that write the month first (Unicode CLDR, short date patterns)."""

_MONTHS = (
    "jan january januar janvier enero janeiro gennaio januari ene genn",
    "feb february februar fevrier febrero fevereiro febbraio februari fev",
    "mar march marz maerz mars marzo marco maart mrz mrt",
    "apr april avril abril aprile avr abr",
    "may mai mayo maio maggio mei mag",
    "jun june juni juin junio junho giugno giu",
    "jul july juli juillet julio julho luglio lug juil",
    "aug august aout agosto augustus ago",
    "sep sept september septembre septiembre setembro settembre set",
    "oct october oktober octobre octubre outubro ottobre okt out ott",
    "nov november novembre noviembre novembro",
    "dec december dezember decembre diciembre dezembro dicembre dez dic des",
)
_MONTH = {word: number for number, words in enumerate(_MONTHS, 1) for word in words.split()}

_SPLIT = re.compile(r"[^0-9a-z]+")
_SHORT = r"^([0-9]{1,2})[-/. ]+([0-9]{1,2})[-/. ]+(?:[0-9]{4}|[0-9]{2})$"
_ROC = re.compile(r"^(?:民國|民国|中華民國|roc|r\.o\.c\.)\s*(前?)(元|\d{1,3})[年./\- ]*")
_CJK = re.compile(r"^(\d{2,4})\s*[년年]\s*(?:(\d{1,2})\s*[월月]\s*(?:(\d{1,2})\s*[일日號号]?)?)?")
_DAYS = "(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31"
_PLAIN = f"^(?:{'|'.join(map(str, range(FIRST_YEAR, LAST_YEAR + 1)))})-(?:{_DAYS})$"
"""The usual dates that are already in one form."""


def day_order(values: pa.StringArray, country: str | None = None) -> DayOrder:
    """Return whether numeric dates of a column have the day or the month first.

    First numbers over 12 are counted against second numbers over 12; the country decides a tie.
    """
    short = values.filter(pc.fill_null(pc.match_substring_regex(values, _SHORT), False))
    parts = pc.extract_regex(short, r"^(?P<a>[0-9]{1,2})[-/. ]+(?P<b>[0-9]{1,2})[-/. ]")
    first, second = (
        pc.sum(pc.greater(pc.cast(pc.struct_field(parts, name), pa.int32()), 12)).as_py() or 0
        for name in ("a", "b")
    )
    if first != second:
        return "dmy" if first > second else "mdy"
    return _usual_order(country)


def _usual_order(country: str | None) -> DayOrder:
    return "mdy" if (country or "").upper() in MONTH_FIRST else "dmy"


@cache
def birth_date_steps(country: str | None, order: DayOrder | None = None) -> Steps:
    """Return the steps that read one date. order: None: as usual in the country."""
    reader = _Reader(order or _usual_order(country), taiwan=(country or "").upper() == "TW")
    return (
        *begin("birth_date"),
        Replace(r"[t ]+[0-9]{1,2}:[0-9]{2}.*$", ""),
        Replace(r"\.0+$", ""),
        Drop(r"^.{41,}$"),
        Keep("[0-9]"),
        Each(reader.read, ".", done=_PLAIN),
        Trim(),
    )


@dataclass(frozen=True)
class _Reader:
    order: DayOrder
    taiwan: bool

    def read(self, text: str) -> str | None:
        """Return a date as ISO text, or None."""
        if text.isascii() and text[0].isdigit():
            return self._western(text)
        if found := _ROC.match(text):
            rest = [int(part) for part in re.findall(r"\d+", text[found.end() :])[:2]]
            count = 1 if found[2] == "元" else int(found[2])
            year = ROC_YEARS + 1 - count if found[1] else ROC_YEARS + count
            return self._iso(year, *rest)
        if found := _CJK.match(text):
            numbers = [int(part) for part in found.groups() if part]
            year = numbers[0] if len(found[1]) == 4 else self._short_year(numbers[0])
            return self._iso(year, *numbers[1:])
        return self._western(text)

    def _western(self, text: str) -> str | None:
        parts = list(filter(None, _SPLIT.split(text)))
        if not _MONTH.keys().isdisjoint(parts):
            return self._worded(parts)
        if not "".join(parts).isdecimal() or len(parts) > 3:
            return self._worded(re.findall(r"[a-z]+|\d+", text)) if len(parts) <= 3 else None
        return self._compact(parts[0]) if len(parts) == 1 else self._numbers(parts)

    def _short_year(self, year: int) -> int:
        """Expand a year of one to three digits: three digits, and in Taiwan two, count from 1911."""
        if year >= 100 or self.taiwan:
            return ROC_YEARS + year
        return _full_year(year)

    def _iso(self, year: int, month: int = 0, day: int = 0) -> str | None:
        if month == 0:
            day = 0
        if month > 12 or not FIRST_YEAR <= year <= LAST_YEAR:
            return None
        if day:
            try:
                return date(year, month, day).isoformat()
            except ValueError:
                return None
        return f"{year:04}-{month:02}" if month else f"{year:04}"

    def _compact(self, digits: str) -> str | None:
        """Read digits without separators: yyyymmdd, ddmmyyyy, mmddyyyy, yymmdd, yyyymm, yyyy."""
        if len(digits) == 8:
            return self._iso(int(digits[:4]), int(digits[4:6]), int(digits[6:])) or self._numbers(
                [digits[:2], digits[2:4], digits[4:]]
            )
        if len(digits) == 7 and self.taiwan:
            return self._iso(ROC_YEARS + int(digits[:3]), int(digits[3:5]), int(digits[5:]))
        if len(digits) == 6:
            return self._iso(
                self._short_year(int(digits[:2])), int(digits[2:4]), int(digits[4:])
            ) or self._iso(int(digits[:4]), int(digits[4:]))
        return self._iso(int(digits)) if len(digits) == 4 else None

    def _numbers(self, parts: list[str]) -> str | None:
        if len(parts) == 2:
            year, month = parts if len(parts[0]) == 4 else reversed(parts)
            return self._iso(int(year), int(month)) if len(year) == 4 and len(month) <= 2 else None
        lengths = [len(part) for part in parts]
        if max(lengths) > 4:
            return None
        a, b, c = map(int, parts)
        if lengths[0] == 4:
            return self._iso(a, b, c)
        if lengths[0] == 3:
            return self._iso(ROC_YEARS + a, b, c)
        if lengths[2] == 4:
            return self._day_and_month(c, a, b)
        if self.taiwan or (a > 31 or a == 0):
            return self._iso(self._short_year(a), b, c)
        return self._day_and_month(_full_year(c), a, b) if lengths[2] == 2 else None

    def _day_and_month(self, year: int, a: int, b: int) -> str | None:
        """Read two numbers in the column's order, or in the other where only that is possible."""
        day, month = (a, b) if self.order == "dmy" else (b, a)
        if month > 12 >= day:
            day, month = month, day
        return self._iso(year, month, day)

    def _worded(self, parts: list[str]) -> str | None:
        """Read a date whose month is a word: 4 may 1979, may 4th 1979, 4-may-79, may 1979."""
        months = [_MONTH[part] for part in parts if part in _MONTH]
        numbers = [re.sub(r"(?<=\d)(?:st|nd|rd|th|er|o)$", "", part) for part in parts]
        digits = [part for part in numbers if part.isdecimal()]
        if len(months) != 1 or not 1 <= len(digits) <= 2:
            return None
        years = [part for part in digits if len(part) == 4]
        if len(digits) == 1:
            return self._iso(int(years[0]), months[0]) if years else None
        year = years[0] if years else digits[1]
        day = digits[1] if years and digits[0] == year else digits[0]
        if len(day) > 2 or len(year) not in {2, 4}:
            return None
        return self._iso(int(year) if len(year) == 4 else _full_year(int(year)), months[0], int(day))


def _full_year(short: int) -> int:
    """Return the year that ends in these two digits (see PIVOT_YEAR)."""
    return 1900 + short if short >= PIVOT_YEAR else 2000 + short
