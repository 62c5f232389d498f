"""Learning a workspace's own model from the people that it knows, without labels."""

from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
from sqlalchemy import Engine

from weft.errors import Rejected
from weft.identity.batch.resolution import resolve
from weft.identity.live.fields import PERSON_KINDS
from weft.identity.scoring.model import model_version, save_model
from weft.identity.scoring.table import Records, encode
from weft.storage.database import transaction
from weft.storage.database_person import add_everybody, every_person
from weft.storage.database_worker import get_position
from weft.workers.project import PROJECT

LEAST_RECORDS = 2_000
"""With fewer, how rare a name is among these people says less than what is shipped."""
MOST_RECORDS = 300_000
SEED = 20_240_229


class Learnt(msgspec.Struct, frozen=True):
    """A new model. records: it was learnt from. waiting: nodes that will be compared again by it."""

    model: str
    records: int
    fields: tuple[str, ...]
    waiting: int


def learn(database: Engine, path: Path) -> Learnt:
    """Write a new model, and queue everybody to be compared again by it, which is never done without being asked.

    Raises Rejected with too few people to learn from.
    """
    told: list[dict[str, str]] = []
    with database.execution_options(read_only=True).begin() as connection:
        for _, each in every_person(connection):
            told += each
            if len(told) >= MOST_RECORDS:
                break
    if len(told) < LEAST_RECORDS:
        raise Rejected(
            f"Something is known of {len(told):,} people; a model of their own needs {LEAST_RECORDS:,}. "
            "Until then the one that is shipped compares them."
        )
    columns = {kind: pa.array([one.get(kind) for one in told], pa.string()) for kind in PERSON_KINDS}
    fields = tuple(
        encode(kind, kind, values) for kind, values in columns.items() if values.null_count < len(values)
    )
    records = Records(tuple(one for one in fields if len(one.values) > 1), np.zeros(len(told), np.int16))
    model = resolve(records, link=False, seed=SEED, told=lambda step, done: None).model
    path.parent.mkdir(parents=True, exist_ok=True)
    save_model(model, path)
    with transaction(database) as connection:
        waiting = add_everybody(connection, get_position(connection, PROJECT))
    return Learnt(model_version(model), len(told), tuple(one.name for one in model.fields), waiting)
