"""Using a model on other records than those it was learnt from."""

from collections.abc import Sequence

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from weft.errors import Rejected
from weft.identity.scoring.compare import Prepared
from weft.identity.scoring.model import FieldModel, Model
from weft.identity.scoring.table import Field, Records


def adopt(model: Model, records: Records) -> tuple[Model, Records]:
    """Return the model for that many records, and the records with the model's fields in its order.

    A field is found by name and kind, else by kind. One that the records lack is missing everywhere; one that
    the model lacks is left out. Matches are taken to grow with the records, pairs with their square.
    Raises Rejected where no field of the model is there.
    """
    left = list(records.fields)
    fields: list[Field] = []
    for one in model.fields:
        known = next((field for field in left if (field.name, field.kind) == (one.name, one.kind)), None)
        known = known or next((field for field in left if field.kind == one.kind), None)
        if known is not None:
            left.remove(known)
        fields.append(known or _empty(one, len(records)))
    if len(left) == len(records.fields):
        names = ", ".join(f"{one.kind} ({one.name})" for one in model.fields)
        raise Rejected(f"The model knows other fields: {names}. Map the columns to these kinds with --map.")
    grown = model.records / max(len(records), 1)
    scaled = msgspec.structs.replace(model, same=model.same * grown, household=model.household * grown)
    return scaled, Records(tuple(fields), records.sources)


def _empty(one: FieldModel, records: int) -> Field:
    return Field(one.name, one.kind, np.full(records, -1, np.int32), pa.array([], pa.string()))


def set_rarity(model: Model, prepared: Sequence[Prepared], fields: Sequence[Field]) -> None:
    """Set the rarity of values, and of names' keys, as the model has it."""
    for one, ready, field in zip(model.fields, prepared, fields, strict=True):
        ready.rarity = _steps(field.values, one.frequent, one.rarity)
        if ready.spellings is not None:
            steps = _steps(ready.spellings, one.frequent_keys, one.key_rarity)
            keys = ready.keys["variant"]
            rare = np.full(len(keys), one.key_rarity, np.uint8)
            rare[keys >= 0] = steps[keys[keys >= 0]]
            ready.key_rarity = rare


def _steps(values: pa.StringArray, frequent: dict[str, int], usual: int) -> NDArray[np.uint8]:
    steps = (frequent.get(value, usual) for value in values.to_pylist())
    return np.fromiter(steps, np.uint8, len(values))
