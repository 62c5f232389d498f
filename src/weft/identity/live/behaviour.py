"""What two accounts do that speaks for one person, or shows that they are two. Pure.

Three observations, of pairs that are compared anyway:

- `shared_device`: both logged in on one device. It speaks against two strangers, and as much for two of one household
  as for one person: the household outcome takes it back where that is likely.
- `two_places`: they were seen at two places between which nobody travels in the time between.
- `two_devices`: they were busy in turn within minutes, each on a device of its own.

How many bits each is worth is chosen, not learnt: no labelled set tells of it. They are one group of evidence, so what
speaks against a pair is bounded as a whole (`Weights.most`), and of several shared devices the most telling one counts.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weft.clock import DAY_US, HOUR_US, MINUTE_US
from weft.identity.live.weights import Weights

SHARED_DEVICE, TWO_PLACES, TWO_DEVICES = "shared_device", "two_places", "two_devices"
LIVING_TOGETHER = frozenset({SHARED_DEVICE})
"""What two of one household do as one person does: its bits count for the household, too."""

OWNERS_MOST = 8
"""A device on which more logged in says nothing of any two of them."""
FASTEST_KM_H = 900.0
"""Of an airliner. Who would have been faster was not there."""
UNSURE_KM = 100.0
"""What a place may be wrong by: those told by a network address often name the next city."""
TRAVEL_US = 24 * HOUR_US
"""In that time one is everywhere."""
TURN_US = 5 * MINUTE_US
"""Longest pause between two turns of accounts that are busy at once."""
TURNS_LEAST = 3
"""So many changes from one account to the other, each on its own device, are no coincidence."""
CHANGES_MOST = 500
"""Newest changes from one account to the other that are looked at."""
EARTH_KM = 6_371.0


class Sighting(NamedTuple):
    """An event of an account. devices: its ids of devices; place: (latitude, longitude) in degrees, if it was told."""

    at_us: int
    devices: frozenset[str]
    place: tuple[float, float] | None


class Seen(NamedTuple):
    """What was seen of a pair. owners: of the shared device that the fewest share, 0 for none; the rest are days."""

    owners: int = 0
    two_places: int = 0
    two_devices: int = 0


NOTHING = Seen()
Change = tuple[Sighting, Sighting]
"""Two sightings that follow one another, of the one account and of the other."""
Times = NDArray[np.int64]


def contributions(seen: Seen, weights: Weights) -> dict[str, float]:
    """Return the bits for one person, by name; what says nothing is left out. Only `shared_device` is positive."""
    found: dict[str, float] = {}
    if 2 <= seen.owners <= OWNERS_MOST and (shared := weights.shared_device * 2 / seen.owners):
        found[SHARED_DEVICE] = shared
    left = weights.most
    for name, days, each in (
        (TWO_PLACES, seen.two_places, weights.two_places),
        (TWO_DEVICES, seen.two_devices, weights.two_devices),
    ):
        taken = min(days * each, left)
        if taken:
            found[name] = -taken
            left -= taken
    return found


def days_apart(left: Iterable[Sighting], right: Iterable[Sighting]) -> tuple[int, int]:
    """Return on how many days (UTC) two accounts were at two places at once, and busy on two devices at once.

    The order of the sightings does not matter. Those without a place, or without a device, are passed over there.
    """
    both = [(0, each) for each in left] + [(1, each) for each in right]
    placed = _changes(each for each in both if each[1].place is not None)
    turns = _changes(each for each in both if each[1].devices)
    places = {first.at_us // DAY_US for first, then in placed if _out_of_reach(first, then)}
    return len(places), len({run[0][0].at_us // DAY_US for run in _runs(turns) if len(run) >= TURNS_LEAST})


def may_be_apart(left_us: Times, right_us: Times) -> bool:
    """Say whether two accounts were ever seen close enough in time for `days_apart`. Times in rising order."""
    if not len(left_us) or not len(right_us):
        return False
    after = np.searchsorted(right_us, left_us)
    gaps = [
        np.abs(right_us[np.clip(place, 0, len(right_us) - 1)] - left_us).min() for place in (after, after - 1)
    ]
    return min(gaps) <= TRAVEL_US


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the great-circle distance of two places in degrees, by the haversine formula (Sinnott 1984)."""
    (lat, lon), (lat_2, lon_2) = (tuple(map(radians, each)) for each in (one, other))
    half = sin((lat_2 - lat) / 2) ** 2 + cos(lat) * cos(lat_2) * sin((lon_2 - lon) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(half, 1.0)))


def _out_of_reach(one: Sighting, other: Sighting) -> bool:
    assert one.place is not None
    assert other.place is not None
    hours = abs(other.at_us - one.at_us) / HOUR_US
    return kilometres(one.place, other.place) - UNSURE_KM > FASTEST_KM_H * hours


def _changes(seen: Iterable[tuple[int, Sighting]]) -> list[Change]:
    """Return where a sighting of one account follows one of the other: the newest CHANGES_MOST."""
    ordered = sorted(
        seen, key=lambda each: (each[1].at_us, each[0], each[1].place or (), sorted(each[1].devices))
    )
    found = [(one[1], other[1]) for one, other in pairwise(ordered) if one[0] != other[0]]
    return found[-CHANGES_MOST:]


def _runs(changes: Iterable[Change]) -> Iterator[list[Change]]:
    """Yield changes that follow one another without a pause, each from one device to another."""
    run: list[Change] = []
    for first, then in changes:
        turn = first.devices.isdisjoint(then.devices) and then.at_us - first.at_us <= TURN_US
        if run and (not turn or first.at_us - run[-1][1].at_us > TURN_US):
            yield run
            run = []
        if turn:
            run.append((first, then))
    yield run
