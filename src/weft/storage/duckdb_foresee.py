"""A dry run of other rules, over a snapshot of the warehouse: the tick goes on meanwhile, and nothing is written."""

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import duckdb
import numpy as np

from weft.clock import utc_of
from weft.errors import Transient
from weft.identity.foresee import (
    Counts,
    Foreseen,
    Sample,
    Shared,
    because,
    difference,
    gained,
    needs_replay,
)
from weft.identity.rules import Rules
from weft.identity.solve import Refusal
from weft.identity.steward import StewardEdge
from weft.model.identifier import Identifier, node_id
from weft.storage.duckdb_arrow import fetch, uuid_keys
from weft.storage.duckdb_everybody import Solution, look, solution
from weft.storage.duckdb_evidence import Why
from weft.storage.duckdb_evidence_read import identifiers_of
from weft.storage.duckdb_identity import Known, recall_identity
from weft.storage.duckdb_links import KnownLinks, recall_links
from weft.storage.duckdb_steward import Stewardship
from weft.storage.duckdb_tick import RULES_VERSION, STEWARD_POSITION
from weft.storage.duckdb_warehouse import Warehouse, read_meta, transaction
from weft.storage.foresee_change import Change, Ends, Picked, Reasons, Standing, counted, pick, sample
from weft.storage.key_index import Keys, Rows, byte_keys, key_bytes
from weft.storage.link_strength import Bools, together

GENERIC = "SELECT node_id, people FROM generic"
ASKED = "SELECT DISTINCT link_key FROM review WHERE why IN (?, ?)"
REFUSED = "SELECT link_key, any_value(why) AS why FROM contested GROUP BY link_key"
COUNT = "SELECT count(DISTINCT profile_id) FROM identity_map"

WAIT_SECONDS = 20.0


class RulesPreview:
    """Says what rules would do. present: those in force; said: returns the edges of stewards behind a number."""

    def __init__(
        self,
        warehouse: Warehouse,
        node_key: str,
        present: Rules,
        said: Callable[[int], Sequence[StewardEdge]],
    ) -> None:
        self._warehouse = warehouse
        self._node_key = node_key
        self._present = present
        self._said = said
        self._turn = threading.Lock()  # each takes everybody into memory

    def foresee(self, rules: Rules, now_us: int, most: int) -> Foreseen:
        """Return what would be if these rules were in force at a moment. most: samples of a kind.

        Raises Transient while another one goes on.
        """
        if not self._turn.acquire(timeout=WAIT_SECONDS):
            raise Transient("Another dry run of the rules goes on; ask again when it is done.")
        try:
            with transaction(self._warehouse.cursor()) as cursor:
                return self._foresee(cursor, rules, utc_of(now_us), most)
        finally:
            self._turn.release()

    def _foresee(self, cursor: duckdb.DuckDBPyConnection, rules: Rules, now: datetime, most: int) -> Foreseen:
        if read_meta(cursor, RULES_VERSION) == rules.version:
            people = int((cursor.execute(COUNT).fetchone() or (0,))[0])
            return Foreseen(Counts(before=people, after=people))
        heard = int(read_meta(cursor, STEWARD_POSITION) or 0)
        edges = [edge for edge in self._said(0) if edge.number <= heard]
        known = recall_identity(cursor, Stewardship(edges, self._node_of))
        links = recall_links(cursor)
        solved = solution(cursor, known, look(cursor, known, links, rules, now), rules)
        return _Comparison(cursor, known, links, solved, self._present, rules).foreseen(most)

    def _node_of(self, identifier: Identifier) -> bytes:
        return node_id(self._node_key, identifier).bytes


class _Comparison:
    """What is, and what would be."""

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        known: Known,
        links: KnownLinks,
        solved: Solution,
        present: Rules,
        rules: Rules,
    ) -> None:
        self._cursor, self._known, self._solved = cursor, known, solved
        self._present, self._rules = present, rules
        looked = solved.looked
        keys = uuid_keys(looked.links["link_key"])
        self._links, self._row = links, np.argsort(links.index.find(keys))  # known link → row of `looked`
        self._ends = Ends(keys, looked.left, looked.right, looked.seen, looked.confidence)
        self._reasons = Reasons(known.map, self._ends, present, rules)
        self._was, self._would = self._present_standing(), self._coming_standing()

    def foreseen(self, most: int) -> Foreseen:
        """Return the whole comparison."""
        was, would = self._was, self._would
        found = difference(was.holder, would.holder)
        left, right = self._ends.left, self._ends.right
        apart = was.holder[left] != was.holder[right]
        joined = would.holder[left] == would.holder[right]
        joining = self._reasons.change(
            np.flatnonzero(apart & joined & self._solved.people.effective), was, would
        )
        parting = self._reasons.change(np.flatnonzero(~apart & ~joined & self._tied()), would, was)
        becoming, ceasing = (
            np.flatnonzero((one.people > 0) & (other.people == 0))
            for one, other in ((would, was), (was, would))
        )
        merges = [pick(would.holder, was.holder, each, joining) for each in found.merged[:most].tolist()]
        splits = [pick(was.holder, would.holder, each, parting) for each in found.split[:most].tolist()]
        values = [*becoming[:most].tolist(), *ceasing[:most].tolist()]
        shown = [each.shown(self._ends, joining) for each in merges]
        shown += [each.shown(self._ends, parting) for each in splits]
        names = self._names({*values, *(row for each in shown for row in each)})
        questions = self._solved.unsure | self._solved.fallen
        return Foreseen(
            found.counts,
            gained(np.flatnonzero(was.people).tolist(), np.flatnonzero(would.people).tolist()),
            gained(np.flatnonzero(was.blocked).tolist(), np.flatnonzero(would.blocked).tolist()),
            gained(self._asked(), np.flatnonzero(questions).tolist()),
            gained(
                np.flatnonzero(was.limited | was.apart).tolist(),
                np.flatnonzero(would.limited | would.apart).tolist(),
            ),
            because(counted(joining, self._known.map.names), counted(parting, self._known.map.names)),
            self._samples(merges, joining, names),
            self._samples(splits, parting, names),
            tuple(Shared(names[row], int(would.people[row])) for row in becoming[:most].tolist()),
            tuple(Shared(names[row], int(was.people[row])) for row in ceasing[:most].tolist()),
            needs_replay(self._present, self._rules),
        )

    def _samples(
        self, picked: Sequence[Picked], change: Change, names: dict[int, Identifier]
    ) -> tuple[Sample, ...]:
        return tuple(sample(each, self._known.map, names, self._ends, change) for each in picked)

    def _present_standing(self) -> Standing:
        count = len(self._known.map.index)
        people, blocked = np.zeros(count, np.int64), np.zeros(count, np.bool_)
        rows = fetch(self._cursor, GENERIC)
        at, of = self._known.map.index.find(uuid_keys(rows["node_id"])), np.asarray(rows["people"])
        people[at] = of
        blocked[at[of == 0]] = True
        refused = fetch(self._cursor, REFUSED)
        why = np.array(refused["why"].to_pylist(), np.str_)
        at = self._rows(uuid_keys(refused["link_key"]))
        holders = self._known.map.holders(np.arange(count, dtype=np.int64))
        return Standing(
            holders,
            people,
            blocked,
            self._marked(at[why == Refusal.LIMIT.value]),
            self._marked(at[why == Refusal.APART.value]),
        )

    def _coming_standing(self) -> Standing:
        solved, count = self._solved.people, len(self._known.map.index)
        people, blocked = np.zeros(count, np.int64), np.zeros(count, np.bool_)
        people[list(solved.generic)] = list(solved.generic.values())
        blocked[self._solved.blocked] = True
        people[self._solved.blocked] = 0
        limited, apart = (
            self._marked(self._rows(byte_keys(each.link.key for each in solved.refused if each.why is why)))
            for why in (Refusal.LIMIT, Refusal.APART)
        )
        return Standing(solved.holder, people, blocked, limited, apart)

    def _tied(self) -> Bools:
        """Say of each link whether it ties by the rules in force."""
        looked, was = self._solved.looked, self._was
        bits, score_bits, score_confidence = (
            np.asarray(looked.links[name]).astype(np.float64)
            for name in ("bits", "score_bits", "score_confidence")
        )
        sure = together(bits, looked.seen, score_bits, score_confidence) >= self._present.merge
        bare = was.blocked | (was.people > 0)
        return sure & ~bare[looked.left] & ~bare[looked.right]

    def _asked(self) -> list[int]:
        asked = fetch(self._cursor, ASKED, [Why.UNSURE, Why.FALLEN])
        return self._rows(uuid_keys(asked["link_key"])).tolist()

    def _rows(self, keys: Keys) -> Rows:
        """Return the rows of links in `looked`."""
        return self._row[self._links.index.find(keys)]

    def _marked(self, rows: Rows) -> Bools:
        marked = np.zeros(len(self._row), np.bool_)
        marked[rows] = True
        return marked

    def _names(self, rows: Iterable[int]) -> dict[int, Identifier]:
        keys = key_bytes(self._known.map.index.keys(np.array(sorted(rows), np.int64)))
        named = identifiers_of(self._cursor, keys)
        return dict(zip(self._known.map.index.find(byte_keys(named)).tolist(), named.values(), strict=True))
