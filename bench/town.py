"""A town of made-up people in messy records, with the truth: households, twins, namesakes, movers, slips of the pen.

Everything follows from the seed. The same person stands in one to five records; what a record holds was right
when it was written: people move, marry, change their mail, and whoever typed it in slipped now and then.
"""

from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

Texts = NDArray[np.object_]
Numbers = NDArray[np.int64]

ONSETS = (
    "b",
    "br",
    "c",
    "ch",
    "d",
    "f",
    "g",
    "h",
    "j",
    "k",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "st",
    "t",
    "v",
    "w",
)
VOWELS = ("a", "e", "i", "o", "u", "ea", "oo", "ai")
ENDS = ("n", "r", "s", "l", "ton", "son", "ley", "man", "field", "worth", "er", "ham")
SOFT_ENDS = ("a", "ie", "y", "n", "lia", "ra", "el", "us", "ine", "o")
NICKNAMES = {
    "william": "bill", "robert": "bob", "elizabeth": "liz", "margaret": "peggy", "james": "jim", "richard": "dick",
    "katherine": "kate", "michael": "mike", "thomas": "tom", "jennifer": "jenny", "edward": "ted", "susan": "sue",
    "patricia": "pat", "joseph": "joe", "charles": "charlie", "christopher": "chris", "daniel": "dan",
    "matthew": "matt", "anthony": "tony", "steven": "steve", "andrew": "andy", "deborah": "debbie",
    "samuel": "sam", "benjamin": "ben", "alexander": "alex", "victoria": "vicky", "rebecca": "becky",
}  # fmt: skip
MAIL_HOSTS = ("gmail.com", "yahoo.com", "outlook.com", "naver.com", "mail.example", "post.example")
RECORDS_PER_PERSON = (0.58, 0.25, 0.11, 0.045, 0.015)
HOUSEHOLD_SIZES = (0.33, 0.33, 0.16, 0.13, 0.05)


class Noise(msgspec.Struct, frozen=True):
    """How often a record misses a field, and how often what it holds is spoilt or out of date."""

    missing: dict[str, float]
    typo: float = 0.05
    nickname: float = 0.06
    crossed: float = 0.015
    moved: float = 0.15
    married: float = 0.03
    new_mail: float = 0.15
    new_phone: float = 0.15


USUAL = Noise(
    missing={
        "given_name": 0.02,
        "family_name": 0.01,
        "birth_date": 0.15,
        "email": 0.4,
        "phone": 0.35,
        "street": 0.15,
        "postcode": 0.1,
        "city": 0.05,
        "gender": 0.2,
    }
)


def town(records: int, seed: int, noise: Noise = USUAL) -> pa.Table:
    """Return about that many records (exactly that many rows), shuffled; `person` is the truth."""
    rng = np.random.default_rng(seed)
    people = _people(int(records / 1.6) + 10, rng)
    counts = rng.choice(np.arange(1, 6), p=RECORDS_PER_PERSON, size=len(people["family_name"]))
    person = np.repeat(np.arange(len(counts)), counts)
    person = rng.permutation(person[:records])
    columns = {name: values[person] for name, values in people.items()}
    columns = _aged(columns, person, noise, rng)
    for name in columns:
        columns[name] = _spoilt(name, columns[name], noise, rng)
    crossed = rng.random(len(person)) < noise.crossed
    given, family = columns["given_name"], columns["family_name"]
    columns["given_name"] = np.where(crossed, family, given)
    columns["family_name"] = np.where(crossed, given, family)
    table: dict[str, object] = {"id": np.arange(len(person)), "person": person}
    table.update({name: pa.array(values, pa.string(), from_pandas=True) for name, values in columns.items()})
    return pa.table(table)


def write_town(path: Path, records: int, seed: int) -> None:
    """Write a town as Parquet."""
    pq.write_table(town(records, seed), path)


def _people(count: int, rng: np.random.Generator) -> dict[str, Texts]:
    sizes = rng.choice(np.arange(1, 6), p=HOUSEHOLD_SIZES, size=count)
    home = np.repeat(np.arange(count), sizes)[:count]
    place = np.arange(count) - np.searchsorted(home, home)
    family_of_home = _skewed(_words(9_000, ENDS, rng), count, rng)
    own_name = (rng.random(count) < 0.12) & (place > 0)
    family = np.where(own_name, _skewed(_words(9_000, ENDS, rng), count, rng), family_of_home[home])
    male = rng.random(count) < 0.5
    given = np.where(male, _given(count, rng), _given(count, rng))
    head = np.searchsorted(home, home)
    namesake = (rng.random(count) < 0.02) & (place > 1)
    given = np.where(namesake, given[head], given)
    born = _births(place, rng)
    twin = (rng.random(count) < 0.03) & (place > 2)
    born = np.where(twin, np.roll(born, 1), born)
    streets, cities, postcodes = _addresses(count, rng)
    landline = _phones("02", count, rng)[home]
    mobile = _phones("07", count, rng)
    return {
        "given_name": given,
        "family_name": family,
        "birth_date": born.astype("datetime64[D]").astype(str).astype(object),
        "email": _mails(given, family, rng),
        "phone": np.where(rng.random(count) < 0.35, landline, mobile),
        "street": streets[home],
        "postcode": postcodes[home],
        "city": cities[home],
        "gender": np.where(male, "m", "f").astype(object),
    }


def _births(place: Numbers, rng: np.random.Generator) -> Numbers:
    age_years = np.where(place < 2, rng.integers(25, 85, len(place)), rng.integers(1, 30, len(place)))
    return 20_000 - age_years * 365 - rng.integers(0, 365, len(place))


def _words(count: int, ends: tuple[str, ...], rng: np.random.Generator) -> Texts:
    parts = [rng.choice(ONSETS, count), rng.choice(VOWELS, count), rng.choice(ONSETS, count)]
    long = rng.random(count) < 0.6
    tail = np.where(long, rng.choice(VOWELS, count), "")
    words = {"".join(one) for one in zip(*parts, tail, rng.choice(ends, count), strict=True)}
    return np.array(sorted(words), dtype=object)[rng.permutation(len(words))]


def _skewed(words: Texts, count: int, rng: np.random.Generator) -> Texts:
    weights = 1 / (np.arange(len(words)) + 8.0) ** 0.95
    return words[rng.choice(len(words), count, p=weights / weights.sum())]


def _given(count: int, rng: np.random.Generator) -> Texts:
    known = np.array(list(NICKNAMES), dtype=object)
    return _skewed(np.concatenate([known, _words(900, SOFT_ENDS, rng)]), count, rng)


def _addresses(count: int, rng: np.random.Generator) -> tuple[Texts, Texts, Texts]:
    town_of = rng.integers(0, 120, count)
    area = town_of * 60 + rng.integers(0, 60, count)
    cities = _words(400, ENDS, rng)[:120][town_of]
    road = _words(6_000, ENDS, rng)
    kind = rng.choice(("street", "road", "avenue", "lane", "close"), count)
    name = road[(area * 7 + rng.integers(0, 12, count)) % len(road)]
    number = rng.integers(1, 160, count)
    streets = np.array([f"{a} {b} {c}" for a, b, c in zip(number, name, kind, strict=True)], dtype=object)
    return streets, cities, np.array([f"{one + 10_000}" for one in area], dtype=object)


def _phones(start: str, count: int, rng: np.random.Generator) -> Texts:
    return np.array([f"{start}{one:09d}" for one in rng.integers(0, 10**9, count)], dtype=object)


def _mails(given: Texts, family: Texts, rng: np.random.Generator) -> Texts:
    form = rng.integers(0, 4, len(given))
    number = rng.integers(1, 1000, len(given))
    host = rng.choice(MAIL_HOSTS, len(given), p=(0.4, 0.2, 0.2, 0.1, 0.05, 0.05))
    made = [
        (f"{g}.{f}", f"{g[0]}{f}{n}", f"{g}{n}", f"{g}{f[0]}{n}")[k] + "@" + h
        for g, f, n, k, h in zip(given, family, number, form, host, strict=True)
    ]
    return np.array(made, dtype=object)


def _aged(
    columns: dict[str, Texts], person: Numbers, noise: Noise, rng: np.random.Generator
) -> dict[str, Texts]:
    """Put what was true at another time into some records: the other address, name, mail, phone of the person."""
    count = len(person)
    other = rng.permutation(int(person.max()) + 1)[person]
    where = np.zeros(int(person.max()) + 1, np.int64)
    where[person] = np.arange(count)
    donor = where[other]
    aged = dict(columns)
    moved = rng.random(count) < noise.moved
    for name in ("street", "postcode", "city"):
        aged[name] = np.where(moved, columns[name][donor], columns[name])
    married = (rng.random(count) < noise.married) & (columns["gender"] == "f")
    aged["family_name"] = np.where(married, columns["family_name"][donor], columns["family_name"])
    mails = _mails(columns["given_name"], columns["family_name"], rng)
    aged["email"] = np.where(rng.random(count) < noise.new_mail, mails, columns["email"])
    aged["phone"] = np.where(rng.random(count) < noise.new_phone, _phones("07", count, rng), columns["phone"])
    nick = rng.random(count) < noise.nickname
    short = np.array([NICKNAMES.get(one, one) for one in columns["given_name"]], dtype=object)
    aged["given_name"] = np.where(nick, short, columns["given_name"])
    return aged


def _spoilt(name: str, values: Texts, noise: Noise, rng: np.random.Generator) -> Texts:
    values = values.copy()
    if name != "gender":
        for row in np.flatnonzero(rng.random(len(values)) < noise.typo):
            values[row] = slip(values[row], rng)
    values[rng.random(len(values)) < noise.missing.get(name, 0.0)] = None
    return values


def slip(text: str, rng: np.random.Generator) -> str:
    """Return the text with one letter or digit lost, doubled, mistaken, or exchanged with the next."""
    at = int(rng.integers(0, len(text)))
    kind = rng.integers(0, 4)
    if kind == 0 and len(text) > 2:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at] + text[at:]
    if kind == 2 and at + 1 < len(text):
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    letters = "0123456789" if text[at].isdigit() else "abcdefghijklmnopqrstuvwxyz"
    return text[:at] + letters[int(rng.integers(0, len(letters)))] + text[at + 1 :]
