"""Writes the model that a workspace begins with: learnt from a made-up town, with rarities as they are among people."""

import sys

import msgspec
import numpy as np
from bench.town import town

from weft.identity.batch.resolution import resolve
from weft.identity.live.default import DEFAULT_MODEL
from weft.identity.scoring.compare import LEVELS
from weft.identity.scoring.model import FieldModel, Model, default_rows, save_model
from weft.identity.scoring.table import Records, encode

RECORDS, SEED = 100_000, 1
KINDS = ("given_name", "family_name", "birth_date", "gender", "email", "phone", "street", "postcode", "city")
RARITY = {
    "given_name": 8,
    "family_name": 8,
    "birth_date": 14,
    "gender": 1,
    "email": 22,
    "phone": 20,
    "street": 14,
    "postcode": 11,
    "city": 5,
    "national_id": 25,
    "region": 3,
}
"""How rare a value is in bits. The town's names are no people's: a Kim or a Smith is no evidence before the workspace's
own model knows how many there are. Those who buy from one seller live in few cities: a name and a city alone are a
question, not a merge (in the demo world 32 of 51 such pairs were two people)."""

KEY_RARITY = 7
"""How rare what spellings of a name have in common is: a little less than the name."""

NAMES = ("given_name", "family_name")
OTHER_SCRIPT = 0.1
"""How often two records of one person have the name in another script or romanisation; the town knows one script."""

UNSEEN = {"national_id": (0.0005, [0.985, 0.013, 0.0019, 0.0001]), "region": (0.0, [0.88, 0.01, 0.01, 0.1])}
"""Kinds that the town does not have: how often two of a household share one, and the levels between strangers."""


def learn() -> Model:
    """Learn from the town without labels."""
    table = town(RECORDS, SEED)
    fields = tuple(encode(name, name, table[name]) for name in KINDS)
    records = Records(fields, np.zeros(RECORDS, np.int16))
    return resolve(records, link=False, seed=SEED, told=lambda step, done: None).model


def shipped(learnt: Model) -> Model:
    """Return the model without the town's names, keys and numbers of values."""
    fields = [_without_town(one) for one in learnt.fields]
    for kind, (together, strangers) in UNSEEN.items():
        assert len(strangers) == len(LEVELS[kind])
        household = [] if kind == "national_id" else default_rows(kind)
        fields.append(
            FieldModel(
                kind, kind, default_rows(kind), household, [strangers] * 3, together, rarity=RARITY[kind]
            )
        )
    return msgspec.structs.replace(learnt, fields=tuple(fields), keys=())


def _without_town(one: FieldModel) -> FieldModel:
    same = one.same if one.kind not in NAMES else [_with_scripts(row) for row in one.same]
    return msgspec.structs.replace(
        one, same=same, frequent={}, rarity=RARITY[one.kind], frequent_keys={}, key_rarity=KEY_RARITY
    )


def _with_scripts(row: list[float]) -> list[float]:
    """Return the probabilities of a name's levels where some systems write it in another script."""
    row = [each * (1 - OTHER_SCRIPT) for each in row]
    row[LEVELS["given_name"].index("variant")] += OTHER_SCRIPT
    return [round(each, 6) for each in row]


if __name__ == "__main__":
    save_model(shipped(learn()), DEFAULT_MODEL)
    sys.exit(0)
