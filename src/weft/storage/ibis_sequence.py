"""One thing after another, decided over two lists of times.

Both lists are laid into one, in order, once. Between two `then` only the last `first` matters for being followed in
time, and only the first one for not being followed: so each question looks at neighbours, and costs no more than the
sorting.

The names of the indexes in lambdas are found nowhere else: Ibis counts from 0 by renaming them, in what lies below too.
"""

import ibis

from weft.clock import SECOND_US
from weft.model.audience import SequenceRule
from weft.storage.ibis_frame import Frame
from weft.storage.ibis_functions import Value, let


def happened(rule: SequenceRule, first: Value, then: Value, frame: Frame) -> Value:
    """Return whether the sequence did. first, then: lists of microseconds since 1970 UTC, NULL for none."""
    return let(
        _laid(first, then), lambda laid: let(_ends(laid), lambda ends: _happened(rule, laid, ends, frame))
    )


def _ends(rows: Value) -> Value:
    """Return each `then` that has a `first` right before it."""
    return rows.filter(lambda row, nth_end: ~_is_first(row) & (nth_end > 0) & _is_first(rows[nth_end - 1]))


def _happened(rule: SequenceRule, rows: Value, ends: Value, frame: Frame) -> Value:
    limit = None if rule.after_seconds is None else rule.after_seconds * SECOND_US
    if rule.followed:
        if limit is None:
            return ends.length() > 0
        pairs = rows.filter(lambda row, nth_pair: _is_first(row) & ~_is_first(rows[nth_pair + 1]))
        close = pairs.filter(lambda row, nth_close: _at(ends[nth_close]) - _at(row) <= limit)
        return close.length() > 0
    starts = rows.filter(
        lambda row, nth_start: _is_first(row) & ((nth_start == 0) | ~_is_first(rows[nth_start - 1]))
    )
    if limit is None:
        return starts.length() > ends.length()
    alone = starts.filter(
        lambda row, nth_alone: (
            (_at(row) + limit <= frame.now_us)
            & (ends[nth_alone].isnull() | (_at(ends[nth_alone]) - _at(row) > limit))
        )
    )
    return alone.length() > 0


def due_sequence(rule: SequenceRule, first: Value, frame: Frame) -> Value | None:
    """Return when a `first` will have waited long enough; None where waiting changes nothing.

    That the rows themselves come and go is told by their measures.
    """
    if rule.followed or rule.after_seconds is None:
        return None
    limit = rule.after_seconds * SECOND_US
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
