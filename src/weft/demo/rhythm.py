"""When people do things: by the season, the day of the week and the hour, each persona in its own way."""

from typing import NamedTuple

import numpy as np

from weft.clock import HOUR_US
from weft.demo.columns import Bools, Floats, Ints
from weft.demo.world import COUNTRIES, PERSONAS

WEEK_HOURS = 168
SEASON = (0.86, 0.88, 1.02, 1.12, 1.16, 1.06, 0.98, 0.92, 1.02, 1.06, 1.04, 0.90)
"""How busy each month is, January first."""

_MORNING = (0, 0, 0, 0, 1, 4, 9, 8, 5, 3, 2, 2, 3, 2, 2, 2, 3, 3, 2, 1, 1, 1, 0, 0)
_DAYTIME = (0, 0, 0, 0, 0, 0, 1, 2, 5, 9, 10, 9, 6, 7, 9, 8, 6, 4, 3, 3, 3, 2, 1, 0)
_EVENING = (1, 0, 0, 0, 0, 0, 1, 2, 2, 1, 1, 1, 3, 2, 1, 1, 1, 2, 5, 8, 10, 10, 7, 3)
_NIGHT = (9, 8, 6, 3, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 5, 7, 9)
_WEEKS = {
    "trade": ((5, 5, 5, 5, 4, 2, 0.5), _MORNING),
    "weekend": ((1, 1, 1, 1, 1.5, 6, 5), _DAYTIME),
    "evening": ((4, 4, 4, 4, 3, 3, 4), _EVENING),
    "two_faces": ((2, 2, 2, 2, 2, 2, 2), _EVENING),
    "night": ((3, 3, 3, 3, 4, 4, 3), _NIGHT),
}
"""Persona → how busy Monday to Sunday are, and the hours of a day."""

MONDAY_COMMUTE = range(6, 10)
FRIDAY_NIGHT = range(4 * 24 + 18, 4 * 24 + 24)
MONDAY_SHIFT_DAYS = 3
"""1970-01-01 was a Thursday: (days + 3) % 7 is 0 on a Monday."""


def week_weights(persona: str) -> Floats:
    """Return how busy each hour of the local week is (from Monday 0:00 on), 1 on average."""
    days, hours = _WEEKS[persona]
    weights = np.outer(days, hours).ravel().astype(np.float64)
    weights /= weights.sum()
    if (
        persona == "two_faces"
    ):  # she reads on the way to work on Monday, and cooks for friends on Friday night
        weights *= 0.3
        weights[list(MONDAY_COMMUTE)] += 0.35 / len(MONDAY_COMMUTE)
        weights[list(FRIDAY_NIGHT)] += 0.35 / len(FRIDAY_NIGHT)
    return weights * WEEK_HOURS


def month_of(at_us: Ints) -> Ints:
    """Return the month, January being 0."""
    return at_us.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64) % 12


def local_us(at_us: Ints, country: Ints) -> Ints:
    """Return local wall-clock times. In Britain summer time counts from April to October, whole months."""
    offsets = np.array([one.offset_seconds for one in COUNTRIES])[country] * 1_000_000
    month = month_of(at_us)
    return at_us + offsets + np.where((country == 2) & (month >= 3) & (month <= 9), HOUR_US, 0)


def week_hour(at_us: Ints, country: Ints) -> Ints:
    """Return the hour of the local week, 0 being Monday from 0:00 to 1:00."""
    hours = local_us(at_us, country) // HOUR_US
    return (hours + 24 * MONDAY_SHIFT_DAYS) % WEEK_HOURS


def is_monday_commute(hour: Ints) -> Bools:
    """Say which hours of the week are those of the Monday commute."""
    return (hour >= MONDAY_COMMUTE.start) & (hour < MONDAY_COMMUTE.stop)


def is_friday_night(hour: Ints) -> Bools:
    """Say which hours of the week are those of Friday night."""
    return (hour >= FRIDAY_NIGHT.start) & (hour < FRIDAY_NIGHT.stop)


def is_weekend(hour: Ints) -> Bools:
    """Say which hours of the week are of Saturday or Sunday."""
    return hour >= 5 * 24


class _Course(NamedTuple):
    """How much has happened by each hour: hours, growing sums."""

    hours: Floats
    sums: Floats


class Rhythm:
    """Turns even chances into times between two moments that follow season, week and hour."""

    def __init__(self, since_us: int, until_us: int) -> None:
        self.since_us, self.until_us = since_us, until_us
        self._courses = [
            [self._course(persona, zone) for zone in range(len(COUNTRIES))] for persona in PERSONAS
        ]

    def _course(self, persona: str, zone: int) -> _Course:
        count = max(1, -(-(self.until_us - self.since_us) // HOUR_US))
        starts = self.since_us + np.arange(count) * HOUR_US
        country = np.full(count, zone)
        month = month_of(local_us(starts, country))
        weights = week_weights(persona)[week_hour(starts, country)] * np.array(SEASON)[month] + 1e-6
        hours = np.append(starts, self.until_us).astype(np.float64)
        return _Course(hours, np.concatenate(([0.0], np.cumsum(weights))))

    def mass_days(self, persona: Ints, country: Ints) -> Floats:
        """Return how many average days of activity lie in the time, for each person."""
        masses = np.array([[course.sums[-1] / 24 for course in courses] for courses in self._courses])
        return masses[persona, country]

    def times(self, persona: Ints, country: Ints, from_us: Ints, uniform: Floats) -> Ints:
        """Return a time for each chance, not before `from_us`, in whole milliseconds."""
        found = np.zeros(len(uniform), np.int64)
        for number, courses in enumerate(self._courses):
            for zone, course in enumerate(courses):
                rows = np.flatnonzero((persona == number) & (country == zone))
                if not len(rows):
                    continue
                low = np.interp(from_us[rows].astype(np.float64), course.hours, course.sums)
                target = low + uniform[rows] * (course.sums[-1] - low)
                found[rows] = np.interp(target, course.sums, course.hours).astype(np.int64)
        return np.clip(found, self.since_us, self.until_us - 1) // 1_000 * 1_000
