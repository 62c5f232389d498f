"""Where people are and in what weather: as stated, the same for all who are there, and only where there is leave."""

from pathlib import Path

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest
from tests.unit.demo.conftest import WORLD as MADE

from weft.clock import DAY_US, HOUR_US
from weft.demo.buying import Orders, history_orders
from weft.demo.goods import BARBECUE, BRANCHES, LEISURE, PER_CATEGORY, WORKWEAR, Goods
from weft.demo.live.messages import WEB, message_of
from weft.demo.live.present import Present
from weft.demo.moments import (
    ABROAD_SHARE,
    AWAY_SHARE,
    BRANCH_CITIES,
    COAST,
    COAST_SHARE,
    PHONES,
    TRIP_DAYS,
    WEATHER,
    Place,
    contexts,
    place_of,
    weather_of,
)
from weft.demo.names import Names
from weft.demo.people import CITIES, People
from weft.demo.rhythm import Rhythm, is_friday_night, is_monday_commute, is_weekend, local_us, week_hour
from weft.demo.visits import COUNTER, OTHER_AT_WEEKENDS, TWO_FACES, Kind, Visits, visits_of
from weft.demo.world import COUNTRIES, World

WORLD = World(people=12_000, days=120, seed=3, until="2026-06-01")
SEOUL, KEELUNG, KAOHSIUNG = (0, 0), (1, 7), (1, 5)


@pytest.fixture(scope="module")
def visits() -> Visits:
    people, rhythm = People(WORLD, Names(), 0), Rhythm(WORLD.since_us, WORLD.until_us)
    orders: Orders = history_orders(people, rhythm, [])
    return visits_of(orders, Goods(WORLD), rhythm)


@pytest.fixture(scope="module")
def hour(visits: Visits) -> np.ndarray:
    return week_hour(visits.at_us, visits.people.country[visits.row])


def test_people_are_at_home_but_for_their_trips(visits: Visits, hour: np.ndarray) -> None:
    people, row, place = visits.people, visits.row, place_of(visits)
    away = (place.city != people.city[row]) | (place.country != people.country[row])
    abroad = place.country != people.country[row]
    usual = (visits.device != COUNTER) & ~(is_friday_night(hour) & (people.persona[row] == TWO_FACES))
    assert away[usual].mean() == pytest.approx(AWAY_SHARE * 0.9, abs=0.012)  # some trips lead nowhere else
    assert abroad[usual].mean() == pytest.approx(AWAY_SHARE * ABROAD_SHARE, abs=0.005)
    trip = local_us(visits.at_us, people.country[row]) // (TRIP_DAYS * DAY_US)
    stays = np.unique(np.stack([people.person[row], trip, place.country, place.city])[:, usual], axis=1)
    assert len(np.unique(stays[:2], axis=1).T) == stays.shape[1]  # one place a trip


def test_the_friday_night_diner_is_at_the_coast(visits: Visits, hour: np.ndarray) -> None:
    people, row, place = visits.people, visits.row, place_of(visits)
    night = is_friday_night(hour) & (people.persona[row] == TWO_FACES) & (visits.device != COUNTER)
    coast = np.array(COAST)[people.country[row], people.code[row] % 2] == place.city
    ones = np.unique(row[night & coast])
    assert len(ones) / len(np.unique(row[night])) == pytest.approx(COAST_SHARE, abs=0.1)
    assert {CITIES[c][n] for c in range(3) for n in COAST[c]} == {
        "부산", "울산", "基隆市", "高雄市", "Cardiff", "Belfast",
    }  # fmt: skip


def test_a_counter_stands_in_the_city_of_its_branch(visits: Visits) -> None:
    place, at = place_of(visits), visits.device == COUNTER
    assert at.any()
    assert (place.city[at] == BRANCH_CITIES[visits.people.branch[visits.row[at]]]).all()
    for (_, name, country), city in zip(BRANCHES, BRANCH_CITIES, strict=True):
        assert name.startswith(CITIES[country][city].removesuffix("市"))


def test_a_context_says_where_it_was_only_with_leave(visits: Visits) -> None:
    some = np.arange(0, len(visits), 7)
    said = [msgspec.json.decode(text) for text in contexts(visits).take(some).to_pylist()]
    place, people = place_of(visits), visits.people
    sky = weather_of(WORLD.seed, place, visits.at_us)
    for at, context in zip(some, said, strict=True):
        country, city = COUNTRIES[place.country[at]], CITIES[place.country[at]][place.city[at]]
        expected = {"timezone": country.zone}
        if people.analytics[visits.row[at]]:
            expected |= {"location": {"city": city, "country": country.code}}
            if visits.device[at] in PHONES:
                expected |= {"weather": WEATHER[sky[at]]}
        assert context == expected
    assert len({tuple(context) for context in said}) == 3


def test_the_weather_is_that_of_the_place_and_the_season() -> None:
    year = World(until="2026-01-01").until_us + np.arange(0, 365 * 4) * 6 * HOUR_US

    def told(where: tuple[int, int], seed: int = 1) -> np.ndarray:
        place = Place(*(np.full(len(year), each) for each in where))
        return np.array(WEATHER)[weather_of(seed, place, year)]

    winter, summer = slice(0, 59 * 4), slice(181 * 4, 243 * 4)
    assert (told(SEOUL) == told(SEOUL)).all()
    assert (told(SEOUL) == told(SEOUL, seed=2)).mean() < 0.6
    assert (told(SEOUL)[winter] == "snow").mean() > 0.05
    assert not (told(SEOUL)[summer] == "snow").any()
    wet = {
        name: [(told(where)[part] == "rain").mean() for part in (winter, summer)]
        for name, where in {"Keelung": KEELUNG, "Kaohsiung": KAOHSIUNG, "Seoul": SEOUL}.items()
    }
    assert wet["Keelung"][0] > wet["Keelung"][1]
    assert wet["Kaohsiung"][1] > wet["Kaohsiung"][0] + 0.15
    assert wet["Seoul"][1] > wet["Seoul"][0] + 0.15
    assert (told(SEOUL)[1:] == told(SEOUL)[:-1]).mean() > 0.6  # it lasts


def test_one_person_is_two_sorts_of_visitor(visits: Visits, hour: np.ndarray) -> None:
    """What somebody looks for on one day of the week is not what she looks for on another; reading goes with it."""
    persona, category = visits.people.persona[visits.row], visits.product // PER_CATEGORY
    views = visits.kind == Kind.VIEWED
    faces, night, monday = persona == TWO_FACES, is_friday_night(hour), is_monday_commute(hour)
    assert (category[faces & views & night] == BARBECUE).mean() > 0.5
    assert (category[faces & views & monday] == WORKWEAR).mean() > 0.5
    both = set(visits.row[faces & night & (category == BARBECUE)]) & set(visits.row[faces & monday])
    assert len(both) > 100
    reads = visits.kind == Kind.READ
    assert (category[faces & reads & night] == BARBECUE).mean() > 0.5
    workers = np.isin(persona, OTHER_AT_WEEKENDS) & views
    leisure = np.isin(category, LEISURE)
    assert leisure[workers & is_weekend(hour)].mean() > leisure[workers & ~is_weekend(hour)].mean() + 0.2


def test_the_present_says_it_as_the_history_does(made: Path) -> None:
    history = pq.read_table(made / "history" / WEB, columns=["context"])["context"].to_pylist()
    keys = {tuple(msgspec.json.decode(text)) for text in set(history)}
    assert keys == {("timezone",), ("timezone", "location"), ("timezone", "location", "weather")}
    present = Present(MADE, made).since(MADE.until_us)
    told = [message_of(due, due.at_us)["context"] for due, _ in zip(present, range(3_000), strict=False)]
    web = [context for context in told if "userAgent" in context]
    assert {
        tuple(key for key in context if key in ("timezone", "location", "weather")) for context in web
    } == keys
    assert all({"library", "locale"} <= set(context) for context in web)
