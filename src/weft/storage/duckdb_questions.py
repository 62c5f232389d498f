"""The queue of questions that stewards are asked."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import pyarrow as pa

from weft.identity.steward import StewardEdge, are_decided
from weft.model.identifier import Identifier
from weft.storage.duckdb_arrow import registered, uuid_array
from weft.storage.duckdb_evidence import Why
from weft.storage.duckdb_warehouse import Warehouse

QUEUE = """
SELECT review.link_key, any_value(review.why), epoch_us(min(review.since_at)), any_value(confidence),
    any_value(left_of.namespace), any_value(left_of.value),
    any_value(right_of.namespace), any_value(right_of.value), any_value(one.profile_id), any_value(other.profile_id)
FROM review JOIN link USING (link_key)
JOIN node AS left_of ON left_of.node_id = left_node JOIN node AS right_of ON right_of.node_id = right_node
JOIN identity_map AS one ON one.node_id = left_node JOIN identity_map AS other ON other.node_id = right_node
WHERE (one.profile_id <> other.profile_id OR why = 'fallen') AND review.link_key NOT IN (SELECT id FROM answered)
GROUP BY review.link_key
ORDER BY least(abs(any_value(confidence) - $1), abs(any_value(confidence) - $2)), review.link_key LIMIT $3
"""
COUNT = """
SELECT count(DISTINCT link_key) FROM review JOIN link USING (link_key)
JOIN identity_map AS one ON one.node_id = left_node JOIN identity_map AS other ON other.node_id = right_node
WHERE (one.profile_id <> other.profile_id OR why = 'fallen') AND link_key NOT IN (SELECT id FROM answered)
"""
WHY = "SELECT why FROM review WHERE link_key = ? ORDER BY why LIMIT 1"
LOOKED_AT = 1_000
"""Questions nearest to a threshold among which those that were decided without being asked are looked for."""


class Question(NamedTuple):
    """A link that a steward is asked about: between two profiles, or inside of one (a join that became less sure)."""

    key: UUID
    why: str
    since_us: int
    confidence: float
    left: Identifier
    right: Identifier
    profiles: tuple[UUID, UUID]


class Questions:
    """Reads the queue; every call has a cursor of its own."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def waiting(self, merge: float, review: float, said: Sequence[StewardEdge]) -> tuple[list[Question], int]:
        """Return the questions whose confidence is nearest to a threshold, at most 1,000, and how many wait in all.

        said: the edges of stewards in force; what they answer or decide is left out.
        """
        cursor = self._warehouse.cursor()
        answered = uuid_array([each.asked.link_key.bytes for each in said if each.asked is not None])
        with registered(cursor, "answered", pa.table([answered], names=["id"])):
            rows = cursor.execute(QUEUE, [merge, review, LOOKED_AT]).fetchall()
            total = cursor.execute(COUNT).fetchone()
        found = [
            Question(key, why, since_us, confidence, Identifier.of(*left), Identifier.of(*right), profiles)
            for key, why, since_us, confidence, left, right, profiles in (
                (*row[:4], row[4:6], row[6:8], (row[8], row[9])) for row in rows
            )
        ]
        open_ = [
            each
            for each in found
            if each.why == Why.AFTER_SPLIT or not are_decided(each.left, each.right, said)
        ]
        return open_, (int(total[0]) if total else 0) - len(found) + len(open_)

    def why(self, key: UUID) -> str | None:
        """Return why a steward is asked about a link; None if he is not."""
        row = self._warehouse.cursor().execute(WHY, [key]).fetchone()
        return None if row is None else str(row[0])
