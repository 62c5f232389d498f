"""Evidence that two nodes are one person, and how sure a link is by it."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from weft.clock import DAY_US


class EvidenceKind(StrEnum):
    """Where evidence comes from."""

    SAME_EVENT = "same_event"  # both identifiers on one event
    ALIAS = "alias"  # an alias event said so
    LOGIN = "login"  # a device and who was logged in on it
    SCORE = "score"  # a model compared their fields
    STEWARD = "steward"  # a steward said they are one person
    APART = "apart"  # a steward said they are not


def confidence_of(bits: float) -> float:
    """Return the probability that belongs to log2 odds: 1 / (1 + 2^-bits)."""
    return 1.0 / (1.0 + 2.0**-bits) if bits > -1_000 else 0.0


def confidences_of(bits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `confidence_of` of each."""
    return 1.0 / (1.0 + np.exp2(-np.maximum(bits, -1_000.0)))


def faded(bits: float, age_us: int, half_life_days: float | None) -> float:
    """Return what is left of evidence that was last seen so long ago: bits · 2^(-age / half-life)."""
    if half_life_days is None or age_us <= 0:
        return bits
    return bits * 2.0 ** (-age_us / (half_life_days * DAY_US))
