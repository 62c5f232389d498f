"""Names in Hangul, Chinese characters and English, as often as people have them, and the ways each is romanised."""

# pyarrow has no types.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

import json
from importlib.resources import files
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weft.demo.columns import Ints, choose, joined, pick
from weft.demo.world import COUNTRIES

ROMAN = 3
"""Every name has so many romanised forms; a name that has fewer repeats one."""


class Entry(msgspec.Struct, frozen=True):
    """A surname or a given name: how it is written, how it is romanised, how many of 10,000 have it."""

    text: str
    roman: tuple[str, ...]
    weight: float


class _Table:
    """The surnames or given names of all countries, one country after the other."""

    def __init__(self, written: dict[str, list[list[Any]]]) -> None:
        self.start: list[int] = []
        self.weights: list[list[float]] = []
        entries: list[Entry] = []
        for country in COUNTRIES:
            own = [
                Entry(text, tuple(roman.split("|")), weight) for text, roman, weight in written[country.code]
            ]
            self.start.append(len(entries))
            self.weights.append([each.weight for each in own])
            entries += own
        self.text = pa.array([each.text for each in entries])
        self.roman = [
            pa.array([each.roman[form % len(each.roman)] for each in entries]) for form in range(ROMAN)
        ]

    def pick(self, draw: np.random.Generator, country: Ints) -> Ints:
        """Draw a name for each person of these countries."""
        found = np.zeros(len(country), np.int64)
        for number, start in enumerate(self.start):
            found = np.where(country == number, start + pick(draw, self.weights[number], len(country)), found)
        return found


class Names:
    """Spells names. It is made once and holds no person."""

    def __init__(self) -> None:
        written = json.loads(files("weft.demo").joinpath("data/names.json").read_text("utf-8"))
        self.surnames = _Table(written["surnames"])
        self.given = _Table(written["given"])

    def native(self, country: Ints, surname: Ints, given: Ints) -> pa.Array:
        """Return the name in its own script and order: 김민준, 陳怡君, Oliver Smith."""
        family, own = (
            table.text.take(pa.array(index))
            for table, index in ((self.surnames, surname), (self.given, given))
        )
        return pc.if_else(pa.array(country == 2), joined(own, " ", family), joined(family, own))

    def roman(self, surname: Ints, given: Ints, form: Ints, order: Ints) -> pa.Array:
        """Return the name in Latin letters. order: 0 given name first, 1 family name first, 2 KIM, Minjun."""
        family, own = self.roman_parts(surname, given, form)
        return choose(
            [joined(own, " ", family), joined(family, " ", own), joined(pc.utf8_upper(family), ", ", own)],
            order,
        )

    def roman_parts(self, surname: Ints, given: Ints, form: Ints) -> tuple[pa.Array, pa.Array]:
        """Return family and given name in Latin letters."""
        family = choose([one.take(pa.array(surname)) for one in self.surnames.roman], form)
        own = choose([one.take(pa.array(given)) for one in self.given.roman], form)
        return family, own
