"""Previews of audiences: what a rule comes to for everybody, counted over the picture and the facts at one moment."""

import time
from collections.abc import Callable, Iterator, Mapping
from threading import Lock
from uuid import UUID

import duckdb
import msgspec
import numpy as np
from sqlalchemy import Engine

from weft.audience.counting import (
    Flags,
    buckets,
    clause_sizes,
    frequent,
    holding,
    overlap,
    spread,
)
from weft.errors import Rejected
from weft.model.audience import (
    AllRule,
    AnyRule,
    Leaf,
    MemberRule,
    NotRule,
    Rule,
    TraitRule,
    givens_in,
    leaves,
)
from weft.model.audience_preview import AudiencePreview, Breakdown, Counting, PreviewAsked
from weft.model.expression import GivenKind
from weft.model.measure import PERCENTILES, PropertyColumn, ValueType, content_hash
from weft.profile.naming import DEVICES
from weft.storage.defined import Defined, at_home
from weft.storage.duckdb_warehouse import Warehouse
from weft.storage.preview.columns import NumberColumn
from weft.storage.preview.everybody import Everybody, columns_of, computed_as_told
from weft.storage.preview.moment import Moment
from weft.storage.preview.picture import Picture, kept_as

SESSIONS_MOST = 1_000
FROM_DOCUMENTS = (GivenKind.TOLD, GivenKind.BATCH)


class Previews:
    """Answers previews, one at a time, from any thread. See `Everybody`."""

    def __init__(
        self,
        database: Engine,
        warehouse: Warehouse,
        defined: Defined,
        defaults: Mapping[str, str],
        clock: Callable[[], int],
    ) -> None:
        self._everybody = Everybody(database, warehouse, defined, defaults, clock)
        self._home = defined.home
        self._told = {content_hash(trait.value): computed_as_told(trait) for trait in defined.lasting}
        self._computed = {name: kept for trait in defined.traits for name, kept in columns_of(trait).items()}
        self._lock = Lock()
        self._newest: dict[str, object] = {}
        self._running: tuple[str, Moment] | None = None
        self.touched = self._everybody.touched
        self.close = self._everybody.close

    def preview(
        self, rule: Rule, asked: PreviewAsked, *, wait_seconds: float = 0.0, fresh: bool = False
    ) -> AudiencePreview | Counting:
        """Return what a rule comes to, or how far the picture of everybody is if it is not there in time.

        fresh: at a moment that begins now, not at one of some seconds ago. Raises Rejected (code `replaced`) when the
        same session asked again meanwhile.
        """
        mine = self.end(asked.session) if asked.session else None
        rule = self._served(at_home(rule, self._home))
        givens = [given for leaf in leaves(rule) for given in givens_in(leaf)]
        columns = {kept_as(given) for given in givens if given.kind in FROM_DOCUMENTS}
        columns |= {self._kept(name) for name in asked.traits}
        began = time.monotonic()
        while True:
            with self._everybody.turn:
                self._check(asked.session, mine)
                started = time.perf_counter()
                moment = self._everybody.moment(columns, fresh=fresh)
                if isinstance(moment, Moment):
                    return self._answer(rule, asked, moment, mine, started)
            left = wait_seconds - (time.monotonic() - began)
            if left <= 0:
                return moment
            self._everybody.wait(left)

    def _answer(
        self, rule: Rule, asked: PreviewAsked, moment: Moment, mine: object, started: float
    ) -> AudiencePreview:
        self._running = asked.session, moment
        try:
            return self._counted(rule, asked, moment, mine, started)
        except duckdb.InterruptException:
            raise _replaced() from None
        finally:
            self._running = None

    def _counted(
        self, rule: Rule, asked: PreviewAsked, moment: Moment, mine: object, started: float
    ) -> AudiencePreview:
        picture = moment.picture

        def of_leaf(leaf: Leaf) -> Flags:
            self._check(asked.session, mine)
            return moment.flags(leaf)

        members = holding(rule, of_leaf) & picture.living
        names = picture.audiences if asked.overlaps else ()
        return AudiencePreview(
            size=int(np.count_nonzero(members)),
            of=int(np.count_nonzero(picture.living)),
            clauses=clause_sizes(rule, of_leaf, picture.living),
            overlaps=tuple(overlap(name, members, picture.members(name)) for name in names),
            breakdowns=tuple(self._breakdown(name, picture, members) for name in asked.traits),
            reach=moment.evidence.reach(picture, members) if asked.reach else (),
            sample=tuple(_sample(picture, members, asked.sample)),
            as_of_us=moment.at.now_us,
            took_ms=(time.perf_counter() - started) * 1_000,
        )

    def _served(self, rule: Rule) -> Rule:
        """Return a rule that reads computed traits from the documents: what is served need not be computed again.

        Not where it names a share: its threshold is kept under the trait's own name.
        """
        match rule:
            case AllRule(rules=rules) | AnyRule(rules=rules):
                return msgspec.structs.replace(rule, rules=tuple(map(self._served, rules)))
            case NotRule(rule=inner) | MemberRule(rule=inner):
                return msgspec.structs.replace(rule, rule=self._served(inner))
            case TraitRule(value=value, condition=condition) if condition.operator not in PERCENTILES:
                return msgspec.structs.replace(rule, value=self._told.get(content_hash(value), value))
            case _:
                return rule

    def _kept(self, name: str) -> PropertyColumn:
        """Return the column of a computed trait; of a told one, by its path."""
        return self._computed.get(name) or PropertyColumn(name, ValueType.TEXT)

    def _breakdown(self, name: str, picture: Picture, members: Flags) -> Breakdown:
        column = picture.trait(self._kept(name))
        if isinstance(column, NumberColumn):
            numbers = column.values[: len(members)][members]
            known = numbers[~np.isnan(numbers)]
            return Breakdown(name, buckets(known), 0, len(numbers) - len(known))
        counts = column.counts(members)
        bars, others = frequent(counts)
        return Breakdown(name, bars, others, int(np.count_nonzero(members)) - sum(counts.values()))

    def end(self, session: str) -> object:
        """End what a session asked before; return what stands for its next question."""
        mine = object()
        with self._lock:
            self._newest = dict(list(self._newest.items())[-SESSIONS_MOST:]) | {session: mine}
        running = self._running
        if running is not None and running[0] == session:
            running[1].facts.interrupt()
        return mine

    def _check(self, session: str, mine: object) -> None:
        if session and self._newest.get(session) is not mine:
            raise _replaced()


def _sample(picture: Picture, members: Flags, most: int) -> Iterator[UUID]:
    """Yield some members, evenly spread: such as are named by more than a device, if there are enough."""
    known = members & picture.having(picture.namespaces.keys() - DEVICES)
    places = np.flatnonzero(known)
    if len(places) < most:
        places = np.concatenate((places, np.flatnonzero(members & ~known)))[:most]
    return (UUID(bytes=key) for key in picture.ids(spread(places, most)))


def _replaced() -> Rejected:
    return Rejected("A newer preview of the same session took its place; wait for that one.", code="replaced")
