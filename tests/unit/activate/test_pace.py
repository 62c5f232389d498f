from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.activate.pace import (
    BURST_SECONDS,
    OPEN_AFTER_FAILURES,
    OPEN_MAX_SECONDS,
    OPEN_SECONDS,
    Breaker,
    BreakerState,
    Bucket,
    pause_seconds,
)
from weft.activate.settle import settlement
from weft.config import DeliverSettings
from weft.model.delivery import ItemState, Outcome, Receipt

SETTINGS = DeliverSettings(attempts=3, backoff_seconds=1.0, backoff_max_seconds=60.0)


@given(
    st.floats(0.1, 10_000),
    st.lists(st.tuples(st.floats(0, 2), st.integers(0, 5_000)), min_size=1, max_size=30),
)
def test_no_span_lets_more_through_than_the_rate_and_one_burst(
    rate: float, steps: list[tuple[float, int]]
) -> None:
    bucket, now = Bucket(rate, 0.0), 0.0
    taken: list[tuple[float, int]] = []
    for pause, wanted in steps:
        now += pause
        items = min(wanted, bucket.available(now))
        bucket.take(items)
        taken.append((now, items))
    for first, (start, _) in enumerate(taken):
        for last in range(first, len(taken)):
            went = sum(items for _, items in taken[first : last + 1])
            span = taken[last][0] - start
            assert went <= max(1.0, rate * BURST_SECONDS) + rate * span + 1e-6 * (1 + rate)


def test_a_bucket_gives_the_whole_rate_over_time_and_a_clock_that_goes_back_gives_nothing() -> None:
    bucket = Bucket(10, 0.0)
    bucket.take(bucket.available(0.0))
    got = 0
    for tick in range(1, 101):
        items = bucket.available(tick / 10)
        bucket.take(items)
        got += items
    assert got in {99, 100}
    assert bucket.available(-100.0) <= 1


def test_the_breaker_opens_probes_and_closes() -> None:
    breaker = Breaker()
    for _ in range(OPEN_AFTER_FAILURES - 1):
        breaker.failed(0.0)
    assert breaker.permits(9, 0, 0.0) == 9
    breaker.failed(0.0)
    assert breaker.state == BreakerState.OPEN
    assert breaker.permits(9, 0, OPEN_SECONDS - 0.01) == 0
    assert breaker.permits(9, 3, OPEN_SECONDS) == 0, "no probe while older sends are out"
    assert breaker.permits(9, 0, OPEN_SECONDS) == 1
    breaker.failed(OPEN_SECONDS)
    assert breaker.permits(9, 0, OPEN_SECONDS * 2.9) == 0, "the pause doubled"
    assert breaker.permits(9, 0, OPEN_SECONDS * 3) == 1
    breaker.succeeded()
    assert (breaker.state, breaker.permits(9, 4, 0.0)) == (BreakerState.CLOSED, 9)


def test_failures_of_sends_that_were_out_do_not_prolong_the_pause() -> None:
    breaker = Breaker()
    for _ in range(OPEN_AFTER_FAILURES * 4):
        breaker.failed(0.0)
    assert breaker.permits(1, 0, OPEN_SECONDS) == 1


def test_the_pause_of_the_breaker_has_a_limit() -> None:
    breaker, now = Breaker(), 0.0
    for _ in range(40):
        breaker.failed(now)
        now = max(now, breaker.until_seconds)
        breaker.permits(1, 0, now)
    breaker.failed(now)
    assert breaker.until_seconds - now == OPEN_MAX_SECONDS


@given(st.integers(1, 10_000), st.none() | st.floats(0, 1e9), st.integers())
def test_a_pause_is_jittered_bounded_and_no_shorter_than_asked(
    attempt: int, asked: float | None, seed: int
) -> None:
    pause = pause_seconds(attempt, SETTINGS, asked, Random(seed))
    assert 0 <= pause <= SETTINGS.backoff_max_seconds
    assert pause >= min(asked or 0, SETTINGS.backoff_max_seconds)


def test_pauses_grow() -> None:
    random = Random(1)
    means = [sum(pause_seconds(n, SETTINGS, None, random) for _ in range(500)) / 500 for n in (1, 2, 3, 4)]
    assert means == pytest.approx([0.5, 1, 2, 4], rel=0.15)


@pytest.mark.parametrize(
    ("outcome", "attempt", "repeatable", "state", "tries"),
    [
        (Outcome.ACCEPTED, 1, True, ItemState.DELIVERED, 1),
        (Outcome.REFUSED, 1, True, ItemState.DEAD, 1),
        (Outcome.FAILED, 2, True, ItemState.RETRY, 2),
        (Outcome.FAILED, 3, True, ItemState.DEAD, 3),
        (Outcome.FAILED, 1, False, ItemState.RETRY, 1),
        (Outcome.UNKNOWN, 1, True, ItemState.RETRY, 1),
        (Outcome.UNKNOWN, 3, True, ItemState.DEAD, 3),
        (Outcome.UNKNOWN, 1, False, ItemState.IN_DOUBT, 1),
        (Outcome.UNSENT, 1, False, ItemState.PENDING, 0),
        (Outcome.UNSENT, 3, True, ItemState.RETRY, 2),
    ],
)
def test_what_follows_from_a_receipt(
    outcome: Outcome, attempt: int, repeatable: bool, state: ItemState, tries: int
) -> None:
    receipt = Receipt(UUID(int=1), outcome, at_us=5)
    settled = settlement(
        receipt, attempt, repeatable=repeatable, settings=SETTINGS, now_us=1_000, random=Random(0)
    )
    assert (settled.state, settled.attempt) == (state, tries)
    assert (settled.due_us is not None) == (state in {ItemState.PENDING, ItemState.RETRY})
