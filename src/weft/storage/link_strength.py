"""How strong links are by the rules: whole columns at once."""

from typing import NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from weft.clock import DAY_US
from weft.identity.evidence import confidences_of
from weft.identity.rules import Rules
from weft.storage.duckdb_arrow import uuid_keys
from weft.storage.identity_map import IdentityMap
from weft.storage.key_index import Rows

Floats = NDArray[np.float64]
LEAST_CHANCE = 2.0**-40
Bools = NDArray[np.bool_]
Times = NDArray[np.int64]
"""Microseconds since 1970 UTC, or lengths of time in microseconds."""


class Strength(NamedTuple):
    """Of each link: its ends as rows of the map, the bits of one sighting and the field they come from, as JSON.

    device: one end is a device's. half_life_us: in which time the bits halve; infinite for never.
    """

    left: Rows
    right: Rows
    bits: Floats
    fields: list[str]
    device: Bools
    half_life_us: Floats

    @property
    def ties_for_us(self) -> Floats:
        """Half-lives as they decide what ties: what a device did while it was hers stays hers, however long ago."""
        return np.where(self.device, np.inf, self.half_life_us)


def strength_of(nodes: IdentityMap, rules: Rules, links: pa.Table) -> Strength:
    """Return the strength of links. links: left_node and right_node, both in the map."""
    left, right = (nodes.index.find(uuid_keys(links[name])) for name in ("left_node", "right_node"))
    names, codes = nodes.names, nodes.codes(left).astype(np.int64) * len(nodes.names) + nodes.codes(right)
    pairs, place = np.unique(codes, return_inverse=True)
    bits, fields, device, half_life = [], [], [], []
    for pair in pairs.tolist():
        first, second = divmod(int(pair), len(names))
        one, other = sorted((names[first], names[second]))
        each = rules.bits_of(one, other)
        days = rules.half_life_days(one, other)
        bits.append(each)
        fields.append(msgspec.json.encode({f"{one} {other}": each}).decode())
        device.append((one in rules.devices) != (other in rules.devices))
        half_life.append(np.inf if days is None else days * DAY_US)
    return Strength(
        left,
        right,
        np.array(bits, np.float64)[place],
        [fields[at] for at in place.tolist()],
        np.array(device, np.bool_)[place],
        np.array(half_life, np.float64)[place],
    )


def faded_bits(bits: Floats, age_us: Times, half_life_us: Floats) -> Floats:
    """Return what is left of evidence that was last seen so long ago (`weft.identity.evidence.faded`)."""
    return bits * np.exp2(-np.maximum(age_us, 0) / half_life_us)


def together(bits: Floats, seen: Bools, score_bits: Floats, score_confidence: Floats) -> Floats:
    """Return the confidence of what was seen and what a model says: log odds add up.

    Where nothing was seen it is the model's own, which is calibrated.
    """
    return np.where(seen, confidences_of(bits + score_bits), score_confidence)


def bits_together(bits: Floats, seen: Bools, score_bits: Floats, score_confidence: Floats) -> Floats:
    """Return the log odds of both together, by which links are ordered; where nothing was seen, those of the score.

    (A score's own bits are without its prior, so they would stand above what was seen.)
    """
    sure = np.clip(score_confidence, LEAST_CHANCE, 1 - LEAST_CHANCE)
    return np.where(seen, bits + score_bits, np.log2(sure / (1 - sure)))
