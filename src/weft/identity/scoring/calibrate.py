"""From bits to a confidence that is true: isotonic regression where labels say how often such pairs are right."""

import numpy as np
from numpy.typing import NDArray

from weft.identity.scoring.model import Model
from weft.identity.scoring.scorer import probability
from weft.identity.scoring.table import Bits

CORRELATED = 0.8
"""What bits against one person are worth without labels. Fields are taken to go wrong one by one, but who got one field
of a record wrong got others wrong too: pairs of one person have more contradictions than independent slips give."""
POINTS = 64
PRIOR_PAIRS = 2.0


def confidence(model: Model, bits: Bits) -> NDArray[np.float32]:
    """Return the confidence that goes with bits: by the model's calibration where it has one, else see CORRELATED."""
    if not model.calibration:
        return probability(np.where(bits < 0, bits * np.float32(CORRELATED), bits))
    known, said = zip(*model.calibration, strict=True)
    return np.interp(bits, known, said).astype(np.float32)


def bits_of(model: Model, least: float) -> float:
    """Return the bits from which the confidence is at least `least`."""
    if not model.calibration:
        bits = float(np.log2(least / (1 - least)))
        return bits / CORRELATED if bits < 0 else bits
    known, said = zip(*model.calibration, strict=True)
    return float(np.interp(least, said, known))


def isotonic(bits: Bits, right: NDArray[np.bool_]) -> tuple[tuple[float, float], ...]:
    """Return rising (bits, confidence) points from labelled pairs, by pool adjacent violators (Ayer et al. 1955).

    Pairs are first put into up to POINTS groups of equal size; each is drawn to what the bits say by PRIOR_PAIRS.
    No points where there are no pairs.
    """
    order = np.argsort(bits, kind="stable")
    parts = [part for part in np.array_split(order, min(POINTS, len(order) or 1)) if len(part)]
    blocks: list[list[float]] = []  # weight, sum of right, sum of weighted bits
    for part in parts:
        prior = float(probability(bits[part]).mean()) * PRIOR_PAIRS
        weight = len(part) + PRIOR_PAIRS
        blocks.append([weight, float(right[part].sum()) + prior, float(bits[part].mean()) * weight])
        while len(blocks) > 1 and blocks[-2][1] / blocks[-2][0] >= blocks[-1][1] / blocks[-1][0]:
            last = blocks.pop()
            blocks[-1] = [one + other for one, other in zip(blocks[-1], last, strict=True)]
    return tuple((round(middle / weight, 4), round(hits / weight, 6)) for weight, hits, middle in blocks)
