"""In which format times are written, found by trying."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from weft.sources.files.expression import HALF_DAYS
from weft.sources.files.mapping import ISO

_ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s?(Z|[-+]\d{2}(:?\d{2})?)?)?")
_DATES = "%Y/%m/%d %Y.%m.%d %Y年%m月%d日 %Y%m%d %d/%m/%Y %m/%d/%Y %d.%m.%Y %d-%m-%Y %m-%d-%Y %d-%b-%Y %d/%m/%y %m/%d/%y"
_WORDY_DATES = (
    "%Y. %m. %d.",
    "%Y. %m. %d",
    "%Y년 %m월 %d일",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%Y-%m-%d",
)
_CLOCKS = (
    "",
    " %H:%M",
    " %H:%M:%S",
    " %H:%M:%S.%f",
    " %I:%M %p",
    " %I:%M:%S %p",
    " %p %I:%M",
    " %p %I:%M:%S",
)
_CLOSED = ("%Y%m%d%H%M%S", "%Y%m%d%H%M", "%Y/%m/%dT%H:%M:%S", "%d/%b/%Y:%H:%M:%S %z")
PATTERNS = (*(day + clock for day in (*_DATES.split(), *_WORDY_DATES) for clock in _CLOCKS), *_CLOSED)
_UNIX = {"unix_s": (4e8, 4.2e9), "unix_ms": (4e11, 4.2e12), "unix_us": (4e14, 4.2e15)}
_SWAPPED = {"%d/%m": "%m/%d", "%d-%m": "%m-%d"}


def time_format(values: Sequence[Any]) -> tuple[str, str] | None:
    """Return the format that all values have, and what to say about it; None if they are no times."""
    if not values:
        return None
    if all(isinstance(value, datetime | date) for value in values):
        return ISO, "the file says that these are times"
    texts = [str(int(v)) if isinstance(v, float) and v.is_integer() else str(v) for v in values]
    if all(_ISO.fullmatch(text) for text in texts):
        return ISO, f"ISO 8601, such as {texts[0]}"
    if unix := _unix(texts):
        return unix, f"{unix.removeprefix('unix_')} since 1970, such as {texts[0]}"
    fitting = [pattern for pattern in PATTERNS if _reads(texts[0], pattern)]
    fitting = [pattern for pattern in fitting if all(_reads(text, pattern) for text in texts)]
    if not fitting:
        return None
    told = f"written as {fitting[0]}, such as {texts[0]}"
    if any(fitting[0].replace(day, month) in fitting[1:] for day, month in _SWAPPED.items()):
        told += "; day and month could be the other way round: check it"
    return fitting[0], told


def _unix(texts: Sequence[str]) -> str | None:
    try:
        numbers = [float(text) for text in texts]
    except ValueError:
        return None
    return next((unit for unit, (low, high) in _UNIX.items() if all(low < n < high for n in numbers)), None)


def _reads(text: str, pattern: str) -> bool:
    for local, english in HALF_DAYS.items():
        text = text.replace(local, english)
    try:
        datetime.strptime(text, pattern).replace(tzinfo=UTC)
    except ValueError:
        return False
    return True
