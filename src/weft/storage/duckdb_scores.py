"""The model's scores of pairs in the warehouse: each is evidence, the last one counts in the pair's link."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import duckdb
import msgspec
import numpy as np
import pyarrow as pa

from weft.clock import us_of
from weft.identity.evidence import EvidenceKind
from weft.identity.rules import Rules
from weft.storage.database_person import ScoreEdge
from weft.storage.duckdb_arrow import insert_rows, registered, uuid_array, uuid_keys
from weft.storage.duckdb_evidence import DECIDED, Why, ask_about, with_columns
from weft.storage.duckdb_links import Changed, KnownLinks
from weft.storage.duckdb_steward import link_key
from weft.storage.identity_map import IdentityMap
from weft.storage.key_index import Rows
from weft.storage.link_strength import Bools, Floats, faded_bits, strength_of, together

SCORED_LINKS = """
WITH scored AS MATERIALIZED (SELECT * FROM told)
UPDATE link
SET score_bits = scored.score_bits, score_confidence = scored.score_confidence, confidence = scored.confidence
FROM scored WHERE link.link_key = scored.link_key
"""
"""Materialised, because DuckDB would push the join's filter into Arrow, which it cannot for UUIDs, when all links are
of this transaction (the first tick of a replay)."""
PRIOR = "prior"
"""The contribution that is no evidence of this pair; what events show of it has a prior of its own."""


class Judged(NamedTuple):
    """What the last scores of pairs come to. rows: of the known links, -1 for new ones.

    held: the confidence of the score as it ties (see `_held`); ties: with what events show; shown: what the link says.
    """

    rows: Rows
    evidence: Floats
    held: Floats
    ties: Floats
    shown: Floats


def update_scores(
    cursor: duckdb.DuckDBPyConnection,
    known: KnownLinks,
    nodes: IdentityMap,
    rules: Rules,
    scores: Sequence[ScoreEdge],
    now: datetime,
) -> Changed:
    """Note scores as evidence, in their order; return the links of which something is new.

    A pair that is no link becomes one when a steward may be asked about it. What joins at `merge` stays joined down to
    `review`, and a steward is asked on the way; below, it comes apart. (Between two thresholds nothing flickers.)
    """
    edges = _of_links(known, nodes, rules, scores)
    if not edges:
        nothing = np.empty(0, np.int64)
        return Changed((nothing, nothing), (nothing, nothing))
    _note(cursor, known, edges)
    last = list({(edge.left, edge.right): edge for edge in edges}.values())
    table = _table(last)
    rows = known.index.find(uuid_keys(table["link_key"]))
    judged = _judge(known, nodes, rules, table, rows, edges, now)
    first = {edge.left + edge.right: edge for edge in reversed(edges)}
    begun = _table([first[edge.left + edge.right] for edge in last])
    dated = with_columns(table, {name: begun[name] for name in ("first_at", "position")})
    _store(cursor, known, dated, judged)
    left, right = (nodes.index.find(uuid_keys(table[name])) for name in ("left_node", "right_node"))
    together_now = nodes.holders(left) == nodes.holders(right)
    _ask(cursor, rules, table, judged, together_now)
    ties = judged.ties >= rules.merge
    return Changed((left[ties], right[ties]), (left[~ties], right[~ties]))


def _of_links(
    known: KnownLinks, nodes: IdentityMap, rules: Rules, scores: Sequence[ScoreEdge]
) -> list[ScoreEdge]:
    """Return the scores that are of a link, or make one: of nodes that exist, sure enough or known before."""
    if not scores:
        return []
    table = _table(scores)
    there = np.ones(len(scores), np.bool_)
    for name in ("left_node", "right_node"):
        there &= nodes.index.find(uuid_keys(table[name])) >= 0
    held = known.index.find(uuid_keys(table["link_key"])) >= 0
    begun: set[tuple[bytes, bytes]] = set()
    found: list[ScoreEdge] = []
    for edge, exists, linked in zip(scores, there.tolist(), held.tolist(), strict=True):
        pair = (edge.left, edge.right)
        if exists and (linked or pair in begun or edge.confidence >= rules.review):
            begun.add(pair)
            found.append(edge)
    return found


def _judge(
    known: KnownLinks,
    nodes: IdentityMap,
    rules: Rules,
    table: pa.Table,
    rows: Rows,
    edges: Sequence[ScoreEdge],
    now: datetime,
) -> Judged:
    before = known.scores(rows)[1]
    ties: dict[tuple[bytes, bytes], float] = {}
    keys = table["pair"].to_pylist()
    for pair, each in zip(keys, before.tolist(), strict=True):
        ties[pair[:16], pair[16:]] = each
    for edge in edges:
        ties[edge.left, edge.right] = _held(ties[edge.left, edge.right], edge.confidence, rules)
    tying = np.array([ties[pair[:16], pair[16:]] for pair in keys])
    evidence, alone = (np.asarray(table[name]) for name in ("score_bits", "score_confidence"))
    seen = rows >= 0
    seen[seen] = known.seen.values[rows[seen]]
    strength = strength_of(nodes, rules, table)
    last_us = np.zeros(len(rows), np.int64)
    last_us[seen] = known.last_us.values[rows[seen]]
    age = us_of(now) - last_us
    bits = np.where(seen, faded_bits(strength.bits, age, strength.ties_for_us), 0.0)
    shown = together(np.where(seen, strength.bits, 0.0), seen, evidence, alone)
    return Judged(rows, evidence, tying, np.where(seen, together(bits, seen, evidence, alone), tying), shown)


def _held(before: float, confidence: float, rules: Rules) -> float:
    """Return the confidence by which a pair ties: what tied before goes on to until it is no longer in question."""
    return (
        max(confidence, rules.merge) if before >= rules.merge and confidence >= rules.review else confidence
    )


def _store(cursor: duckdb.DuckDBPyConnection, known: KnownLinks, table: pa.Table, judged: Judged) -> None:
    """Write what pairs come to. first_at, position: of the first score here, so that a replay dates links alike."""
    links = table.drop_columns(["score_bits", "score_confidence", "confidence", "pair"])
    for name, values in (
        ("score_bits", judged.evidence),
        ("score_confidence", judged.held),
        ("confidence", judged.shown),
    ):
        links = links.append_column(name, pa.array(values))
    new, old = judged.rows < 0, judged.rows >= 0
    if new.any():
        rows = links.filter(pa.array(new))
        insert_rows(cursor, "link", rows)
        nothing = np.zeros(rows.num_rows, np.bool_)
        known.add(rows, np.zeros(rows.num_rows, np.int64), nothing, nothing)
    if old.any():
        with registered(cursor, "told", links.filter(pa.array(old))):
            cursor.execute(SCORED_LINKS)
        at = judged.rows[old]
        known.score_bits.values[at] = judged.evidence[old]
        known.score_confidence.values[at] = judged.held[old]


def _note(cursor: duckdb.DuckDBPyConnection, known: KnownLinks, edges: Sequence[ScoreEdge]) -> None:
    table, count = _table(edges), len(edges)
    rows = {
        "link_key": table["link_key"],
        "left_node": table["left_node"],
        "right_node": table["right_node"],
        "kind": table["kind"],
        "bits": pa.array([edge.bits for edge in edges]),
        "confidence": table["confidence"],
        "fields": pa.array([edge.fields.decode() for edge in edges]),
        "said_by": pa.array([edge.model for edge in edges]),
        "message_id": table["message_id"],
        "observed_at": table["first_at"],
        "position": table["position"],
        "repeats": pa.array([False] * count),
        "retracts": pa.nulls(count, pa.int64()),
    }
    known.log.note(cursor, pa.table(rows))


def _ask(
    cursor: duckdb.DuckDBPyConnection, rules: Rules, table: pa.Table, judged: Judged, joined: Bools
) -> None:
    """Ask whether two are one, or whether a join that has become less sure should go on; forget what is settled."""
    with registered(cursor, "asked", table.select(["link_key"])):
        for why in (Why.UNSURE, Why.FALLEN):
            cursor.execute(DECIDED, [why])
    between = (judged.shown >= rules.review) & (judged.shown < rules.merge)
    tied = judged.ties >= rules.merge
    for why, asked in ((Why.FALLEN, between & tied), (Why.UNSURE, between & ~tied & ~joined)):
        if asked.any():
            ask_about(cursor, table.filter(pa.array(asked)), why)


def _table(edges: Sequence[ScoreEdge]) -> pa.Table:
    """Return scores with the columns of `link`, and each pair as one key."""
    fields = [_without_prior(edge) for edge in edges]
    confidence = pa.array([edge.confidence for edge in edges], pa.float64())
    at = pa.array([edge.at_us for edge in edges], pa.int64()).cast(pa.timestamp("us"))
    return pa.table(
        {
            "link_key": uuid_array([link_key(edge.left, edge.right) for edge in edges]),
            "left_node": uuid_array([edge.left for edge in edges]),
            "right_node": uuid_array([edge.right for edge in edges]),
            "kind": pa.array([EvidenceKind.SCORE.value] * len(edges)),
            "bits": pa.array([0.0] * len(edges)),
            "score_bits": pa.array(fields, pa.float64()),
            "score_confidence": confidence,
            "confidence": confidence,
            "message_id": pa.array([""] * len(edges)),
            "first_at": at,
            "position": pa.array([edge.position for edge in edges], pa.int64()),
            "pair": pa.array([edge.left + edge.right for edge in edges], pa.binary()),
        }
    )


def _without_prior(edge: ScoreEdge) -> float:
    return edge.bits - msgspec.json.decode(edge.fields, type=dict[str, float]).get(PRIOR, 0.0)
