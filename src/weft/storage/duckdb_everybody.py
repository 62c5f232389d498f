"""Everybody solved at once, because the rules are others: what is looked at is read, and what comes of it written."""

from datetime import datetime
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from weft.clock import us_of
from weft.identity.everybody import Everybody, Links, Nodes, Said, solve_everybody
from weft.identity.rules import Rules
from weft.identity.solve import Link
from weft.storage.duckdb_arrow import epoch_us, fetch, registered, uuid_keys
from weft.storage.duckdb_changes import Outcome, write_changes, write_map
from weft.storage.duckdb_evidence import Why, ask_about, with_columns
from weft.storage.duckdb_identity import Known, Resolved
from weft.storage.duckdb_links import KnownLinks
from weft.storage.duckdb_steward import ask_after_split
from weft.storage.key_index import Rows, byte_keys, key_bytes
from weft.storage.link_strength import (
    Bools,
    Floats,
    bits_together,
    faded_bits,
    strength_of,
    together,
)

EVERY_LINK = """
SELECT link_key, left_node, right_node, kind, bits, score_bits, score_confidence, confidence, first_at, position
FROM link
"""
RESTATED_LINKS = """
UPDATE link SET bits = told.bits, confidence = told.confidence FROM told WHERE link.link_key = told.link_key
"""
BLOCKED_NODES = "SELECT node_id FROM node WHERE regexp_matches(namespace || chr(31) || value, ?)"
FORGET_GENERIC = "DELETE FROM generic"
FORGET_CONTESTED = "DELETE FROM contested"
FORGET_QUESTIONS = "DELETE FROM review WHERE why IN (?, ?)"


class Looked(NamedTuple):
    """Every link by some rules, in columns. left, right: rows of the map; bits: of one sighting, 0 where only scored.

    confidence: as the link says it; ties: as it ties at this moment, faded by its age; order: log2 odds, faded.
    """

    links: pa.Table
    left: Rows
    right: Rows
    seen: Bools
    scored: Bools
    bits: Floats
    confidence: Floats
    ties: Floats
    order: Floats


class Solution(NamedTuple):
    """What some rules make of everybody. unsure, fallen: links to ask about; blocked: rows of nodes."""

    looked: Looked
    people: Everybody
    blocked: Rows
    unsure: Bools
    fallen: Bools


def look(
    cursor: duckdb.DuckDBPyConnection, known: Known, links: KnownLinks, rules: Rules, now: datetime
) -> Looked:
    """Read every link and say what it comes to by these rules."""
    table = fetch(cursor, EVERY_LINK)
    strength = strength_of(known.map, rules, table)
    stored, score_bits, score_confidence, told = (
        np.asarray(table[name]).astype(np.float64)
        for name in ("bits", "score_bits", "score_confidence", "confidence")
    )
    seen = stored > 0
    bits = np.where(seen, strength.bits, 0.0)
    last_us = links.last_us.values[links.index.find(uuid_keys(table["link_key"]))]
    faded = faded_bits(bits, us_of(now) - last_us, strength.ties_for_us)
    return Looked(
        table,
        strength.left,
        strength.right,
        seen,
        (score_bits != 0) | (score_confidence != 0),
        bits,
        np.where(seen, together(bits, seen, score_bits, score_confidence), told),
        together(faded, seen, score_bits, score_confidence),
        bits_together(faded, seen, score_bits, score_confidence),
    )


def solution(cursor: duckdb.DuckDBPyConnection, known: Known, looked: Looked, rules: Rules) -> Solution:
    """Return who is who by these rules, and what stewards are asked. Nothing changes."""
    found = fetch(cursor, BLOCKED_NODES, [rules.blocked])["node_id"] if rules.blocked else None
    blocked = np.empty(0, np.int64) if found is None else known.map.index.find(uuid_keys(found))
    columns = known.map.columns()
    nodes = Nodes(known.map.names, *columns, known.map.nodes)

    def of(rows: Rows) -> list[Link]:
        return _links(looked, rows)

    said = [Said(each.constraint, each.rows) for each in known.stewardship.bound]
    links = Links(looked.left, looked.right, looked.ties, looked.seen, of)
    people = solve_everybody(nodes, links, rules, said, blocked.tolist())
    between = (looked.confidence >= rules.review) & (looked.confidence < rules.merge)
    tied = looked.ties >= rules.merge
    joined = people.holder[looked.left] == people.holder[looked.right]
    unsure = between & np.where(looked.scored, ~tied & ~joined, True)
    return Solution(looked, people, blocked, unsure, between & looked.scored & tied)


def resolve_all(
    cursor: duckdb.DuckDBPyConnection,
    known: Known,
    links: KnownLinks,
    rules: Rules,
    now: datetime,
    position: int,
) -> Resolved:
    """Solve everybody again: the rules have changed.

    What is known is changed at once: when the transaction fails, it must be recalled.
    """
    solved = solution(cursor, known, look(cursor, known, links, rules, now), rules)
    _restate(cursor, solved)
    outcome = _outcome(known, solved)
    cursor.execute(FORGET_GENERIC)
    cursor.execute(FORGET_CONTESTED)
    ask_after_split(cursor, known.stewardship.bound, solved.people.refused)
    known.generic.clear()
    known.generic.update(outcome.generic)
    known.contested.clear()
    known.contested.update(holder for holder, *_ in outcome.refused)
    known.map.put(solved.people.holder)
    nobody = np.empty(0, np.int64)
    write_map(cursor, known.map, outcome, pa.table({}), nobody)
    change = write_changes(cursor, known.map, outcome, nobody, (), position)
    return Resolved(len(outcome.merged), change)


def _restate(cursor: duckdb.DuckDBPyConnection, solved: Solution) -> None:
    """Say of every link what it comes to, and make the queue of unsure ones anew."""
    looked = solved.looked
    told = with_columns(looked.links, {"bits": looked.bits, "confidence": looked.confidence})
    with registered(cursor, "told", told):
        cursor.execute(RESTATED_LINKS)
    cursor.execute(FORGET_QUESTIONS, [Why.UNSURE, Why.FALLEN])
    for why, asked in ((Why.UNSURE, solved.unsure), (Why.FALLEN, solved.fallen)):
        if asked.any():
            ask_about(cursor, told.filter(pa.array(asked)), why)


def _outcome(known: Known, solved: Solution) -> Outcome:
    """Return what changes in the map: whole profiles merge, new ones split off, nodes move."""
    outcome, people = Outcome(), solved.people
    before = known.map.holders(np.arange(len(people.holder), dtype=np.int64))
    after = people.holder
    size = np.bincount(before, minlength=len(before))
    moved = np.flatnonzero(before != after)
    pairs, place, counts = np.unique(
        np.stack((before[moved], after[moved]), axis=1), axis=0, return_inverse=True, return_counts=True
    )
    whole = (counts == size[pairs[:, 0]]) & (size[pairs[:, 1]] > 0)
    outcome.merged += _tuples(pairs[whole])
    fresh = np.unique(after[size[after] == 0])
    outcome.split += sorted(zip(before[fresh].tolist(), fresh.tolist(), strict=True))
    outcome.placed += _tuples(np.stack((moved, after[moved]), axis=1))
    apart = moved[~whole[place]]
    outcome.moved += list(zip(apart.tolist(), before[apart].tolist(), after[apart].tolist(), strict=True))
    outcome.generic.update(dict.fromkeys(solved.blocked.tolist(), 0))
    for row, count in people.generic.items():
        outcome.generic.setdefault(row, count)
    ends = [(refused, end) for refused in people.refused for end in (refused.link.left, refused.link.right)]
    rows = known.map.index.find(byte_keys(end for _, end in ends))
    outcome.refused += [
        (holder, each.link.key, each.why.value, each.steward)
        for (each, _), holder in zip(ends, after[rows].tolist(), strict=True)
    ]
    return outcome


def _tuples(pairs: Rows) -> list[tuple[int, int]]:
    return [(one, other) for one, other in pairs.tolist()]


def _links(looked: Looked, rows: Rows) -> list[Link]:
    """Return links as `solve` needs them."""
    table = looked.links.take(pa.array(rows))
    ids = (key_bytes(uuid_keys(table[name])) for name in ("link_key", "left_node", "right_node"))
    return list(
        map(
            Link,
            *ids,
            epoch_us(table["first_at"]).tolist(),
            table["position"].to_pylist(),
            looked.order[rows].tolist(),
            looked.ties[rows].tolist(),
            looked.seen[rows].tolist(),
        )
    )
