"""Where people are and in what weather, as the shop's pages tell it: it holds for the moment, beside what lasts."""

# pyarrow has no types.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

from itertools import product
from typing import NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from weft.clock import DAY_US, HOUR_US
from weft.demo.columns import Bools, Ints, chances
from weft.demo.people import CITIES, People
from weft.demo.rhythm import is_friday_night, local_us, month_of, week_hour
from weft.demo.visits import COUNTER, TWO_FACES, Visits
from weft.demo.world import COUNTRIES

TRIP_DAYS = 3
AWAY_SHARE = 0.07
"""Of the stretches of TRIP_DAYS that somebody is away from her city; of those the share that is abroad."""
ABROAD_SHARE = 0.15
COAST_SHARE = 0.6
"""Of the people with two faces those who are at the coast on a Friday night."""
COAST = ((1, 7), (7, 5), (6, 7))
"""By country: Busan and Ulsan, Keelung and Kaohsiung, Cardiff and Belfast."""
BRANCH_CITIES = np.array((0, 2, 1, 3, 5, 4, 0, 1, 3, 5, 0, 1, 2, 4))
"""The city of each branch, in its country: of the computer on its counter."""
PHONES = (0, 2)
"""Devices that know what the weather is."""

WEATHER = ("clear", "clouds", "rain", "snow")
PART_HOURS = 6
STEADY_SHARE = 0.6
"""Of the parts of a day that are like the whole day."""
CLOUDS_SHARE = 0.4
"""Of the dry parts of a day."""


class _Climate(NamedTuple):
    """By month, January first: the share of wet weather, and the share of it that is snow."""

    wet: tuple[float, ...]
    snow: tuple[float, ...] = (0.0,) * 12


CLIMATES = (
    _Climate((0.22, 0.20, 0.24, 0.26, 0.28, 0.34, 0.50, 0.46, 0.30, 0.20, 0.24, 0.22),
             (0.75, 0.55, 0.15, 0, 0, 0, 0, 0, 0, 0, 0.12, 0.60)),
    _Climate((0.18, 0.20, 0.26, 0.30, 0.30, 0.38, 0.48, 0.42, 0.34, 0.20, 0.22, 0.16),
             (0.12, 0.10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.06)),
    _Climate((0.46, 0.48, 0.46, 0.42, 0.42, 0.44, 0.34, 0.38, 0.40, 0.42, 0.44, 0.46)),
    _Climate((0.14, 0.16, 0.18, 0.24, 0.36, 0.48, 0.46, 0.50, 0.34, 0.16, 0.12, 0.12)),
    _Climate((0.50, 0.46, 0.42, 0.40, 0.38, 0.38, 0.40, 0.42, 0.42, 0.48, 0.50, 0.50),
             (0.14, 0.14, 0.05, 0, 0, 0, 0, 0, 0, 0, 0.02, 0.10)),
)  # fmt: skip
"""Inland and southern Korea, northern and southern Taiwan, Britain."""
CLIMATE_OF = np.array(((0, 1, 0, 0, 0, 0, 0, 1), (2, 2, 2, 3, 3, 3, 2, 2), (4,) * 8))
_WET, _SNOW = (np.array([each[part] for each in CLIMATES]) for part in (0, 1))


class Place(NamedTuple):
    """Where each event happens: the number of a country, and that of a city in it."""

    country: Ints
    city: Ints


def contexts(visits: Visits) -> pa.Array:
    """Return the context of each event: the zone of the device, and where there is leave for it place and weather."""
    people, row = visits.people, visits.row
    place = place_of(visits)
    sky = weather_of(people.world.seed, place, visits.at_us)
    sky = np.where(np.isin(visits.device, PHONES), sky, len(WEATHER))
    sky = np.where(people.analytics[row], sky, len(WEATHER) + 1)
    skies = len(WEATHER) + 2
    return _TEXTS.take(pa.array((place.country * len(CITIES[0]) + place.city) * skies + sky))


def place_of(visits: Visits) -> Place:
    """Return where people are: mostly at home; on a trip, at the coast on a Friday night, or at a branch's counter."""
    people, row, at_us = visits.people, visits.row, visits.at_us
    home = Place(people.country[row], people.city[row])
    away = _trips(people, row, at_us)
    at_coast = is_friday_night(week_hour(at_us, home.country)) & (people.persona[row] == TWO_FACES)
    at_coast &= chances(people.person[row], salt=people.world.seed + 51) < COAST_SHARE
    coast = np.array(COAST)[home.country, people.code[row] % 2]
    at_counter = visits.device == COUNTER
    country = np.where(at_coast | at_counter, home.country, away.country)
    city = np.where(at_coast, coast, away.city)
    return Place(country, np.where(at_counter, BRANCH_CITIES[people.branch[row]], city))


def _trips(people: People, row: Ints, at_us: Ints) -> Place:
    """Return the city of each one, or the one that she travels to for some days."""
    person, country = people.person[row], people.country[row]
    trip, salt = local_us(at_us, country) // (TRIP_DAYS * DAY_US), people.world.seed + 52
    away: Bools = chances(person, trip, salt=salt) < AWAY_SHARE
    abroad: Bools = away & (chances(person, trip, salt=salt + 1) < ABROAD_SHARE)
    there = (chances(person, trip, salt=salt + 2) * len(CITIES[0])).astype(np.int64)
    other = (country + 1 + people.code[row] % (len(COUNTRIES) - 1)) % len(COUNTRIES)
    return Place(np.where(abroad, other, country), np.where(away, there, people.city[row]))


def weather_of(seed: int, place: Place, at_us: Ints) -> Ints:
    """Return the weather, which follows the season of the place and is the same for all who are there."""
    country, city = place
    local = local_us(at_us, country)
    day, part = local // DAY_US, local % DAY_US // (PART_HOURS * HOUR_US)
    whole = country * len(CITIES[0]) + city
    steady = chances(whole, day, part, salt=seed + 61) < STEADY_SHARE
    wetness = np.where(steady, chances(whole, day, salt=seed + 62), chances(whole, day, part, salt=seed + 62))
    kind = chances(whole, day, salt=seed + 63)
    climate, month = CLIMATE_OF[country, city], month_of(local)
    wet = np.where(kind < _SNOW[climate, month], WEATHER.index("snow"), WEATHER.index("rain"))
    dry = np.where(kind < CLOUDS_SHARE, WEATHER.index("clouds"), WEATHER.index("clear"))
    return np.where(wetness < _WET[climate, month], wet, dry)


def _texts() -> pa.Array:
    """Return every context that there can be: by country, city and weather, then without weather, without place."""
    found: list[str] = []
    for (number, country), city in product(enumerate(COUNTRIES), range(len(CITIES[0]))):
        zone = {"timezone": country.zone}
        located = zone | {"location": {"city": CITIES[number][city], "country": country.code}}
        every = [*({**located, "weather": sky} for sky in WEATHER), located, zone]
        found += [msgspec.json.encode(each).decode() for each in every]
    return pa.array(found)


_TEXTS = _texts()
