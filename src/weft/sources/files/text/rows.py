"""Rows of a text file, found by their bytes: where each begins and ends, its line, and how many fields it has.

Everything is UTF-8 here. The quoting is RFC 4180 as most programs read it: a quote means something only where a field
begins; inside, two quotes are one; between quotes a line end and a delimiter are text.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]
Mask = NDArray[np.bool_]

NEWLINE, RETURN, QUOTE = 10, 13, 34


class Rows(NamedTuple):
    """The complete rows of a piece of text.

    starts, stops: where each row begins and where the next one begins. ends: where its content ends.
    lines: how many line ends of the piece stand before it. fields: how many fields (1 without a delimiter).
    lone_return: rows with a carriage return outside quotes that ends no line. open_quote: the rest opens a quote.
    """

    starts: Positions
    stops: Positions
    ends: Positions
    lines: Positions
    fields: Positions
    lone_return: Mask
    open_quote: bool

    @property
    def used_bytes(self) -> int:
        """Bytes up to the end of the last complete row."""
        return int(self.stops[-1]) if len(self.stops) else 0


def split_rows(text: bytes, delimiter: str | None, *, final: bool) -> Rows:
    """Find the rows. delimiter: None for text without fields and quotes (JSON lines).

    final: the text ends here, so a last row needs no line end.
    """
    codes = np.frombuffer(text, np.uint8)
    quotes = _quotes(codes, delimiter)
    newlines = np.flatnonzero(codes == NEWLINE)
    stops = newlines[~_inside(quotes, newlines)] + 1
    open_quote = len(quotes) % 2 == 1
    last = int(stops[-1]) if len(stops) else 0
    if final and not open_quote and last < len(text):
        stops = np.append(stops, len(text))
    starts = np.concatenate([np.zeros(1, np.int64), stops[:-1]]) if len(stops) else stops
    return Rows(
        starts=starts,
        stops=stops,
        ends=_ends(codes, starts, stops),
        lines=np.searchsorted(newlines, starts),
        fields=_fields(codes, quotes, delimiter, stops),
        lone_return=_lone_returns(codes, quotes, stops),
        open_quote=open_quote,
    )


def _quotes(codes: NDArray[np.uint8], delimiter: str | None) -> Positions:
    """Return the quotes that open and close, in turns."""
    if delimiter is None:
        return np.zeros(0, np.int64)
    quotes = np.flatnonzero(codes == QUOTE)
    before = codes[quotes - 1]
    at_start = (before == ord(delimiter)) | (before == NEWLINE) | (before == RETURN) | (quotes == 0)
    doubled = before == QUOTE
    if bool(np.all((at_start | doubled)[0::2])):
        return quotes
    return _walk(quotes, at_start)


def _walk(quotes: Positions, at_start: Mask) -> Positions:
    """Do it one by one where a quote stands inside a field that has none around it."""
    places: list[int] = quotes.tolist()
    starting: list[bool] = at_start.tolist()
    kept: list[int] = []
    inside = False
    skip = -1
    for index, place in enumerate(places):
        if place == skip:
            continue
        if not inside:
            if starting[index]:
                kept.append(place)
                inside = True
        elif index + 1 < len(places) and places[index + 1] == place + 1:
            skip = place + 1
        else:
            kept.append(place)
            inside = False
    return np.array(kept, np.int64)


def _inside(quotes: Positions, places: Positions) -> Mask:
    if not len(quotes):
        return np.zeros(len(places), np.bool_)
    return np.searchsorted(quotes, places) % 2 == 1


def _ends(codes: NDArray[np.uint8], starts: Positions, stops: Positions) -> Positions:
    ends = stops.copy()
    for code in (NEWLINE, RETURN):
        ends -= (ends > starts) & (codes[ends - 1] == code)
    return ends


def _fields(
    codes: NDArray[np.uint8], quotes: Positions, delimiter: str | None, stops: Positions
) -> Positions:
    if delimiter is None:
        return np.ones(len(stops), np.int64)
    places = np.flatnonzero(codes == ord(delimiter))
    places = places[~_inside(quotes, places)]
    return np.diff(np.searchsorted(places, stops), prepend=0) + 1


def _lone_returns(codes: NDArray[np.uint8], quotes: Positions, stops: Positions) -> Mask:
    lone = np.zeros(len(stops), np.bool_)
    returns = np.flatnonzero(codes == RETURN)
    if not len(returns) or not len(stops):
        return lone
    following = codes[np.minimum(returns + 1, len(codes) - 1)]
    stray = returns[(following != NEWLINE) & (returns + 1 < len(codes)) & ~_inside(quotes, returns)]
    rows = np.searchsorted(stops, stray, side="right")
    lone[rows[rows < len(stops)]] = True
    return lone
