"""Who lives together has one address, and hardly anybody else has it."""

from collections import defaultdict

import numpy as np
import pyarrow as pa

from weft.demo.homes import postcode, street
from weft.demo.names import Names
from weft.demo.people import People
from weft.demo.world import COUNTRIES, World
from weft.identity.kinds.registry import normalise

PEOPLE = People(World(people=5_000), Names(), 0)


def test_a_household_has_one_address_which_hardly_anybody_shares() -> None:
    homes: dict[int, set[tuple[str, str]]] = defaultdict(set)
    holders: dict[tuple[str, str], set[int]] = defaultdict(set)
    for household, *home in zip(
        PEOPLE.household.tolist(), street(PEOPLE).to_pylist(), postcode(PEOPLE).to_pylist(), strict=True
    ):
        homes[household].add((home[0], home[1]))
        holders[home[0], home[1]].add(household)
    assert all(len(each) == 1 for each in homes.values())
    assert np.mean([len(each) == 1 for each in holders.values()]) > 0.95


def test_addresses_are_ones_of_their_country() -> None:
    for number, country in enumerate(COUNTRIES):
        there = pa.array(PEOPLE.country == number)
        for kind, texts in (("street", street(PEOPLE)), ("postcode", postcode(PEOPLE))):
            mine = texts.filter(there)
            assert normalise(kind, mine, country.code).null_count == 0, (country.code, kind, mine[0])
