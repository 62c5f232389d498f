"""Stays: told mark by mark they are what all marks together say, and each moment has one owner."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from weft.identity.stays import (
    BEFORE_ALL_US,
    NOBODY,
    Mark,
    Stays,
    added,
    dropped,
    first_difference,
    owner_at,
    spans_of,
    stays_of,
)

A, B, C = b"a", b"b", b"c"
STITCH_US = 10
marks = st.builds(Mark, st.integers(0, 60), st.sampled_from([A, B, C, NOBODY]))
histories = st.lists(st.lists(marks, max_size=4), max_size=12)


def told(history: Iterable[Iterable[Mark]]) -> tuple[Stays, int]:
    """Tell batch by batch, reading again what is asked for and no more; say how often that was."""
    every: list[Mark] = []
    stays, reads = stays_of([]), 0
    for number, batch in enumerate(history):
        if number % 3 == 2:
            stays = stays._replace(newest_us=None)  # as after a restart
        asked = dropped(stays, batch)
        reads += bool(asked)
        again = [
            mark for mark in every for each in asked
            if mark.owner == each.owner and each.after_us < mark.at_us < each.before_us
        ]  # fmt: skip
        stays = added(stays, batch, again)
        every += batch
        assert stays.newest_us in (None, max((mark.at_us for mark in every), default=BEFORE_ALL_US))
    return stays, reads


def naive_owner(every: list[Mark], at_us: int) -> bytes:
    """Whose a moment is, by the words of the rule."""
    ordered = sorted(set(every), key=lambda mark: (mark.at_us, mark.owner == NOBODY, mark.owner))
    before = [mark for mark in ordered if mark.at_us <= at_us]
    if before and before[-1].owner != NOBODY:
        return before[-1].owner
    later = [mark for mark in ordered if mark.at_us > at_us]
    following = next((mark for mark in later if mark.owner != NOBODY), None)
    barred = later and later[0].owner == NOBODY and not before  # a log-out of somebody who never logged in
    if following is None or barred or following.at_us - at_us > STITCH_US:
        return NOBODY
    return following.owner


@given(histories)
def test_told_late_shuffled_and_twice_it_is_what_the_whole_says(history: list[list[Mark]]):
    every = [mark for batch in history for mark in batch]
    assert told(history)[0].marks == stays_of(every).marks
    assert stays_of([*reversed(every), *every]) == stays_of(every)


@given(st.lists(marks, max_size=40))
def test_log_ins_in_the_order_of_time_never_need_the_truth(every: list[Mark]):
    stays = stays_of([])
    for number, mark in enumerate(every):
        told = [Mark(number, mark.owner)]
        assert not dropped(stays, told)
        stays = added(stays, told)


@given(st.lists(marks, max_size=20), st.integers(-20, 80))
def test_each_moment_has_the_owner_that_the_rule_says(every: list[Mark], at_us: int):
    assert owner_at(spans_of(stays_of(every).marks, STITCH_US), at_us) == naive_owner(every, at_us)


@given(st.lists(marks, max_size=8), st.lists(marks, max_size=8), st.integers(-20, 80))
def test_before_the_first_difference_every_moment_has_the_owner_it_had(
    one: list[Mark], other: list[Mark], at_us: int
):
    before, after = (spans_of(stays_of(each).marks, STITCH_US) for each in (one, other))
    begins = first_difference(before, after)
    if begins is None:
        assert before == after
    elif at_us < begins:
        assert owner_at(before, at_us) == owner_at(after, at_us)
    else:
        assert before != after


@given(st.lists(marks, max_size=20), st.integers(0, 20))
def test_spans_go_on_from_those_before(every: list[Mark], cut: int):
    told = stays_of(every).marks
    before = spans_of(told[:cut], STITCH_US)
    assert spans_of(told[cut:], STITCH_US, before) == spans_of(told, STITCH_US)


def test_what_came_before_the_first_log_in_is_hers_only_within_the_days():
    spans = spans_of([Mark(100, A), Mark(200, B)], STITCH_US)
    assert [owner_at(spans, at) for at in (89, 90, 100, 199, 200)] == [NOBODY, A, A, A, B]


def test_after_a_log_out_it_is_the_next_ones_within_the_days_and_else_nobodys():
    spans = spans_of([Mark(100, A), Mark(150, NOBODY), Mark(200, B)], STITCH_US)
    assert [owner_at(spans, at) for at in (149, 150, 189, 190, 200)] == [A, NOBODY, NOBODY, B, B]


def test_after_a_restart_a_change_of_owner_asks_what_the_last_owner_did_since():
    forgotten = stays_of([Mark(100, A), Mark(200, B)])._replace(newest_us=None)
    assert dropped(forgotten, [Mark(300, B)]) == []
    (asked,) = dropped(forgotten, [Mark(300, A)])
    assert (asked.owner, asked.after_us < 300 < asked.before_us) == (B, True)
    stays = added(forgotten, [Mark(300, A)], [Mark(400, B)])
    assert stays == stays_of([Mark(100, A), Mark(200, B), Mark(300, A), Mark(400, B)])
