"""Learning a workspace's own model from the people that it knows, without labels; it is shown before it is used."""

from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
from sqlalchemy import Engine

from weft.errors import Rejected
from weft.identity.batch.resolution import resolve
from weft.identity.live.fields import PERSON_KINDS
from weft.identity.rules import Rules
from weft.identity.scoring.model import load_model, model_version, save_model
from weft.identity.scoring.table import Records, encode
from weft.storage.database import transaction
from weft.storage.database_person import add_everybody, every_person
from weft.storage.database_worker import get_position
from weft.workers.effect import Effect, effect_of
from weft.workers.match import Behaviour
from weft.workers.project import PROJECT

LEAST_RECORDS = 2_000
"""With fewer, how rare a name is among these people says less than what is shipped."""
MOST_RECORDS = 300_000
SEED = 20_240_229


class Learnt(msgspec.Struct, frozen=True):
    """A new model that is proposed. records: it was learnt from. effect: what using it would change."""

    model: str
    records: int
    fields: tuple[str, ...]
    effect: Effect


class Used(msgspec.Struct, frozen=True):
    """A model in force. waiting: nodes that will be compared again by it."""

    model: str
    waiting: int


def propose_model(database: Engine, path: Path, rules: Rules, behaviour: Behaviour) -> Learnt:
    """Learn a model, write it beside the one in force as a proposal, and say what it would change.

    path: of the model in force. Nobody is compared again. Raises Rejected with too few people to learn from.
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
    save_model(model, proposal_of(path))
    effect = effect_of(database, model, rules, behaviour)
    return Learnt(model_version(model), len(told), tuple(one.name for one in model.fields), effect)


def use_proposal(database: Engine, path: Path) -> Used:
    """Put the proposed model in force, and queue everybody to be compared again by it.

    Raises Rejected where none is proposed.
    """
    proposal = proposal_of(path)
    if not proposal.exists():
        raise Rejected(
            "No model is proposed. `weft identity learn` proposes one and shows what it would change."
        )
    model = load_model(proposal)
    with transaction(database) as connection:
        waiting = add_everybody(connection, get_position(connection, PROJECT))
        proposal.replace(path)
    return Used(model_version(model), waiting)


def proposal_of(path: Path) -> Path:
    """Return where a proposal stands: beside the model in force."""
    return path.with_name(f"{path.stem}.proposed{path.suffix}")
