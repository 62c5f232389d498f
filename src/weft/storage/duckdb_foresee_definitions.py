"""What other definitions would make of everybody, over the facts as they are; nothing is written."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from datetime import datetime

import msgspec
from sqlalchemy import Engine

from weft.errors import Rejected, Transient
from weft.storage.database_audiences import members_between
from weft.storage.database_batches import read_runs
from weft.storage.database_thresholds import read_thresholds
from weft.storage.defined import Defined
from weft.storage.duckdb_rebuild import RebuildStore
from weft.storage.duckdb_warehouse import Warehouse
from weft.storage.outside import Outside
from weft.storage.sql.run import FailedRunError, Limits, run_sql

WAIT_SECONDS = 20.0
CATALOG = "SELECT current_database()"

Tried = dict[str, dict[bytes, tuple[bytes, str]]]
"""SQL trait → node → (profile, the value as JSON)."""
Show = Callable[[float], None]
"""Told the share that is done."""


class Moving(msgspec.Struct):
    """Who would enter and leave an audience. enters, leaves: profile ids of some of them."""

    name: str
    before: int = 0
    after: int = 0
    entering: int = 0
    leaving: int = 0
    enters: list[bytes] = []
    leaves: list[bytes] = []

    def add(self, members: set[bytes], inside: set[bytes], most: int) -> None:
        """Count one slice. most: how many ids are kept."""
        entering, leaving = inside - members, members - inside
        self.before += len(members)
        self.after += len(inside)
        self.entering += len(entering)
        self.leaving += len(leaving)
        self.enters += sorted(entering)[: most - len(self.enters)]
        self.leaves += sorted(leaving)[: most - len(self.leaves)]


class DefinitionsForeseen(msgspec.Struct, frozen=True):
    """What would be. people: profiles; values: trait → how many profiles would have a value."""

    people: int
    audiences: tuple[Moving, ...]
    values: dict[str, int]


class DefinitionsPreview:
    """Tries definitions by the expressions that would be in force. clock: the time as UTC without a zone.

    limits: of the runs of SQL traits.
    """

    def __init__(
        self, warehouse: Warehouse, database: Engine, clock: Callable[[], datetime], limits: Limits
    ) -> None:
        self._limits = limits
        self._warehouse = warehouse
        self._database = database
        self._reader = database.execution_options(read_only=True)
        self._clock = clock
        self._turn = threading.Lock()

    def foresee(self, defined: Defined, most: int, show: Show) -> DefinitionsForeseen:
        """Return who would enter and leave the audiences of `defined`, held against who is in them as served.

        most: samples each way. Memory does not grow with the number of people.
        Raises Transient while another dry run goes on, Rejected for a SQL trait that cannot be run.
        """
        if not self._turn.acquire(timeout=WAIT_SECONDS):
            raise Transient("Another dry run of definitions goes on; ask again when it is done.")
        try:
            tried = self._tried(defined)
            with self._warehouse.bulk():
                return self._foresee(defined, tried, most, show)
        finally:
            self._turn.release()

    def _foresee(self, defined: Defined, tried: Tried, most: int, show: Show) -> DefinitionsForeseen:
        store = _Trial(self._warehouse, defined)
        moving = {each.name: Moving(each.name) for each in defined.audiences}
        with self._reader.begin() as connection:  # a new share has none: nobody meets it yet, as in force
            store.thresholds = read_thresholds(connection)
        people, values = 0, Counter[str]()
        outside = Outside(self._database, defined, tried)
        for part in store.everybody(outside.giving, self._clock()):
            outcomes = part.evaluated
            people += len(outcomes)
            values.update(name for each in outcomes.values() for name in each.traits)
            members = self._members(moving, outcomes)
            for name, each in moving.items():
                inside = {key for key, outcome in outcomes.items() if name in outcome.audiences}
                each.add(members[name], inside, most)
            show(part.done)
        return DefinitionsForeseen(people, tuple(moving.values()), dict(values))

    def _tried(self, defined: Defined) -> Tried:
        """Run the SQL traits that are new or changed; the others have the values that they have in force.

        Together they have as long as one has in force: somebody waits for the answer.
        """
        ends = time.monotonic() + self._limits.seconds
        with self._reader.begin() as connection:
            runs = read_runs(connection)
        found: Tried = {}
        for trait in defined.traits:
            run = runs.get(trait.name)
            if trait.batch is not None and (run is None or run.version != trait.version):
                if (left := round(ends - time.monotonic())) < 1:
                    raise Rejected(
                        f"traits/{trait.name}: the SQL traits before it took {self._limits.seconds} s; "
                        "change fewer at once"
                    )
                limits = self._limits._replace(seconds=left)
                try:
                    found[trait.name] = run_sql(trait, self._database, self._warehouse, limits).values
                except FailedRunError as error:
                    raise Rejected(f"traits/{trait.name}: its SQL has no result: {error}") from error
        return found

    def _members(self, names: Iterable[str], outcomes: Collection[bytes]) -> dict[str, set[bytes]]:
        first, last = min(outcomes), max(outcomes)
        with self._reader.begin() as connection:
            return {
                name: members_between(connection, name, first, last).intersection(outcomes) for name in names
            }


class _Trial(RebuildStore):
    """Evaluates definitions that are not in force: their statements are not kept, their columns are not added."""

    def __init__(self, warehouse: Warehouse, defined: Defined) -> None:
        from weft.storage.ibis_rebuild import rebuild_sql
        from weft.storage.ibis_schema import event_with

        super().__init__(warehouse, defined, sql=rebuild_sql(defined))
        present = set(warehouse.columns("event"))
        missing = [each for each in defined.property_columns if each.column_name not in present]
        if missing:
            row = self._cursor.execute(CATALOG).fetchone()
            assert row is not None
            self._cursor.execute(event_with(missing, str(row[0])))
