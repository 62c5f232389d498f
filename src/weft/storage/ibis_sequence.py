"""One thing after another, decided over two lists of times.

Both lists are laid into one, in order. Between two `then` only the last `first` matters for being followed in time, and
only the first one for not being followed: so each question looks at neighbours, and costs no more than the sorting.
"""

import ibis

from weft.model.audience import SequenceRule
from weft.storage.ibis_frame import MICROSECONDS, Frame
from weft.storage.ibis_functions import Value


def happened(rule: SequenceRule, first: Value, then: Value, frame: Frame) -> Value:
    """Return whether the sequence did. first, then: lists of microseconds since 1970 UTC, NULL for none."""
    rows = _laid(first, then)
    limit = None if rule.after_seconds is None else rule.after_seconds * MICROSECONDS
    if rule.followed:
        pairs = rows.filter(lambda row, i: _is_first(row) & ~_is_first(rows[i + 1]))
        if limit is None:
            return pairs.length() > 0
        ends = rows.filter(lambda row, i: ~_is_first(row) & _is_first(rows[i - 1]) & (i > 0))
        close = pairs.filter(lambda row, i: _at(ends[i]) - _at(row) <= limit)
        return (close.length() > 0).fill_null(False)
    starts = rows.filter(lambda row, i: _is_first(row) & ((i == 0) | ~_is_first(rows[i - 1])))
    ends = rows.filter(lambda row, i: ~_is_first(row) & (i > 0) & _is_first(rows[i - 1]))
    if limit is None:
        return (starts.length() > ends.length()).fill_null(False)
    alone = starts.filter(
        lambda row, i: (
            (_at(row) + limit <= frame.now_us) & (ends[i].isnull() | (_at(ends[i]) - _at(row) > limit))
        )
    )
    return (alone.length() > 0).fill_null(False)


def due_sequence(rule: SequenceRule, first: Value, frame: Frame) -> Value | None:
    """Return when a `first` will have waited long enough; None where waiting changes nothing.

    That the rows themselves come and go is told by their measures.
    """
    if rule.followed or rule.after_seconds is None:
        return None
    limit = rule.after_seconds * MICROSECONDS
    return first.filter(lambda at: at + limit > frame.now_us).map(lambda at: at + limit).mins()


def _laid(first: Value, then: Value) -> Value:
    """Return both lists as one in order, each time doubled, those of `first` plus one: of equal times `then` is before,
    for what is simultaneous does not follow.
    """
    none: Value = ibis.literal([], type="array<int64>")
    odd: Value = first.fill_null(none).map(lambda at: at * 2 + 1)
    even: Value = then.fill_null(none).map(lambda at: at * 2)
    return odd.concat(even).sort()


def _is_first(row: Value) -> Value:
    return row % 2 != 0


def _at(row: Value) -> Value:
    return ibis.ifelse(_is_first(row), row - 1, row).cast("int64") // 2
