"""How people hang together, all in all: a few scans of columns, whatever their number."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from weft.identity.rules import Rules
from weft.identity.steward import StewardEdge
from weft.model.identifier import Identifier
from weft.model.identity_state import IdentityState
from weft.storage.duckdb_questions import Questions
from weft.storage.duckdb_warehouse import Warehouse

SIZES = """
SELECT CASE WHEN nodes <= 3 THEN nodes ELSE pow(2, floor(log2(nodes)))::BIGINT END AS least, count(*) AS people
FROM (SELECT count(*) AS nodes FROM identity_map GROUP BY profile_id) GROUP BY least ORDER BY least
"""
LARGEST = """
SELECT profile_id, count(*) AS nodes FROM identity_map GROUP BY profile_id HAVING nodes >= ?
ORDER BY nodes DESC, profile_id LIMIT ?
"""
SURE = """
SELECT kind, floor(least(confidence, 0.999999) * 20)::INTEGER AS step, count(*) FROM link GROUP BY ALL ORDER BY ALL
"""
KINDS = "SELECT kind, count(*), sum(confidence) FROM link GROUP BY kind ORDER BY kind"
CHANGES = "SELECT kind, count(*) FROM change WHERE kind IN ('merged', 'split') GROUP BY kind"
SHARED = """
SELECT namespace, value, people FROM generic JOIN node USING (node_id) ORDER BY people DESC, namespace, value LIMIT ?
"""
CONTRADICTED = """
WITH ever AS MATERIALIZED (
    SELECT DISTINCT link_key FROM evidence WHERE kind = 'score' AND contains(fields, '"national_id":-')
), last AS (
    SELECT left_node, right_node, max_by(fields, number) AS fields FROM evidence SEMI JOIN ever USING (link_key)
    WHERE kind = 'score' GROUP BY left_node, right_node
)
SELECT one.profile_id, count(*) AS pairs FROM last
JOIN identity_map AS one ON one.node_id = left_node
JOIN identity_map AS other ON other.node_id = right_node AND other.profile_id = one.profile_id
WHERE contains(fields, '"national_id":-') GROUP BY one.profile_id ORDER BY pairs DESC, one.profile_id LIMIT ?
"""
"""`fields` is JSON as msgspec writes it, without blanks: looked through as text, because that needs no parsing."""
COUNTS = """
SELECT (SELECT count(DISTINCT profile_id) FROM identity_map), (SELECT count(*) FROM identity_map),
    (SELECT count(*) FROM generic), (SELECT count(DISTINCT link_key) FROM contested)
"""


class Quality(NamedTuple):
    """largest: (profile, nodes). confidence: (kind, twentieth, links). shared: (value, people at least; 0: blocked).

    contradicted: (profile, pairs): of one person, though the pair's national ids speak against it.
    """

    state: IdentityState
    largest: list[tuple[UUID, int]]
    confidence: list[tuple[str, int, int]]
    shared: list[tuple[Identifier, int]]
    contradicted: list[tuple[UUID, int]]


class QualityReader:
    """Reads it; every call has a cursor of its own. said: the edges of stewards in force; at_us: now."""

    def __init__(self, warehouse: Warehouse, rules: Rules) -> None:
        self._warehouse = warehouse
        self._questions = Questions(warehouse)
        self._rules = rules

    def state(self, said: Sequence[StewardEdge], at_us: int) -> IdentityState:
        """Return the figures of now."""
        cursor = self._warehouse.cursor()
        people, nodes, shared, refused = cursor.execute(COUNTS).fetchone() or (0,) * 4
        kinds = cursor.execute(KINDS).fetchall()
        links = {kind: count for kind, count, _ in kinds}
        total = sum(links.values())
        changes = dict(cursor.execute(CHANGES).fetchall())
        _, waiting = self._questions.waiting(self._rules.merge, self._rules.review, said)
        return IdentityState(
            at_us=at_us,
            people=people,
            nodes=nodes,
            links=links,
            mean_confidence=sum(each for _, _, each in kinds) / total if total else None,
            refused=refused,
            merged=changes.get("merged", 0),
            split=changes.get("split", 0),
            shared=shared,
            questions=waiting,
            sizes=cursor.execute(SIZES).fetchall(),
        )

    def read(self, said: Sequence[StewardEdge], at_us: int, from_nodes: int, most: int) -> Quality:
        """Return how people hang together. from_nodes: how many make a person suspicious; most: rows of each list."""
        cursor = self._warehouse.cursor()
        return Quality(
            self.state(said, at_us),
            cursor.execute(LARGEST, [from_nodes, most]).fetchall(),
            cursor.execute(SURE).fetchall(),
            [
                (Identifier.of(namespace, value), people)
                for namespace, value, people in cursor.execute(SHARED, [most]).fetchall()
            ],
            cursor.execute(CONTRADICTED, [most]).fetchall(),
        )
