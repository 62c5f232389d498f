"""What stewards said, as the tick knows it: edges bound to the nodes that exist, and their place in the evidence."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

import duckdb
import msgspec
import numpy as np
import pyarrow as pa

from weft.clock import utc_of
from weft.identity.evidence import EvidenceKind
from weft.identity.solve import Refused
from weft.identity.steward import Constraint, StewardEdge, StewardKind, constraint_of, in_force
from weft.model.identifier import Identifier
from weft.storage.duckdb_arrow import registered, uuid_array
from weft.storage.duckdb_evidence import DECIDED, EvidenceLog, Why, ask_about
from weft.storage.duckdb_settle import Bound
from weft.storage.identity_map import IdentityMap
from weft.storage.key_index import Rows, byte_keys

STEWARD_BITS = 64.0
"""What a steward's word counts in the evidence; in the solver it stands above all evidence."""
SAID = "SELECT number FROM evidence WHERE message_id = ?"


class Stewardship:
    """Every edge so far, and those in force bound to rows of the map. node_of: the node of an identifier."""

    def __init__(self, edges: Sequence[StewardEdge], node_of: Callable[[Identifier], bytes]) -> None:
        self.bound: list[Bound] = []
        self._edges = list(edges)
        self._node_of = node_of
        self._waiting = False  # for nodes that no event has shown yet
        self._rows = np.empty(0, np.int64)

    @property
    def head(self) -> int:
        """The number of the newest edge."""
        return self._edges[-1].number if self._edges else 0

    def bind(self, known: IdentityMap) -> None:
        """Look the nodes of all edges in force up."""
        self._bind(known, {})

    def _bind(self, known: IdentityMap, kept: Mapping[int, Bound]) -> None:
        self.bound = [
            kept.get(edge.number) or self._bound(known, constraint_of(edge, self._node_of))
            for edge in in_force(self._edges)
        ]
        rows = [each.rows for each in self.bound]
        self._rows = np.unique(np.concatenate(rows)) if rows else np.empty(0, np.int64)
        self._waiting = any(map(_waits, self.bound))

    def hear(self, known: IdentityMap, said: Sequence[StewardEdge], first_new: int) -> list[set[int]]:
        """Take in edges; return the groups of profiles (their holders) that must be solved for them.

        first_new: rows from here on are new, and edges may have waited for them.
        """
        if not said and not (self._waiting and len(known.index) > first_new):
            return []
        before = {each.constraint.number: each for each in self.bound}
        self._edges += said
        self._bind(known, {number: each for number, each in before.items() if not _waits(each)})
        after = {each.constraint.number: each for each in self.bound}
        changed = [before[number] for number in before.keys() - after.keys()]
        changed += [after[number] for number in after.keys() - before.keys()]
        changed += [each for each in self.bound if (each.rows >= first_new).any()]
        return [group for each in changed for group in _groups(known, each)]

    def supposing(
        self, known: IdentityMap, said: Sequence[StewardEdge]
    ) -> tuple["Stewardship", list[set[int]]]:
        """Return what there would be with further edges, and the groups that would have to be solved."""
        other = Stewardship(self._edges, self._node_of)
        other.bind(known)
        return other, other.hear(known, said, len(known.index))

    def holders(self, known: IdentityMap) -> set[int]:
        """Return the profiles that a steward has said something of."""
        return set(known.holders(self._rows).tolist()) if len(self._rows) else set()

    def ends(self, edge: StewardEdge) -> tuple[bytes, bytes]:
        """Return the first nodes of both sides, the lesser first; of a retraction those of what it takes back."""
        edge = self._about(edge)
        left, *more = map(self._node_of, (*edge.left[:1], *edge.right[:1]))
        return min(left, *more, left), max(left, *more, left)

    def kind(self, edge: StewardEdge) -> EvidenceKind:
        """Return as what an edge stands in the evidence; a retraction as what it takes back."""
        return EvidenceKind.STEWARD if self._about(edge).kind is StewardKind.SAME else EvidenceKind.APART

    def _about(self, edge: StewardEdge) -> StewardEdge:
        """Return the edge that a retraction, or the retraction of one, is about."""
        while edge.kind is StewardKind.RETRACT:
            edge = next(each for each in self._edges if each.number == edge.retracts)
        return edge

    def _bound(self, known: IdentityMap, constraint: Constraint) -> Bound:
        return Bound(constraint, _present(known, constraint.nodes), _present(known, constraint.same))


def note_edges(
    cursor: duckdb.DuckDBPyConnection, log: EvidenceLog, stewardship: Stewardship, said: Sequence[StewardEdge]
) -> None:
    """Append edges to the evidence: one row each, between the first nodes of its sides."""
    ends = [stewardship.ends(edge) for edge in said]
    kinds = [stewardship.kind(edge) for edge in said]
    bits = [STEWARD_BITS if kind is EvidenceKind.STEWARD else -STEWARD_BITS for kind in kinds]
    taken_back = [_number(cursor, edge.retracts) for edge in said]
    rows = {
        "link_key": uuid_array([link_key(*pair) for pair in ends]),
        "left_node": uuid_array([left for left, _ in ends]),
        "right_node": uuid_array([right for _, right in ends]),
        "kind": [kind.value for kind in kinds],
        "bits": bits,
        "confidence": [float(each > 0) for each in bits],
        "fields": [msgspec.json.encode({"steward": each}).decode() for each in bits],
        "said_by": [edge.by for edge in said],
        "message_id": [_name(edge.number) for edge in said],
        "observed_at": pa.array([utc_of(edge.at_us) for edge in said], pa.timestamp("us")),
        "position": [edge.position for edge in said],
        "repeats": [False] * len(said),
        "retracts": pa.array(taken_back, pa.int64()),
    }
    log.note(cursor, pa.table(rows))


def ask_after_split(
    cursor: duckdb.DuckDBPyConnection, bound: Sequence[Bound], refused: Sequence[Refused]
) -> None:
    """Put links into the queue that a steward's word forbids and that were first seen after it."""
    said = {each.constraint.number: each.constraint.position for each in bound}
    kept_apart = [each for each in refused if each.steward]
    if not kept_apart:
        return
    keys = [each.link.key for each in kept_apart]
    with registered(cursor, "asked", pa.table([uuid_array(keys)], names=["link_key"])):
        cursor.execute(DECIDED, [Why.AFTER_SPLIT])
    later = [each.link for each in kept_apart if each.link.position > said[each.steward]]
    since = pa.array([link.first_us for link in later], pa.int64()).cast(pa.timestamp("us"))
    if later:
        rows = pa.table([uuid_array([link.key for link in later]), since], names=["link_key", "first_at"])
        ask_about(cursor, rows, Why.AFTER_SPLIT)


def link_key(left: bytes, right: bytes) -> bytes:
    """Return the key of a pair of nodes, the lesser first, as the tick's statement makes it."""
    text = f"{UUID(bytes=left)}{UUID(bytes=right)}"
    return hashlib.md5(text.encode(), usedforsecurity=False).digest()


def _name(number: int) -> str:
    return f"steward:{number}"


def _number(cursor: duckdb.DuckDBPyConnection, edge: int | None) -> int | None:
    row = None if edge is None else cursor.execute(SAID, [_name(edge)]).fetchone()
    return None if row is None else int(row[0])


def _waits(bound: Bound) -> bool:
    return len(bound.rows) < len(bound.constraint.nodes)


def _groups(known: IdentityMap, bound: Bound) -> list[set[int]]:
    together = set(known.holders(bound.same).tolist())
    return [each for each in (together, *({row} for row in known.holders(bound.rows).tolist())) if each]


def _present(known: IdentityMap, nodes: Sequence[bytes] | frozenset[bytes]) -> Rows:
    rows = known.index.find(byte_keys(sorted(nodes)))
    return rows[rows >= 0]
