"""Why a pair has its score: the bits of each field, which sum to the total."""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from weft.identity.scoring.calibrate import confidence
from weft.identity.scoring.compare import LEVELS
from weft.identity.scoring.model import CONTEXT_STEP, CONTEXTS, byte_places
from weft.identity.scoring.scorer import Scorer


class Contribution(msgspec.Struct, frozen=True):
    """What one field says. level: how alike the values are; context: whether the field's parents agree."""

    field: str
    kind: str
    left: str | None
    right: str | None
    level: str
    context: str
    bits: float


class Explanation(msgspec.Struct, frozen=True):
    """prior + the fields' bits + household = bits. household: what is taken away for living together (0 or less)."""

    prior: float
    fields: list[Contribution]
    household: float
    bits: float
    confidence: float


def explain(
    scorer: Scorer, levels: NDArray[np.uint8], values: Sequence[tuple[str | None, str | None]]
) -> Explanation:
    """Explain one pair. levels: its level byte per field; values: what stands there on both sides."""
    scores = scorer.score(levels.reshape(-1, 1))
    fields: list[Contribution] = []
    for place, one in enumerate(scorer.model.fields):
        byte = int(levels[place])
        _, places = byte_places(one.kind)
        name = LEVELS[one.kind][places[byte]] if places[byte] >= 0 else "missing"
        context = CONTEXTS[byte // CONTEXT_STEP] if one.parents else ""
        bits = float(scorer.same[place][byte])
        fields.append(Contribution(one.name, one.kind, *values[place], name, context, bits))
    total = float(scores.bits[0])
    household = total - scorer.prior - sum(one.bits for one in fields)
    sure = float(confidence(scorer.model, scores.bits)[0])
    return Explanation(scorer.prior, fields, household, total, sure)
