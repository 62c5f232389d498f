"""Notes the figures of identity once a day, so that they can be held against those of a week ago."""

from collections.abc import Callable

from sqlalchemy import Engine

from weft.identity.rules import Rules
from weft.identity.steward import in_force
from weft.storage.database import transaction
from weft.storage.database_identity_days import add_day, day_of, newest_day
from weft.storage.database_steward import StewardEdges
from weft.storage.duckdb_quality import QualityReader
from weft.storage.duckdb_warehouse import Warehouse


class IdentityDays:
    """One step of a worker that has time. clock: in microseconds since 1970 UTC."""

    def __init__(
        self, database: Engine, warehouse: Warehouse, rules: Rules, clock: Callable[[], int]
    ) -> None:
        self._database = database
        self._said = StewardEdges(database)
        self._warehouse = warehouse
        self._quality = QualityReader(warehouse, rules)
        self._clock = clock
        self._done: int | None = None

    def step(self) -> int:
        """Note today's figures if there are people and nobody did; it returns 0, so that the next step waits."""
        now = self._clock()
        if not self._warehouse.position:  # nobody is known, and every look costs some scans
            return 0
        if self._done is None:
            with self._database.execution_options(read_only=True).begin() as connection:
                self._done = newest_day(connection) or 0
        if day_of(now) <= self._done:
            return 0
        state = self._quality.state(in_force(self._said(0)), now)
        if state.people:
            with transaction(self._database) as connection:
                add_day(connection, state)
            self._done = day_of(now)
        return 0
