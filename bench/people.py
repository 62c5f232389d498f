"""The one seeded world: who the people are, what they look at and what the shop sells.

Everything follows from `World`: the same world gives the same people and events, in whatever form they
are asked for (`bench.stream` draws the events, `bench.forms` writes them as wire messages or as
Parquet).
"""

import msgspec
import numpy as np
from numpy.typing import NDArray

EPOCH_2026_US = 1_767_225_600_000_000

PEOPLE_STREAM = 0
SHOP_STREAM = 1
EVENT_STREAM = 2

PRODUCTS = 480
CATEGORIES = (
    "drills", "saws", "sanders", "grinders", "lasers", "garden", "barbecue", "paint",
    "ladders", "workwear", "vans", "trucks",
)  # fmt: skip
PLANS = ("none", "silver", "gold", "platinum")
PLAN_SHARES = (0.70, 0.20, 0.08, 0.02)
FIRST_NAMES = (
    "min-su",
    "ji-woo",
    "seo-yeon",
    "yi-chun",
    "mei-ling",
    "wei",
    "oliver",
    "amelia",
    "george",
    "isla",
)
LAST_NAMES = (
    "kim",
    "lee",
    "park",
    "choi",
    "chen",
    "lin",
    "huang",
    "smith",
    "jones",
    "taylor",
    "brown",
    "davies",
)


class Country(msgspec.Struct, frozen=True):
    """A country the shop sells in. `cents_rate` turns the price list (in pence) into its currency."""

    code: str
    currency: str
    locale: str
    share: float
    cents_rate: float


COUNTRIES = (
    Country("KR", "KRW", "ko-KR", 0.45, 1_750.0),
    Country("TW", "TWD", "zh-TW", 0.30, 40.0),
    Country("GB", "GBP", "en-GB", 0.25, 1.0),
)


class World(msgspec.Struct, frozen=True):
    """The recipe: how many people, how many events over how many days up to when, and the seed of it all."""

    people: int = 10_000
    events: int = 100_000
    days: int = 90
    seed: int = 7
    until_us: int = EPOCH_2026_US + 90 * 86_400_000_000

    @property
    def since_us(self) -> int:
        """When the first event may happen."""
        return self.until_us - self.days * 86_400_000_000


class People:
    """The people of a world, as columns indexed by the person's number.

    country, plan, favourite: indexes into COUNTRIES, PLANS and CATEGORIES. devices: 1 to 3. known:
    whether the person ever logs in. reach: running sum of activity, by which a uniform draw finds active
    people more often.
    """

    def __init__(self, world: World) -> None:
        draw = np.random.default_rng((world.seed, PEOPLE_STREAM))
        count = world.people
        self.count = count
        self.country: NDArray[np.uint8] = _pick(draw, [country.share for country in COUNTRIES], count)
        self.plan: NDArray[np.uint8] = _pick(draw, PLAN_SHARES, count)
        self.favourite: NDArray[np.uint8] = draw.integers(0, len(CATEGORIES), count, dtype=np.uint8)
        self.devices: NDArray[np.uint8] = (1 + _pick(draw, (0.55, 0.33, 0.12), count)).astype(np.uint8)
        self.known: NDArray[np.bool_] = draw.random(count) < 0.6
        activity = draw.lognormal(0.0, 1.1, count)
        self.reach: NDArray[np.float64] = np.cumsum(activity) / activity.sum()

    def draw(self, uniform: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the people that these numbers in [0, 1) fall on, active ones more often."""
        return np.minimum(np.searchsorted(self.reach, uniform, side="right"), self.count - 1)


class Shop:
    """What is sold. category: of each product. pence: its list price."""

    def __init__(self, world: World) -> None:
        draw = np.random.default_rng((world.seed, SHOP_STREAM))
        self.category: list[int] = [number % len(CATEGORIES) for number in range(PRODUCTS)]
        self.pence: list[int] = [max(int(pence), 199) for pence in draw.lognormal(8.3, 0.9, PRODUCTS)]

    def pick(self, category: NDArray[np.uint8], uniform: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return a product of each category; a few are looked at far more often than the rest."""
        per_category = PRODUCTS // len(CATEGORIES)
        rank = np.minimum((uniform**2.5 * per_category).astype(np.int64), per_category - 1)
        return rank * len(CATEGORIES) + category.astype(np.int64)

    def price(self, product: int, country: Country) -> float:
        """Return the price in the country's currency, to two places."""
        return round(self.pence[product] * country.cents_rate / 100, 2 if country.code == "GB" else 0)


def email_of(person: int) -> str:
    """Return the one address of a person."""
    first, last = FIRST_NAMES[person % len(FIRST_NAMES)], LAST_NAMES[person % len(LAST_NAMES)]
    return f"{first}.{last}.{person}@example.com"


def name_of(person: int) -> str:
    """Return the person's name, as it is written in a form."""
    first, last = FIRST_NAMES[person % len(FIRST_NAMES)], LAST_NAMES[person % len(LAST_NAMES)]
    return f"{first} {last}".title()


def _pick(
    draw: np.random.Generator, shares: list[float] | tuple[float, ...], count: int
) -> NDArray[np.uint8]:
    edges = np.cumsum(shares)
    return np.searchsorted(edges[:-1], draw.random(count), side="right").astype(np.uint8)
