"""Who a device belongs to at each moment: log-ins and log-outs become stays. Pure.

A device (a browser, a phone, the tablet in the kitchen) is owned, never a link between people. What a person did on it
without saying who she is belongs to whoever logged in last at or before that moment. Before the first log-in, and after
a log-out, it belongs to whoever logs in next, if that is soon enough; else to nobody.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

NOBODY = b""
"""The owner after a log-out, and before the first log-in."""
BEFORE_ALL_US, AFTER_ALL_US = -(2**63), 2**63 - 1


class Mark(NamedTuple):
    """What an event says of a device: from `at_us` (microseconds, event time) on it is `owner`'s, or NOBODY's."""

    at_us: int
    owner: bytes


class Stays(NamedTuple):
    """A device's marks by time, of equal owners in a row only the first. newest_us: of the newest mark, dropped or not.

    newest_us is None where it is not known.
    """

    marks: tuple[Mark, ...]
    newest_us: int | None


class Dropped(NamedTuple):
    """Where marks of an owner may have been dropped that now count: between two moments, both excluded."""

    owner: bytes
    after_us: int
    before_us: int


class Span(NamedTuple):
    """From `from_us` on, until the next span begins, what happens on the device is `owner`'s."""

    from_us: int
    owner: bytes


def stays_of(marks: Iterable[Mark]) -> Stays:
    """Return the stays of all marks of a device, in any order and with repeats."""
    ordered = sorted(set(marks), key=_order)
    return Stays(tuple(_changes(ordered)), ordered[-1].at_us if ordered else BEFORE_ALL_US)


def dropped(stays: Stays, marks: Iterable[Mark]) -> list[Dropped]:
    """Return which dropped marks must be read again before these marks can be added; mostly none.

    A mark inside of a stay changes nothing if the device is its owner's anyway. Otherwise it cuts the stay in two, and
    where the second part begins is what dropped marks say.
    """
    found: list[Dropped] = []
    for mark in marks:
        place = bisect_right(stays.marks, _order(mark), key=_order)
        if not place or stays.marks[place - 1].owner == mark.owner or _is_newest(stays, mark):
            continue
        ends = stays.marks[place].at_us + 1 if place < len(stays.marks) else AFTER_ALL_US
        found.append(Dropped(stays.marks[place - 1].owner, mark.at_us - 1, ends))
    return found


def added(stays: Stays, marks: Iterable[Mark], read_again: Iterable[Mark] = ()) -> Stays:
    """Return the stays with further marks. read_again: the marks that `dropped` asked for."""
    fresh, again = sorted(set(marks), key=_order), list(read_again)
    if not again and stays.newest_us is not None and all(_is_newest(stays, mark) for mark in fresh):
        last = stays.marks[-1].owner if stays.marks else None
        further = list(_changes(fresh, last))
        return Stays((*stays.marks, *further), fresh[-1].at_us if fresh else stays.newest_us)
    whole = stays_of((*stays.marks, *fresh, *again))
    if stays.newest_us is None:
        asked = dropped(stays, fresh)
        known = any(each.before_us == AFTER_ALL_US for each in asked)
        return whole if known else whole._replace(newest_us=None)
    return whole._replace(newest_us=max(stays.newest_us, whole.newest_us or BEFORE_ALL_US))


UNKNOWN = (Span(BEFORE_ALL_US, NOBODY),)
"""Whose a device is on which nobody ever logged in."""


def spans_of(
    marks: Iterable[Mark], stitch_back_us: int, before: Sequence[Span] = UNKNOWN
) -> tuple[Span, ...]:
    """Return whose the device is from each moment on; the first span begins before all time.

    marks: in order, as `Stays` has them. stitch_back_us: how long before a log-in what nobody owns is still hers.
    before: the spans of the marks before these.
    """
    found = [*before]
    for mark in marks:
        begins = mark.at_us
        if mark.owner != NOBODY and found[-1].owner == NOBODY:
            begins = max(found[-1].from_us, begins - stitch_back_us)
        if found[-1].from_us == begins:
            found.pop()
        if not found or mark.owner == NOBODY or found[-1].owner != mark.owner:
            found.append(Span(begins, mark.owner))
    return tuple(found)


def owner_at(spans: Sequence[Span], at_us: int) -> bytes:
    """Return whose the device is at a moment."""
    return spans[bisect_right(spans, at_us, key=_from) - 1].owner


def log_in_at(marks: Sequence[Mark], spans: Sequence[Span], at_us: int) -> Mark | None:
    """Return the log-in by which the device is somebody's at a moment: her last one before, else the one to come.

    spans: of these marks. None: it is nobody's then.
    """
    owner = owner_at(spans, at_us)
    hers = [mark for mark in marks if mark.owner == owner != NOBODY]
    before = [mark for mark in hers if mark.at_us <= at_us]
    return before[-1] if before else next(iter(hers), None)


def first_difference(before: Sequence[Span], after: Sequence[Span]) -> int | None:
    """Return the first moment from which on two answers differ; None if they do not."""
    for one, other in zip(before, after, strict=False):
        if one != other:
            return min(one.from_us, other.from_us) if one.from_us != other.from_us else one.from_us
    longer = before if len(before) > len(after) else after
    short = min(len(before), len(after))
    return longer[short].from_us if len(before) != len(after) else None


def _from(span: Span) -> int:
    return span.from_us


def _order(mark: Mark) -> tuple[int, bool, bytes]:
    """Sort by time; at the same moment a log-out comes after a log-in."""
    return mark.at_us, mark.owner == NOBODY, mark.owner


def _is_newest(stays: Stays, mark: Mark) -> bool:
    return stays.newest_us is not None and mark.at_us > stays.newest_us


def _changes(ordered: Iterable[Mark], owner: bytes | None = None) -> Iterable[Mark]:
    """Leave out marks of the owner before. owner: before the first."""
    for mark in ordered:
        if mark.owner != owner:
            yield mark
        owner = mark.owner
