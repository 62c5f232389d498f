"""Made-up records of people, some of them twice with slips, for tests of the live index."""

import numpy as np
import pyarrow as pa

from weft.identity.batch.resolution import resolve
from weft.identity.scoring.model import Model
from weft.identity.scoring.table import Records, encode

GIVEN = (
    "robert",
    "bob",
    "ann",
    "anna",
    "maria",
    "william",
    "bill",
    "min su",
    "민수",
    "jose",
    "chen",
    "peter",
    "eva",
)
FAMILY = (
    "smith",
    "smyth",
    "kim",
    "김",
    "garcia",
    "miller",
    "lee",
    "o brien",
    "jones",
    "peter",
    "wang",
    "brown",
)
CITIES = ("leeds", "york", "busan", "taipei", "bath")
KINDS = ("given_name", "family_name", "birth_date", "email", "phone", "postcode", "street", "city", "gender")


def people(count: int, seed: int) -> list[dict[str, str]]:
    """Return records, about a third of them a second one of somebody, with slips and gaps."""
    rng = np.random.default_rng(seed)
    found, firsts = list[dict[str, str]](), list[dict[str, str]]()
    for number in range(count):
        if found and rng.random() < 0.35:
            found.append(_again(firsts[int(rng.integers(len(firsts)))], rng))
            continue
        given, family = str(rng.choice(GIVEN)), str(rng.choice(FAMILY))
        firsts.append(
            {
                "given_name": given,
                "family_name": family,
                "birth_date": f"{rng.integers(1940, 2005)}-{rng.integers(1, 13):02}-{rng.integers(1, 29):02}",
                "email": f"{given.replace(' ', '.')}{number}@example.com",
                "phone": f"+4420{rng.integers(10**7, 10**8)}",
                "postcode": f"ls{rng.integers(1, 30)}{rng.integers(1, 9)}ab",
                "street": f"{rng.integers(1, 90)} high street",
                "city": str(rng.choice(CITIES)),
                "gender": str(rng.choice(["m", "f"])),
            }
        )
        found.append(firsts[-1])
    return found


def _again(one: dict[str, str], rng: np.random.Generator) -> dict[str, str]:
    again = {name: value for name, value in one.items() if rng.random() < 0.85}
    if "phone" in again and rng.random() < 0.2:
        again["phone"] = again["phone"][:-1] + "0"
    if rng.random() < 0.1:
        again["email"] = f"new{rng.integers(10**6)}@example.org"
    if rng.random() < 0.1 and {"given_name", "family_name"} <= again.keys():
        again["given_name"], again["family_name"] = again["family_name"], again["given_name"]
    return again or dict(one)


def records_of(told: list[dict[str, str]]) -> Records:
    """Return the records in columns, as the batch takes them."""
    fields = [encode(name, name, pa.array([each.get(name) for each in told], pa.string())) for name in KINDS]
    return Records(tuple(fields), np.zeros(len(told), np.int16))


def trained(told: list[dict[str, str]]) -> Model:
    """Return the model that the batch learns from the records."""
    return resolve(records_of(told), link=False, seed=1, told=lambda step, done: None).model


def node_ids(count: int, seed: int = 1) -> np.ndarray:
    """Return random node ids as halves."""
    return np.random.default_rng(seed).integers(0, 1 << 63, (count, 2)).astype(np.uint64)
