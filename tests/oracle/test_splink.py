"""Match weights against those of Splink 5 under the same model (`scripts/splink_oracle.py` makes them)."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from weft.identity.scoring.adopt import set_rarity
from weft.identity.scoring.model import CONTEXTS, FieldModel, Model
from weft.identity.scoring.prepare import prepare
from weft.identity.scoring.scorer import Comparer, Scorer, model_chains
from weft.identity.scoring.table import Records, encode

TOLD: dict[str, Any] = json.loads(Path(__file__).with_name("splink_weights.json").read_text("utf-8"))


def model() -> Model:
    """Return Splink's model: levels alone, nobody lives with anybody, equality of a value as its frequency says."""
    fields = [
        FieldModel(
            name,
            name,
            same=[field["same"]] * len(CONTEXTS),
            household=[field["strangers"]] * len(CONTEXTS),
            strangers=[field["strangers"]] * 3,
            rarity=TOLD["usual"],
            frequent=field["frequent"],
        )
        for name, field in TOLD["fields"].items()
    ]
    return Model(tuple(fields), same=TOLD["match"], household=0.0)


def test_match_weights_are_those_of_splink() -> None:
    ours = model()
    columns = {one.name: [record[one.name] for record in TOLD["records"]] for one in ours.fields}
    fields = tuple(encode(name, name, pa.array(column, pa.string())) for name, column in columns.items())
    prepared = [prepare(field) for field in fields]
    set_rarity(ours, prepared, fields)
    records = Records(fields, np.zeros(len(TOLD["records"]), np.int16))
    left, right, weights = (np.array(column) for column in zip(*TOLD["weights"], strict=True))
    levels = Comparer(records, prepared, model_chains(ours)).levels(
        left.astype(np.int32), right.astype(np.int32)
    )
    assert len(weights) == 400
    assert len(np.unique(weights)) > 50
    for place, field in enumerate(
        TOLD["fields"].values()
    ):  # every level of each field is there, and a missing one
        assert set(np.minimum(levels[place], len(field["same"])).tolist()) == {*range(len(field["same"]) + 1)}
    assert Scorer(ours).score(levels).bits == pytest.approx(weights, abs=1e-3)
