"""What the API asks of links and their evidence. Each call has a cursor of its own, so it may come from any thread."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import duckdb
import msgspec

from weft.identity.evidence import confidence_of, faded
from weft.identity.rules import Rules
from weft.model.identifier import Identifier
from weft.storage.duckdb_arrow import uuid_bytes, wanted_rows
from weft.storage.duckdb_warehouse import Warehouse, transaction

KEYS_OF = """
SELECT link_key FROM link WHERE left_node IN (SELECT id FROM wanted) OR right_node IN (SELECT id FROM wanted)
ORDER BY confidence DESC, link_key
"""
GENERIC_OF = """
SELECT namespace, value, people FROM generic JOIN node USING (node_id)
WHERE node_id IN (SELECT id FROM wanted) ORDER BY namespace, value
"""
LINKS = """
SELECT link.link_key, left_of.namespace, left_of.value, right_of.namespace AS right_namespace,
    right_of.value AS right_value, kind, bits, score_bits, link.confidence AS shown, message_id,
    epoch_us(first_at) AS first_us, position, contested.why AS refused, contested.steward AS steward,
    left_map.profile_id AS left_profile, right_map.profile_id AS right_profile
FROM link JOIN node AS left_of ON left_of.node_id = left_node JOIN node AS right_of ON right_of.node_id = right_node
JOIN identity_map AS left_map ON left_map.node_id = left_node
JOIN identity_map AS right_map ON right_map.node_id = right_node
LEFT JOIN (SELECT DISTINCT link_key, why, steward FROM contested) AS contested ON contested.link_key = link.link_key
WHERE link.link_key IN (SELECT id FROM wanted) ORDER BY link.link_key
"""
HISTORY = """
SELECT link_key, number, kind, bits, confidence, fields, said_by, message_id, epoch_us(observed_at) AS at_us, retracts
FROM evidence WHERE link_key IN (SELECT id FROM wanted) ORDER BY number
"""
GENERIC = """
SELECT namespace, value, people FROM generic JOIN node USING (node_id) ORDER BY people DESC, namespace, value LIMIT ?
"""
NAMES = "SELECT node_id, namespace, value FROM node WHERE node_id IN (SELECT id FROM wanted)"


class Evidence(NamedTuple):
    """One piece of evidence of a pair. number: 0 for what events showed first. retracts: what it takes back."""

    number: int
    kind: str
    bits: float
    confidence: float
    fields: Mapping[str, float]
    said_by: str
    message_id: str
    at_us: int
    retracts: int | None


class KnownLink(NamedTuple):
    """A link as it stands now. bits, confidence: of all its evidence, faded. refused: why it ties nothing, if so.

    steward: the number of the edge that forbids it, 0 for none.
    """

    key: UUID
    left: Identifier
    right: Identifier
    profiles: tuple[UUID, UUID]
    kind: str
    bits: float
    confidence: float
    refused: str | None
    steward: int
    history: Sequence[Evidence]


class EvidenceReader:
    """Reads links with their confidence and its history, each call as of one moment: ticks go on meanwhile."""

    def __init__(self, warehouse: Warehouse, rules: Rules) -> None:
        self._warehouse = warehouse
        self._rules = rules

    def links_of(self, nodes: Iterable[UUID], now_us: int, most: int) -> tuple[list[KnownLink], int]:
        """Return the links of these nodes, the surest `most` of them, and how many there are."""
        with transaction(self._warehouse.cursor()) as cursor:
            rows = _rows(cursor, KEYS_OF, [node.bytes for node in nodes])
            keys = [row["link_key"].bytes for row in rows]
            return self._links(cursor, keys[:most], now_us), len(keys)

    def generic_of(self, nodes: Iterable[UUID]) -> list[tuple[Identifier, int]]:
        """Return those of these nodes that tie nobody together, as `generic` does."""
        with transaction(self._warehouse.cursor()) as cursor:
            rows = _rows(cursor, GENERIC_OF, [node.bytes for node in nodes])
        return [(Identifier.of(row["namespace"], row["value"]), row["people"]) for row in rows]

    def link(self, key: UUID, now_us: int) -> KnownLink | None:
        """Return a link by its key."""
        with transaction(self._warehouse.cursor()) as cursor:
            found = self._links(cursor, [key.bytes], now_us)
        return found[0] if found else None

    def generic(self, limit: int) -> list[tuple[Identifier, int]]:
        """Return the values that tie nobody together, and of how many people they are at least (0: blocked)."""
        rows = self._warehouse.cursor().execute(GENERIC, [limit]).fetchall()
        return [(Identifier.of(namespace, value), people) for namespace, value, people in rows]

    def _links(
        self, cursor: duckdb.DuckDBPyConnection, keys: Sequence[bytes], now_us: int
    ) -> list[KnownLink]:
        rows, history = _rows(cursor, LINKS, keys), _history(cursor, keys)
        return [self._known(row, history.get(row["link_key"], []), now_us) for row in rows]

    def _known(self, row: Mapping[str, Any], noted: Sequence[Evidence], now_us: int) -> KnownLink:
        left, right = (
            Identifier.of(row["namespace"], row["value"]),
            Identifier.of(row["right_namespace"], row["right_value"]),
        )
        seen = [] if not row["bits"] else [self._first(row, left, right)]
        history = sorted((*seen, *noted), key=lambda each: (each.at_us, each.number))
        last_us = max(
            (each.at_us for each in history if each.kind in ("same_event", "login", "alias")), default=0
        )
        half_life = self._rules.half_life_days(left.namespace, right.namespace)
        if row["bits"]:
            bits = faded(row["bits"], now_us - last_us, half_life) + row["score_bits"]
            confidence = confidence_of(bits)
        else:  # a score alone says its own, with its prior; also where it still ties what it once did
            bits = next((each.bits for each in reversed(history) if each.kind == "score"), 0.0)
            confidence = row["shown"]
        return KnownLink(
            row["link_key"],
            left,
            right,
            (row["left_profile"], row["right_profile"]),
            row["kind"],
            bits,
            confidence,
            row["refused"],
            row["steward"] or 0,
            history,
        )

    def _first(self, row: Mapping[str, Any], left: Identifier, right: Identifier) -> Evidence:
        name = " ".join(sorted((left.namespace, right.namespace)))
        bits = row["bits"]
        told = row["message_id"], row["first_us"]
        return Evidence(0, row["kind"], bits, confidence_of(bits), {name: bits}, "rules", *told, None)


def _history(cursor: duckdb.DuckDBPyConnection, keys: Sequence[bytes]) -> dict[UUID, list[Evidence]]:
    found: dict[UUID, list[Evidence]] = {}
    for row in _rows(cursor, HISTORY, keys):
        key, fields = row.pop("link_key"), msgspec.json.decode(row.pop("fields"), type=dict[str, float])
        found.setdefault(key, []).append(Evidence(fields=fields, **row))
    return found


def _rows(cursor: duckdb.DuckDBPyConnection, query: str, ids: Sequence[bytes]) -> list[dict[str, Any]]:
    if not ids:
        return []
    rows = wanted_rows(cursor, query, ids)
    columns = {
        name: [UUID(bytes=key) for key in uuid_bytes(rows[name])]
        if name in ("link_key", "left_profile", "right_profile")
        else rows[name].to_pylist()
        for name in rows.column_names
    }
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def names_of(warehouse: Warehouse, nodes: Iterable[bytes]) -> dict[bytes, str]:
    """Return what nodes are called, as `namespace:value`."""
    found = identifiers_of(warehouse.cursor(), nodes)
    return {node: f"{each.namespace}:{each.value}" for node, each in found.items()}


def identifiers_of(cursor: duckdb.DuckDBPyConnection, nodes: Iterable[bytes]) -> dict[bytes, Identifier]:
    """Return the identifier of each node that there is."""
    rows = wanted_rows(cursor, NAMES, nodes)
    told = zip(rows["namespace"].to_pylist(), rows["value"].to_pylist(), strict=True)
    return dict(zip(uuid_bytes(rows["node_id"]), (Identifier.of(*each) for each in told), strict=True))
