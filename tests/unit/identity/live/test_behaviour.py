"""Behaviour as evidence: bounded, whatever the order, and summing with what the fields say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.identity.live.people import node_ids, people, trained

from weft.identity.live.behaviour import (
    DAY_US,
    OWNERS_MOST,
    Seen,
    Sighting,
    contributions,
    days_apart,
    kilometres,
    may_be_apart,
)
from weft.identity.live.matcher import Matcher
from weft.identity.live.weights import DEFAULT, Weights
from weft.identity.scoring.scorer import softplus2

SEOUL, BUSAN, NEW_YORK = (37.5665, 126.978), (35.1796, 129.0756), (40.7128, -74.006)
MINUTE_US, HOUR_US = 60_000_000, 3_600_000_000
PHONE, LAPTOP = frozenset({"phone"}), frozenset({"laptop"})
NO_DEVICE = frozenset[str]()

sightings = st.lists(
    st.builds(
        Sighting,
        st.integers(0, 3 * DAY_US),
        st.sampled_from([NO_DEVICE, PHONE, LAPTOP]),
        st.sampled_from([None, SEOUL, BUSAN, NEW_YORK]),
    ),
    max_size=30,
)
seen = st.builds(Seen, st.integers(0, 20), st.integers(0, 50), st.integers(0, 50))
bits = st.floats(0, 20)
weights = st.builds(Weights, shared_device=bits, two_places=bits, two_devices=bits, most=bits)


def at(hour: float, place: tuple[float, float]) -> Sighting:
    return Sighting(round(hour * HOUR_US), NO_DEVICE, place)


def turns(device: frozenset[str], *minutes: float) -> list[Sighting]:
    return [Sighting(round(each * MINUTE_US), device, None) for each in minutes]


def test_nobody_is_in_seoul_and_in_new_york_within_five_hours() -> None:
    assert days_apart([at(1, SEOUL)], [at(6, NEW_YORK)]) == (1, 0)
    assert days_apart([at(1, SEOUL)], [at(14.5, NEW_YORK)]) == (0, 0)
    assert days_apart([at(1, SEOUL), at(25, SEOUL)], [at(2, NEW_YORK), at(26, NEW_YORK)]) == (2, 0)


def test_a_neighbouring_town_and_no_place_say_nothing() -> None:
    assert days_apart([at(1, (37.5, 127.0))], [at(1, (37.9, 127.6))]) == (0, 0)
    assert days_apart([at(1, SEOUL)], [Sighting(HOUR_US, PHONE, None)]) == (0, 0)


def test_turns_within_minutes_on_two_devices_are_two_people() -> None:
    assert days_apart(turns(PHONE, 0, 2, 4), turns(LAPTOP, 1, 3)) == (0, 1)
    assert days_apart(turns(PHONE, 0, 2), turns(LAPTOP, 1)) == (0, 0), "too few"
    assert days_apart(turns(PHONE, 0, 20, 40), turns(LAPTOP, 10, 30)) == (0, 0), "too slow"
    assert days_apart(turns(PHONE, 0, 2, 4), turns(PHONE, 1, 3)) == (0, 0), "one device"


def test_distances_are_those_of_the_atlas() -> None:
    assert kilometres(SEOUL, BUSAN) == pytest.approx(325, abs=3)
    assert kilometres(SEOUL, NEW_YORK) == pytest.approx(11_050, abs=60)


@given(sightings, sightings, st.randoms())
def test_the_order_of_arrival_and_of_the_pair_does_not_matter(
    left: list[Sighting], right: list[Sighting], shuffle: np.random.Generator
) -> None:
    expected = days_apart(left, right)
    one, other = [*left], [*right]
    shuffle.shuffle(one)
    shuffle.shuffle(other)
    assert days_apart(one, other) == expected
    if not {each.at_us for each in left} & {each.at_us for each in right}:
        assert days_apart(other, one) == expected


@given(sightings, sightings)
def test_who_was_never_near_in_time_is_passed_over_rightly(
    left: list[Sighting], right: list[Sighting]
) -> None:
    times = [np.array(sorted(each.at_us for each in side), np.int64) for side in (left, right)]
    if any(days_apart(left, right)):
        assert may_be_apart(*times)


@given(seen, weights)
def test_what_behaviour_is_worth_is_bounded(what: Seen, worth: Weights) -> None:
    found = contributions(what, worth)
    against = -sum(part for part in found.values() if part < 0)
    assert 0 <= against <= worth.most + 1e-9
    assert 0 <= found.get("shared_device", 0) <= worth.shared_device
    assert all(found.values())


def test_a_device_tells_less_the_more_use_it() -> None:
    told = [contributions(Seen(owners), DEFAULT).get("shared_device", 0) for owners in range(OWNERS_MOST + 2)]
    assert told[:2] == [0, 0]
    assert told[2:-1] == sorted(told[2:-1], reverse=True)
    assert told[2] == DEFAULT.shared_device
    assert told[4] == DEFAULT.shared_device / 2
    assert told[-1] == 0


def test_contributions_sum_to_the_bits_and_a_household_takes_a_shared_device_back() -> None:
    told = people(600, seed=5)
    matcher = Matcher(trained(told))
    rows = matcher.put(node_ids(len(told)), told)
    before = matcher.match(rows)
    places = np.flatnonzero((before.bits > -12) & (before.bits < 12))[:200]
    further = {
        place: contributions(Seen(2 + place % 3, place % 2, place % 5), DEFAULT) for place in places.tolist()
    }
    after = matcher.weigh(before, further)
    for place, pair in zip(places.tolist(), matcher.pairs(after, places), strict=True):
        assert sum(pair.fields.values()) == pytest.approx(pair.bits, abs=1e-3)
        assert pair.bits == pytest.approx(float(after.bits[place]), abs=2e-3)
        assert pair.fields.items() >= further[place].items()
    untouched = np.setdiff1d(np.arange(len(before.bits)), places)
    assert (after.bits[untouched] == before.bits[untouched]).all()

    raised = matcher.weigh(before, {place: {"shared_device": 4.0} for place in places.tolist()})
    gained = raised.bits[places] - before.bits[places]
    together = softplus2(raised.household[places]) > 8
    assert together.any()
    assert (~together).any()
    assert (gained[together] < 0.1).all()
    assert (gained <= 4.001).all()
    assert (gained > -0.001).all()
    assert gained.max() > 3
