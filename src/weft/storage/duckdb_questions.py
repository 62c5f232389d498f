"""The queue of questions that stewards are asked."""

from typing import NamedTuple
from uuid import UUID

from weft.model.identifier import Identifier
from weft.storage.duckdb_warehouse import Warehouse

QUEUE = """
SELECT review.link_key, any_value(review.why), epoch_us(min(review.since_at)), any_value(confidence),
    any_value(bits + score_bits), any_value(left_of.namespace), any_value(left_of.value),
    any_value(right_of.namespace), any_value(right_of.value), any_value(one.profile_id), any_value(other.profile_id)
FROM review JOIN link USING (link_key)
JOIN node AS left_of ON left_of.node_id = left_node JOIN node AS right_of ON right_of.node_id = right_node
JOIN identity_map AS one ON one.node_id = left_node JOIN identity_map AS other ON other.node_id = right_node
GROUP BY review.link_key
ORDER BY least(abs(any_value(confidence) - $1), abs(any_value(confidence) - $2)), review.link_key LIMIT $3
"""
COUNT = "SELECT count(DISTINCT link_key) FROM review"


class Question(NamedTuple):
    """A link that a steward is asked about: between two profiles, or inside of one. why: unsure or after_split."""

    key: UUID
    why: str
    since_us: int
    confidence: float
    bits: float
    left: Identifier
    right: Identifier
    profiles: tuple[UUID, UUID]


class Questions:
    """Reads the queue; every call has a cursor of its own."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def nearest(self, merge: float, review: float, most: int) -> tuple[list[Question], int]:
        """Return the questions whose confidence is nearest to a threshold, and how many wait in all."""
        cursor = self._warehouse.cursor()
        rows = cursor.execute(QUEUE, [merge, review, most]).fetchall()
        total = cursor.execute(COUNT).fetchone()
        found = [
            Question(key, why, since_us, confidence, bits, Identifier(*left), Identifier(*right), profiles)
            for key, why, since_us, confidence, bits, left, right, profiles in (
                (*row[:5], row[5:7], row[7:9], (row[9], row[10])) for row in rows
            )
        ]
        return found, int(total[0]) if total else 0
