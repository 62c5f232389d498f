"""The match worker: nodes of which something new was told are compared with all others; scores go into the stream."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import structlog
from sqlalchemy import Connection, Engine

from weft.identity.live.behaviour import NOTHING, Seen, contributions
from weft.identity.live.person import PersonFields, fingerprint
from weft.identity.rules import Rules
from weft.storage.database import transaction
from weft.storage.database_frequencies import Counted, add_frequencies, newest_frequencies
from weft.storage.database_housemates import write_housemates
from weft.storage.database_person import (
    IN_MAX,
    LastScore,
    PersonChange,
    ScoreEdge,
    add_again,
    add_scores,
    drop_changes,
    every_person,
    last_scores,
    persons_of,
    read_changes,
    write_persons,
)
from weft.storage.database_worker import get_position
from weft.storage.key_index import byte_keys
from weft.workers.project import PROJECT
from weft.workers.projecting import LIVE_EVENTS

if TYPE_CHECKING:
    from weft.identity.live.grown import Rows
    from weft.identity.live.matcher import Matcher, Scored, ScoredPair
    from weft.identity.scoring.model import Model

log = structlog.get_logger()

MATCH = "match"
MODEL_FILE = "identity/model.json"
"""Where the workspace's own model is, below its data."""

HOUSEHOLD = "household"
BATCH_NODES = 2_000
LEAST_NODES = 200
"""From so many nodes on their values are counted; below, the frequencies that are shipped say more."""
WAIT_SECONDS = 60.0
"""Longest wait for a tick that is behind."""
LEAST_CHANGE = 0.001
"""A confidence that changed by less is not told again."""

Pair = tuple[bytes, bytes]
Behaviour = Callable[[Sequence[Pair]], Sequence[Seen]]
"""Says what was seen of pairs of nodes."""


def no_behaviour(pairs: Sequence[Pair]) -> list[Seen]:
    """Return that nothing was seen: there are no events here."""
    return [NOTHING] * len(pairs)


class Matching:
    """One step: take what waits, compare, score, write. The index is made at the first work there is.

    clock: the time in microseconds since 1970. behaviour: says what was seen of pairs of nodes. behind: how many
    events of the log the tick has before it; scores can wait for it, events cannot.
    """

    def __init__(
        self,
        database: Engine,
        data: Path,
        rules: Rules,
        clock: Callable[[], int],
        behaviour: Behaviour = no_behaviour,
        behind: Callable[[], int] = lambda: 0,
    ) -> None:
        self._database = database
        self._reader = database.execution_options(read_only=True)
        self._path = data / MODEL_FILE
        self._rules = rules
        self._fields = PersonFields(rules.fields, rules.country)
        self._clock = clock
        self._behaviour = behaviour
        self._behind = behind
        self._waiting_since: float | None = None
        self._matcher: Matcher | None = None
        self._version = ""
        self._count_at = sys.maxsize  # with so many nodes their values are counted

    def step(self) -> int:
        """Match what waits; return how many nodes were looked at."""
        with self._reader.begin() as connection:
            changes = read_changes(connection, BATCH_NODES)
            if not changes or self._waits():
                return 0
            told = self._told(connection, changes)
            last = last_scores(connection, told)
        pairs = self._match(self.ready(), told, last) if told else []
        self._write(changes, told, pairs)
        return len(changes)

    def _waits(self) -> bool:
        """Say whether the cores are the tick's for now."""
        if self._behind() < LIVE_EVENTS:
            self._waiting_since = None
            return False
        now = time.monotonic()
        self._waiting_since = self._waiting_since or now
        return now - self._waiting_since < WAIT_SECONDS

    def ready(self) -> "Matcher":
        """Return the index of everybody, made on the first call."""
        if self._matcher is None:
            self._matcher = self._load()
        return self._matcher

    def _told(self, connection: Connection, changes: Sequence[PersonChange]) -> dict[bytes, dict[str, str]]:
        """Return what is now known of the nodes that are to be matched; those of which nothing changed are left out."""
        latest = {change.node: change.told for change in changes if change.told is not None}
        before = persons_of(connection, {change.node for change in changes})
        told = dict(zip(latest, self._fields.normalise(list(latest.values())), strict=True))
        again = {change.node for change in changes if change.told is None}
        found = {node: each for node, each in told.items() if each != before.get(node, {}) or node in again}
        return found | {node: before[node] for node in again - told.keys() if node in before}

    def _load(self) -> "Matcher":
        from weft.identity.live.default import default_model
        from weft.identity.live.frequencies import with_frequencies
        from weft.identity.scoring.model import load_model, model_version  # a fifth of a start

        with self._reader.begin() as connection:
            counted = newest_frequencies(connection)
            if self._path.exists():  # it has frequencies of its own
                model, self._count_at = load_model(self._path), sys.maxsize
            elif counted is None:
                model, self._count_at = default_model(), LEAST_NODES
            else:
                model = with_frequencies(default_model(), counted.frequencies)
                self._count_at = 2 * counted.frequencies.nodes
            self._version = model_version(model)
            matcher = matcher_of(connection, model)
        log.info("match.loaded", nodes=len(matcher.index), model=self._version)
        return matcher

    def _match(
        self, matcher: "Matcher", told: Mapping[bytes, dict[str, str]], last: Mapping[Pair, LastScore]
    ) -> "list[ScoredPair]":
        """Return the pairs whose score is new or another than it was."""
        rows = matcher.put(byte_keys(told), list(told.values()))
        if len(matcher.index) >= self._count_at:
            self._count(matcher, rows)
        scored, places = near_pairs(matcher, rows, last, self._rules, self._behaviour)
        return [pair for pair in matcher.pairs(scored, places) if _is_news(pair, last, self._rules)]

    def _count(self, matcher: "Matcher", waiting: "Rows") -> None:
        """Count how frequent the values of everybody are, and compare by that from now on.

        Counts and queue are one transaction; in the queue are all nodes of which a score may change. waiting: rows of
        nodes that are in it.
        """
        from weft.identity.live.default import default_model
        from weft.identity.live.frequencies import count_values, with_frequencies
        from weft.identity.scoring.model import model_version

        counted = count_values(matcher.index)
        model = with_frequencies(default_model(), counted)
        version = model_version(model)
        self._matcher = None  # made anew if what follows fails
        rows = np.setdiff1d(matcher.use(model), waiting)
        with transaction(self._database) as connection:
            add_frequencies(connection, Counted(version, self._clock(), counted))
            position = get_position(connection, PROJECT)
            for start in range(0, len(rows), IN_MAX):
                add_again(connection, matcher.index.nodes_of(rows[start : start + IN_MAX]), position)
        self._matcher, self._version, self._count_at = matcher, version, 2 * counted.nodes
        log.info("match.counted", nodes=counted.nodes, people=counted.people, again=len(rows), model=version)

    def _write(
        self,
        changes: Sequence[PersonChange],
        told: Mapping[bytes, dict[str, str]],
        pairs: "Sequence[ScoredPair]",
    ) -> None:
        at_us, position = self._clock(), max(change.position for change in changes)
        edges = [
            ScoreEdge(
                0,
                pair.left,
                pair.right,
                pair.outcome.value,
                pair.bits,
                pair.confidence,
                msgspec.json.encode(pair.fields),
                self._version,
                at_us,
                position,
            )
            for pair in pairs
        ]
        seen = {change.node: fingerprint(change.told) for change in changes if change.told is not None}
        with transaction(self._database) as connection:
            known = persons_of(connection, seen.keys() - told.keys())
            persons = {node: (told.get(node, known.get(node, {})), each) for node, each in seen.items()}
            write_persons(connection, persons)
            add_scores(connection, edges)
            write_housemates(connection, *_housemates(pairs))
            drop_changes(connection, changes[-1].number)


def matcher_of(connection: Connection, model: "Model") -> "Matcher":
    """Return the index of everybody, who are compared by a model."""
    from weft.identity.live.matcher import Matcher  # what it compares with is a fifth of a start

    matcher = Matcher(model)
    for nodes, told in every_person(connection):
        matcher.put(byte_keys(nodes), told)
    matcher.index.compact()
    return matcher


def near_pairs(
    matcher: "Matcher", rows: "Rows", last: Mapping[Pair, LastScore], rules: Rules, behaviour: Behaviour
) -> "tuple[Scored, Rows]":
    """Score rows against everybody, with what was seen of them; return also which pairs may matter.

    last: further pairs, that do.
    """
    from weft.identity.scoring.calibrate import confidence

    known = _rows_of(matcher, last)
    scored = matcher.match(rows, known)
    raised = confidence(matcher.model, scored.bits + np.float32(rules.behaviour.shared_device))
    near = raised >= rules.review
    near |= (scored.household >= 0) & (scored.bits < 0)
    if last:
        near |= matcher.among(scored, known)
    places = np.flatnonzero(near)
    seen = behaviour(matcher.ends(scored, places))
    further = {
        place: found
        for place, each in zip(places.tolist(), seen, strict=True)
        if (found := contributions(each, rules.behaviour))
    }
    return matcher.weigh(scored, further), places


def _is_news(pair: "ScoredPair", last: Mapping[Pair, LastScore], rules: Rules) -> bool:
    before = last.get((pair.left, pair.right))
    if before is None:
        return pair.confidence >= rules.review or pair.outcome.value == HOUSEHOLD
    return before.outcome != pair.outcome or abs(before.confidence - pair.confidence) >= LEAST_CHANGE


def _housemates(pairs: "Sequence[ScoredPair]") -> tuple[dict[Pair, float], list[Pair]]:
    """Return the pairs that are a household, with the probability, and those that are none."""
    found = {(each.left, each.right): each.together for each in pairs if each.outcome.value == HOUSEHOLD}
    return found, [(each.left, each.right) for each in pairs if each.outcome.value != HOUSEHOLD]


def _rows_of(matcher: "Matcher", last: Mapping[Pair, LastScore]) -> "tuple[Rows, Rows]":
    left, right = (matcher.index.rows_of(byte_keys(pair[side] for pair in last)) for side in (0, 1))
    there = (left >= 0) & (right >= 0)
    return left[there], right[there]
