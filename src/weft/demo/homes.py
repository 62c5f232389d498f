"""Where people live: one street, number and postcode a household, as they are written in their country."""

# pyarrow has no types.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

import numpy as np
import pyarrow as pa

from weft.demo.columns import Ints, choose, digits, joined, take
from weft.demo.people import People

STREETS = (
    ("중앙", "시청", "역전", "학교", "강변", "공원", "시장", "소나무", "은행", "새마을", "장미", "평화"),
    ("中山", "中正", "民生", "和平", "復興", "仁愛", "信義", "建國", "光復", "文化", "成功", "大同"),
    (
        "High",
        "Station",
        "Church",
        "Park",
        "Victoria",
        "Mill",
        "Green",
        "Manor",
        "Kings",
        "Queens",
        "North",
        "Bridge",
    ),
)
WAYS = (("로", "길", "대로"), ("路", "街", "路二段"), (" Street", " Road", " Lane"))
AREAS = ("SW", "M", "B", "LS", "G", "BS", "CF", "BT")
LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
"""Letters that a British postcode ends with."""
NAMES, WAYS_EACH = len(STREETS[0]), len(WAYS[0])
"""How many of each a country has: all have as many."""

NUMBERS = 997
"""House numbers of a street: a prime, so that neighbours in the world do not become neighbours in a street."""


def street(people: People) -> pa.Array:
    """Return the street and number of each one's household."""
    home = _home(people)
    country = people.country
    names = take([each for names in STREETS for each in names], country * NAMES + home // NUMBERS % NAMES)
    ways = take(
        [each for ways in WAYS for each in ways], country * WAYS_EACH + home // (NUMBERS * NAMES) % WAYS_EACH
    )
    number = joined(home % NUMBERS + 1)
    road = joined(names, ways)
    return choose([joined(road, " ", number), joined(road, number, "號"), joined(number, " ", road)], country)


def postcode(people: People) -> pa.Array:
    """Return the postcode of each one's household: of its city and a part of its street."""
    home, city = _home(people), people.city
    ends = take([one + other for one in LETTERS for other in LETTERS], home // 180 % len(LETTERS) ** 2)
    british = joined(take(list(AREAS), city), home % 20 + 1, " ", home // 20 % 9 + 1, ends)
    return choose(
        [digits(city * 8_000 + 1_000 + home // 9, 5), digits(city * 100_000 + 100_000 + home, 6), british],
        people.country,
    )


def _home(people: People) -> Ints:
    """Return a number for the place of each one's household within its city."""
    found: Ints = (people.household * 7_368_787 + 3 * people.world.seed + 1) % (NUMBERS * NAMES * WAYS_EACH)
    return found.astype(np.int64)
