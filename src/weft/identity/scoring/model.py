"""The model: what agreement on each field is worth, as a file that can be read, compared and explained.

Fellegi and Sunter, "A theory for record linkage" (1969), with three outcomes for a pair instead of two: the
same person, two persons of one household, two strangers. A pair's bits for an outcome are the sum over its
fields of log2(probability of the level given the outcome / given strangers), plus the prior.
"""

from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from weft.errors import Rejected
from weft.identity.scoring.compare import LEVELS, RARITIES, VARIANTS, level
from weft.identity.scoring.table import Bits
from weft.model.measure import content_hash

VERSION = 1
CONTEXTS = ("alone", "parents_agree", "parents_differ", "some_agree")
CONTEXT_STEP = 64
"""A level with its context is level + 64 x context."""

LARGEST_BYTE = 256
LEAST = 1e-9
MOST_BITS = 24.0
SHARED_KINDS = frozenset({"family_name", "street", "postcode", "city", "region", "phone", "text", "category"})
"""Kinds of field that the persons of one household have, or may have, in common."""

MOST_TOGETHER = {"given_name": 0.03, "birth_date": 0.03, "national_id": 0.002, "email": 0.2}
"""Kinds of field that are a person's own, and how often at the most two of a household have the same."""

Table = NDArray[np.float64]


class FieldModel(msgspec.Struct, frozen=True):
    """Probabilities of one field's levels (weak to strong; see compare.LEVELS), given that both sides have it.

    same, household: per context (CONTEXTS) a row of probabilities by level; household is empty for what is a
    person's own (MOST_TOGETHER), of which `together` says how often two of a household have the same all the
    same: twins, a father and his son. strangers: the rows `alone`, `parents_agree`, `some_agree`.
    parents: the fields that this one depends on (a city, for a postcode). frequent: value → step of rarity, of
    values more frequent than `rarity`, which every other value has; of names key_rarity and frequent_keys say the
    same of their keys.
    """

    name: str
    kind: str
    same: list[list[float]]
    household: list[list[float]]
    strangers: list[list[float]]
    together: float = 0.0
    parents: tuple[str, ...] = ()
    rarity: int = 0
    frequent: dict[str, int] = {}
    key_rarity: int = 0
    frequent_keys: dict[str, int] = {}


class Model(msgspec.Struct, frozen=True):
    """All that scoring needs.

    same, household: probability that a random pair is of one person, of one household, among so many records.
    keys: blocking keys as lists of `field.part`. calibration: (bits, confidence) points of a rising line, empty
    where bits are taken for log2-odds. threshold: confidence from which a pair counts as one person.
    """

    fields: tuple[FieldModel, ...]
    same: float
    household: float
    keys: tuple[tuple[str, ...], ...] = ()
    records: int = 0
    calibration: tuple[tuple[float, float], ...] = ()
    threshold: float = 0.5
    version: int = VERSION


def save_model(model: Model, path: Path) -> None:
    """Write a model as indented JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(model), indent=1) + b"\n")


def load_model(path: Path) -> Model:
    """Read a model. Raises Rejected for a file that is not one."""
    try:
        model = msgspec.json.decode(path.read_bytes(), type=Model)
    except FileNotFoundError as error:
        raise Rejected(f"There is no model {path}. `weft identity train` writes one.") from error
    except msgspec.DecodeError as error:
        raise Rejected(f"{path} is not a model: {error}. `weft identity train` writes one.") from error
    if model.version != VERSION:
        raise Rejected(f"{path} has version {model.version}; this Weft reads {VERSION}. Train it again.")
    return model


def model_version(model: Model) -> str:
    """Return a short name of a model's content, which scores carry."""
    return content_hash(msgspec.to_builtins(model))


def byte_places(kind: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for each of the 256 level bytes its context and the place of its level (-1 where missing)."""
    byte = np.arange(LARGEST_BYTE)
    plain = byte % CONTEXT_STEP
    place = np.where(plain == 0, -1, np.minimum(plain, level(kind, "exact")) - 1)
    if kind in ("given_name", "family_name"):
        place = np.where(plain >= VARIANTS, level(kind, "variant") - 1, place)
    return byte // CONTEXT_STEP, place


def strangers_by_byte(kind: str, strangers: Table) -> NDArray[np.float64]:
    """Return the probability of each level byte between strangers; on equality that of the value's rarity.

    A value of rarity b is another record's with probability 2^-(b+.5). Where the parent agrees, that rises by
    the same factor as agreement as a whole does; an e-mail address that is made from a name (its parents) does
    not get more frequent by that but equal with what `strangers` says.
    """
    context, place = byte_places(kind)
    rows = np.array([strangers[0], strangers[1], strangers[0], strangers[2]])
    chance = np.where(place < 0, 1.0, rows[context, np.maximum(place, 0)])
    exact = level(kind, "exact")
    plain = np.arange(LARGEST_BYTE) % CONTEXT_STEP
    variant = (plain >= VARIANTS) & (kind in ("given_name", "family_name"))
    steps = np.where(variant, plain - VARIANTS, plain - exact)
    factor = rows[:, -1] / max(strangers[0][-1], LEAST)
    value = np.exp2(-(steps + 0.5))
    value = (
        value + rows[context, -1] * np.isin(context, (1, 3)) if kind == "email" else value * factor[context]
    )
    value = np.minimum(value, 0.98)
    return np.maximum(np.where((steps >= 0) & (steps < RARITIES), value, chance), LEAST)


def outcome_by_byte(kind: str, rows: Table) -> NDArray[np.float64]:
    """Return the probability of each level byte given an outcome (1 where missing)."""
    context, place = byte_places(kind)
    return np.maximum(np.where(place < 0, 1.0, rows[context, np.maximum(place, 0)]), LEAST)


def bits_by_byte(kind: str, rows: Table, strangers: Table) -> Bits:
    """Return the bits of each level byte for an outcome; 0 where missing."""
    ratio = np.log2(outcome_by_byte(kind, rows) / strangers_by_byte(kind, strangers))
    _, place = byte_places(kind)
    return np.where(place < 0, 0.0, np.clip(ratio, -MOST_BITS, MOST_BITS)).astype(np.float32)


def household_bits(kind: str, same: Bits, household: Table, strangers: Table, together: float) -> Bits:
    """Return the bits of each level byte for two persons of one household. same: those for one person.

    What is a person's own agrees by chance, or with the share `together` as if they were one person.
    """
    if kind in SHARED_KINDS:
        return bits_by_byte(kind, household, strangers)
    return np.log2(1 - together + together * np.exp2(same)).astype(np.float32)


def default_rows(kind: str) -> list[list[float]]:
    """Return the probabilities of the levels for records of one person before any data was seen."""
    weights = PRIOR[kind]
    total = sum(weights)
    return [[weight / total for weight in weights] for _ in CONTEXTS]


_NAME = [8.0, 1.0, 4.0, 8.0, 3.0, 1.0, 75.0]
PRIOR: dict[str, list[float]] = {
    "given_name": _NAME,
    "family_name": _NAME,
    "birth_date": [3.0, 1.0, 4.0, 7.0, 85.0],
    "email": [14.0, 2.0, 6.0, 3.0, 1.0, 74.0],
    "phone": [25.0, 1.0, 4.0, 70.0],
    "national_id": [3.0, 2.0, 8.0, 87.0],
    "postcode": [20.0, 8.0, 72.0],
    "street": [22.0, 3.0, 10.0, 65.0],
    "city": [15.0, 2.0, 8.0, 75.0],
    "region": [8.0, 1.0, 3.0, 88.0],
    "text": [20.0, 5.0, 10.0, 65.0],
    "gender": [3.0, 97.0],
    "category": [15.0, 85.0],
}
"""Kind → how often (in percent) records of one person reach each level: general experience, which data overrules."""

assert all(len(PRIOR[kind]) == len(names) for kind, names in LEVELS.items())
