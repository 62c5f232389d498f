"""The links of a tick: what is new about a pair of nodes is noted as evidence; its link says what it comes to.

What is known of links is kept in memory and changed at once: when the transaction fails, it must be recalled.
"""

from datetime import datetime
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
from pyarrow.compute import call_function

from weft.clock import DAY_US, us_of
from weft.identity.evidence import EvidenceKind
from weft.identity.live.grown import Grown
from weft.identity.rules import Rules
from weft.storage.duckdb_arrow import epoch_us, fetch, insert_rows, registered, uuid_keys
from weft.storage.duckdb_evidence import (
    EvidenceLog,
    ask_about_unsure,
    recall_evidence,
    with_columns,
)
from weft.storage.identity_map import IdentityMap
from weft.storage.key_index import KeyIndex, Keys, Rows
from weft.storage.link_strength import (
    Bools,
    Floats,
    Strength,
    Times,
    faded_bits,
    strength_of,
    together,
)

LINKS = "SELECT link_key, first_at, kind = 'alias' AS alias, bits > 0 AS seen, score_bits, score_confidence FROM link"
NOTED = """
SELECT link_key, max(observed_at) AS last_at FROM evidence WHERE kind IN ('same_event', 'login', 'alias')
GROUP BY link_key
"""
SEEN_LINKS = """
UPDATE link SET
    kind = CASE WHEN link.bits > 0 THEN least(link.kind, told.kind) ELSE told.kind END,
    bits = told.bits, confidence = told.confidence, first_at = least(link.first_at, told.first_at),
    message_id = CASE WHEN told.first_at < link.first_at THEN told.message_id ELSE link.message_id END
FROM told WHERE link.link_key = told.link_key
"""
"""`alias` is the least kind: what an alias ever said stays said, whichever event came first."""

FIRST_SEEN_LATER = """
INSERT INTO evidence BY NAME
SELECT $1 + row_number() OVER (ORDER BY link.link_key) AS number, link.link_key, link.left_node, link.right_node,
    link.kind, link.bits, link.confidence, '{}' AS fields, '' AS said_by, link.message_id, link.first_at AS observed_at,
    link.position, FALSE AS repeats, NULL::BIGINT AS retracts
FROM link JOIN told USING (link_key) WHERE told.first_at < link.first_at AND link.bits > 0
"""
"""A link tells its earliest evidence; what was taken for it until now is kept."""


class KnownLinks:
    """Every link. first_us, last_us: when it was first seen and when that was last noted (microseconds, event time).

    seen: on events, not only scored. alias: an alias event said so.
    """

    def __init__(self, log: EvidenceLog) -> None:
        self.log = log
        self.index, self.first_us, self.last_us = KeyIndex(), Grown(np.int64), Grown(np.int64)
        self.seen, self.alias = Grown(np.bool_), Grown(np.bool_)
        self.score_bits, self.score_confidence = Grown(np.float64), Grown(np.float64)

    def add(self, links: pa.Table, last_us: Times, seen: Bools, alias: Bools) -> None:
        """Add rows of `link` that are new."""
        self.index.add(uuid_keys(links["link_key"]))
        self.first_us.extend(epoch_us(links["first_at"]))
        self.last_us.extend(last_us)
        self.seen.extend(seen)
        self.alias.extend(alias)
        self.score_bits.extend(np.asarray(links["score_bits"]))
        self.score_confidence.extend(np.asarray(links["score_confidence"]))

    def unseen(self, keys: Keys) -> Bools:
        """Say of each link whether no event showed it so far."""
        rows = self.index.find(keys)
        held = rows >= 0
        held[held] = self.seen.values[rows[held]]
        return ~held

    def scores(self, rows: Rows) -> tuple[Floats, Floats]:
        """Return the bits and the confidence of the last score of links; 0 for those that are not known (row -1)."""
        found = np.zeros((2, len(rows)))
        held = rows >= 0
        found[0, held], found[1, held] = (
            column.values[rows[held]] for column in (self.score_bits, self.score_confidence)
        )
        return found[0], found[1]


class Changed(NamedTuple):
    """Both ends (rows of the map) of links of which something is new: those that tie now, and those that do not."""

    tying: tuple[Rows, Rows]
    loose: tuple[Rows, Rows]


def recall_links(cursor: duckdb.DuckDBPyConnection) -> KnownLinks:
    """Load the links from the warehouse."""
    known, links = KnownLinks(recall_evidence(cursor)), fetch(cursor, LINKS)
    seen, alias = (np.asarray(links[name].cast(pa.bool_())) for name in ("seen", "alias"))
    known.add(links, epoch_us(links["first_at"]), seen, alias)
    noted = fetch(cursor, NOTED)
    rows = known.index.find(uuid_keys(noted["link_key"]))
    known.last_us.values[rows] = np.maximum(known.last_us.values[rows], epoch_us(noted["last_at"]))
    return known


class Sighting(NamedTuple):
    """This tick's links beside what was known. rows: -1 for a new one; the rest are masks of the links.

    unseen: known only by a score. again: it was last noted so long ago that it is noted again.
    """

    rows: Rows
    new: Bools
    unseen: Bools
    earlier: Bools
    told_alias: Bools
    again: Bools


def update_links(
    cursor: duckdb.DuckDBPyConnection,
    known: KnownLinks,
    nodes: IdentityMap,
    rules: Rules,
    links: pa.Table,
    now: datetime,
) -> Changed:
    """Store links that events show; return those of which something is new.

    links: each pair once, with link_key, left_node, right_node, kind, message_id, first_at, last_at and position.
    """
    strength = strength_of(nodes, rules, links)
    alias = np.asarray(call_function("equal", [links["kind"], EvidenceKind.ALIAS.value]).cast(pa.bool_()))
    last_us = epoch_us(links["last_at"])
    sighting = _compare(known, rules, links, alias, last_us)
    scores = known.scores(sighting.rows)
    every = np.ones(links.num_rows, np.bool_)
    confidence = together(strength.bits, every, *scores)
    told = {
        "kind": _kinds(links, strength.device),
        "bits": strength.bits,
        "score_bits": scores[0],
        "score_confidence": scores[1],
        "confidence": confidence,
    }
    links = with_columns(links, told)
    _store(cursor, known, rules, links, strength, sighting)
    first = sighting.new | sighting.unseen
    ask_about_unsure(cursor, rules, links.filter(pa.array(first)), confidence[first], sighting.unseen[first])
    last_us = _remember(known, links, alias, last_us, sighting)
    bits = faded_bits(strength.bits, us_of(now) - last_us, strength.ties_for_us)
    ties = together(bits, every, *scores) >= rules.merge
    return _changed(strength, first | sighting.earlier | sighting.again, ties, ~sighting.new)


def _changed(strength: Strength, changed: Bools, ties: Bools, held: Bools) -> Changed:
    tying, loose = changed & ties, changed & held & ~ties
    left, right = strength.left, strength.right
    return Changed((left[tying], right[tying]), (left[loose], right[loose]))


def _compare(known: KnownLinks, rules: Rules, links: pa.Table, alias: Bools, last_us: Times) -> Sighting:
    rows = known.index.find(uuid_keys(links["link_key"]))
    new, seen = rows < 0, rows >= 0
    seen[seen] = known.seen.values[rows[seen]]
    earlier, told_alias, again = (np.zeros(len(rows), np.bool_) for _ in range(3))
    at = rows[seen]
    earlier[seen] = epoch_us(links["first_at"])[seen] < known.first_us.values[at]
    told_alias[seen] = alias[seen] & ~known.alias.values[at]
    again[seen] = last_us[seen] - known.last_us.values[at] > rules.repeat_days * DAY_US
    return Sighting(rows, new, ~new & ~seen, earlier, told_alias, again)


def _store(
    cursor: duckdb.DuckDBPyConnection,
    known: KnownLinks,
    rules: Rules,
    links: pa.Table,
    strength: Strength,
    sighting: Sighting,
) -> None:
    noted = sighting.unseen | sighting.told_alias | sighting.again
    if noted.any():
        rows = links.filter(pa.array(noted))
        count = rows.num_rows
        evidence = {
            "fields": [strength.fields[at] for at in np.flatnonzero(noted).tolist()],
            "said_by": [rules.version] * count,
            "observed_at": rows["last_at"],
            "repeats": sighting.again[noted],
            "retracts": pa.nulls(count, pa.int64()),
        }
        known.log.note(cursor, with_columns(rows, evidence))
    if sighting.new.any():
        insert_rows(cursor, "link", links.filter(pa.array(sighting.new)))
    changed = sighting.unseen | sighting.earlier | sighting.told_alias
    if changed.any():
        with registered(cursor, "told", links.filter(pa.array(changed))):
            if sighting.earlier.any():
                known.log.keep(cursor, FIRST_SEEN_LATER)
            cursor.execute(SEEN_LINKS)


def _remember(known: KnownLinks, links: pa.Table, alias: Bools, last_us: Times, sighting: Sighting) -> Times:
    """Bring what is known up to date; return when each link was last noted."""
    rows, new = sighting.rows, sighting.new
    first_us = epoch_us(links["first_at"])
    known.first_us.values[rows[sighting.earlier]] = first_us[sighting.earlier]
    unseen = rows[sighting.unseen]
    known.first_us.values[unseen] = np.minimum(known.first_us.values[unseen], first_us[sighting.unseen])
    known.seen.values[unseen] = True
    told = sighting.told_alias | sighting.unseen
    known.alias.values[rows[told]] |= alias[told]
    known.last_us.values[unseen] = last_us[sighting.unseen]
    later = sighting.again | sighting.told_alias
    known.last_us.values[rows[later]] = np.maximum(known.last_us.values[rows[later]], last_us[later])
    if new.any():  # noted when it was first seen: what is recalled after a restart is no more
        known.add(links.filter(pa.array(new)), first_us[new], np.ones(int(new.sum()), np.bool_), alias[new])
    noted = first_us.copy()
    noted[~new] = known.last_us.values[rows[~new]]
    return noted


def _kinds(links: pa.Table, device: Bools) -> "pa.Array[Any]":
    """Return the kinds: what binds a device to something else is a log-in."""
    same_event = call_function("equal", [links["kind"], EvidenceKind.SAME_EVENT.value])
    login = call_function("and", [pa.array(device), same_event])
    return call_function("if_else", [login, EvidenceKind.LOGIN.value, links["kind"]])
