"""The picture of everybody while somebody asks for previews: made beside them, kept fresh, dropped when nobody does."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import msgspec
import numpy as np
import structlog
from sqlalchemy import Connection, Engine

from weft.model.audience_preview import Counting
from weft.model.expression import Given, GivenKind
from weft.model.measure import Place, PropertyColumn, ValueType
from weft.model.trait import Trait
from weft.storage.database_profiles import count_profiles, every_body, read_bodies
from weft.storage.database_thresholds import read_thresholds
from weft.storage.defined import Defined
from weft.storage.duckdb_warehouse import Warehouse
from weft.storage.preview.columns import Places
from weft.storage.preview.evidence import Evidence
from weft.storage.preview.facts import At, Facts
from weft.storage.preview.moment import Moment
from weft.storage.preview.near import NearFacts
from weft.storage.preview.picture import Picture, kept_as

log = structlog.get_logger()

IDLE_SECONDS = 600.0
"""The picture is dropped when nobody has asked for so long."""
FOLLOW_SECONDS = 60.0
"""So long after a question the picture follows by itself; later, only with the next question."""
KEEP_SECONDS = 1.0
POLL_SECONDS = 0.01
PENDING_MOST = 100_000
"""Profiles that changed since the picture was made; with more of them it is dropped and made anew."""
PAUSE_SECONDS = 0.002
"""Between two batches of profiles, so that the engine's other threads get their turn."""
BATCH = 10_000
SAMPLED = 2_000
TOLD_MOST = 40
"""Told traits that are kept without being asked for: the most frequent."""
WANTED_MOST = 100
"""Columns that are kept because they were asked for; beyond it only the newest are."""
ALIKE_SHARE = 0.5
"""A told trait of which more of the values differ names people, and is kept only when it is asked for."""


class _Told(msgspec.Struct):
    traits: dict[str, Any]


_told = msgspec.json.Decoder(_Told)


class Everybody:
    """Hands out moments. `moment` and what it returns belong to whoever holds `turn`; `touched` may come from anywhere.

    clock: microseconds since 1970 UTC. defaults: of consent, purpose → `allow` or `deny`.
    """

    def __init__(
        self,
        database: Engine,
        warehouse: Warehouse,
        defined: Defined,
        defaults: Mapping[str, str],
        clock: Callable[[], int],
    ) -> None:
        self._reader = database.execution_options(read_only=True)
        self._warehouse = warehouse
        self._defined = defined
        self._defaults = defaults
        self._clock = clock
        self.turn = threading.Lock()
        self._moment: Moment | None = None
        self._standing: _Standing | None = None
        self._wanted: frozenset[PropertyColumn] = frozenset()
        self._pending: set[bytes] = set()
        self._following = False
        self._lock = threading.Lock()
        self._keeper: threading.Thread | None = None
        self._read = self._of = 0
        self._asked = 0.0
        self._again = False
        self._wake, self._closed = threading.Event(), threading.Event()

    def touched(self, ids: Iterable[bytes]) -> None:
        """Note that profiles were written or are no more; costs nothing while there is no picture."""
        if not self._following:
            return
        with self._lock:
            if self._following:
                self._pending.update(ids)

    def moment(self, columns: Iterable[PropertyColumn], *, fresh: bool = False) -> Moment | Counting:
        """Return a moment whose picture has these columns of traits, or how far the making of one is.

        fresh: one that begins now.
        """
        self._asked = time.monotonic()
        standing, wanted = self._standing, frozenset(columns)
        if standing is None or not wanted <= set(standing.picture.columns):
            self._wanted = wanted | (self._wanted if len(self._wanted) < WANTED_MOST else frozenset())
            self._drop()
            self._begin_making(again=standing is not None)
            return Counting(self._read, self._of)
        moment = self._moment
        if moment is None or moment.over or fresh:
            moment = self._moment = self._new_moment(standing)
        return moment

    def wait(self, seconds: float) -> None:
        """Wait until the picture is made, at most so long."""
        ends = time.monotonic() + seconds
        while self._keeper is not None and self._standing is None and time.monotonic() < ends:
            self._closed.wait(POLL_SECONDS)

    def close(self) -> None:
        """Drop everything."""
        self._closed.set()
        self._wake.set()
        keeper = self._keeper
        if keeper is not None:
            keeper.join()
        with self.turn:
            self._drop()

    def _begin_making(self, *, again: bool) -> None:
        with self._lock:
            if again or self._keeper is None:
                self._again = True
                self._read = self._of = 0
                self._wake.set()
            if self._keeper is None and not self._closed.is_set():
                self._keeper = threading.Thread(target=self._keep, name="weft-preview", daemon=True)
                self._keeper.start()

    def _keep(self) -> None:
        """Make the picture, and keep it while somebody asks; make another where it lacks a column."""
        try:
            while self._again and not self._closed.is_set():
                self._again = False
                self._stand(self._made())
        except Exception as error:
            log.warning("preview.failed", error=type(error).__name__, exc_info=error)
        finally:
            with self._lock:
                self._keeper = None

    def _stand(self, standing: "_Standing | None") -> None:
        with self.turn:
            self._standing = standing
        if standing is None:
            return
        try:
            while self._standing is standing and not self._closed.is_set():
                if not standing.near.make():
                    self._wake.wait(KEEP_SECONDS)
                    self._wake.clear()
                with self.turn:
                    if self._standing is standing:
                        standing.near.tidy()
                        self._look_after(standing)
        finally:
            with self.turn:
                if self._standing is standing:
                    self._drop()
            standing.near.close()

    def _made(self) -> "_Standing | None":
        """Read every profile; None when that was no longer wanted."""
        with self._lock:
            self._following, self._pending = True, set()
        with self._reader.connect() as connection:
            self._of = count_profiles(connection)
            columns = self._wanted | self._columns(connection)
            audiences = [audience.name for audience in self._defined.audiences]
            picture = Picture(audiences, columns, [trait.name for trait in self._defined.lasting])
            for rows in every_body(connection, BATCH):
                picture.put(rows)
                self._read += len(rows)
                if self._closed.wait(PAUSE_SECONDS):
                    picture.close()
                    return None
        near = NearFacts(self._warehouse, self._defined.measures)
        facts = Facts(self._warehouse, near)
        return _Standing(picture, near, facts, Evidence(facts.cursor, self._reader, self._defaults), [])

    def _columns(self, connection: Connection) -> set[PropertyColumn]:
        """Return the columns to keep from the start: computed traits, and told ones that many share."""
        computed = {kept for trait in self._defined.traits for kept in columns_of(trait).values()}
        names = {trait.name for trait in self._defined.lasting}
        told: defaultdict[str, list[str]] = defaultdict(list)
        for _, document in next(iter(every_body(connection, SAMPLED)), ()):
            for name, value in _told.decode(document).traits.items():
                if isinstance(value, str | bool | int | float) and name not in names:
                    told[name].append(str(value))
        shared = {name: len(each) for name, each in told.items() if len(set(each)) <= len(each) * ALIKE_SHARE}
        often = sorted(shared, key=lambda name: (-shared[name], name))[:TOLD_MOST]
        return computed | {PropertyColumn(name.replace(".", "\\."), ValueType.TEXT) for name in often}

    def _look_after(self, standing: "_Standing") -> None:
        """Take in what changed, or drop the picture."""
        silent = time.monotonic() - self._asked
        if silent > IDLE_SECONDS or len(self._pending) > PENDING_MOST:
            self._drop()
        elif self._pending and silent < FOLLOW_SECONDS and (self._moment is None or self._moment.over):
            self._moment = None
            standing.touched.append(self._follow(standing.picture))

    def _new_moment(self, standing: "_Standing") -> Moment:
        picture, now_us = standing.picture, self._clock()
        standing.touched.append(self._follow(picture))
        touched = np.concatenate(standing.touched)
        standing.facts.begin(picture, touched)
        standing.evidence.refresh(touched, len(picture), now_us)
        standing.touched.clear()
        at = At(now_us, picture.zones(self._defined.home), self._defined.home)
        with self._reader.connect() as connection:
            thresholds = read_thresholds(connection)
        return Moment(picture, standing.facts, standing.evidence, at, thresholds)

    def _follow(self, picture: Picture) -> Places:
        """Take in the profiles that changed; return their places."""
        with self._lock:
            ids, self._pending = list(self._pending), set()
        places: list[Places] = [np.zeros(0, np.int64)]
        with self._reader.connect() as connection:
            for start in range(0, len(ids), BATCH):
                some = ids[start : start + BATCH]
                bodies = read_bodies(connection, some)
                places.append(picture.put(list(bodies.items())))
                places.append(picture.drop([each for each in some if each not in bodies]))
        return np.concatenate(places)

    def _drop(self) -> None:
        standing, self._standing, self._moment = self._standing, None, None
        if standing is not None:
            with self._lock:
                self._following, self._pending = False, set()
            standing.facts.close()
            standing.picture.close()


class _Standing(NamedTuple):
    """A picture that is made. touched: places that changed since the ledger was read."""

    picture: Picture
    near: NearFacts
    facts: Facts
    evidence: Evidence
    touched: list[Places]


def columns_of(trait: Trait) -> dict[str, PropertyColumn]:
    """Return the column in which a computed trait is kept, by the name that it is asked for by."""
    kept = kept_as(computed_as_told(trait))
    if trait.fading is None:
        return {trait.name: kept}
    return {trait.called: PropertyColumn(f"{trait.name}.value", kept.type, Place.CONTEXT)}


def computed_as_told(trait: Trait) -> Given:
    """Return a computed trait as it is told by the documents."""
    return Given(GivenKind.TOLD, trait.name, trait.value_type)
