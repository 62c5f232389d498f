"""Where the events of each node are: three columns of `event` again, sorted by node, so that a timeline reads little.

Facts are stored as they come. Every RUN_EVENTS of them are sorted once and appended as a run; DuckDB then passes over
all but one or two row groups of each run. What came since the last run is looked for in `event` itself, so the tick
does nothing for it, and the copy may be behind or (in a warehouse of an older Weft) not there yet.
"""

from typing import NamedTuple

import duckdb

from weft.storage.duckdb_warehouse import Warehouse, alive, transaction

RUN_EVENTS = 500_000
"""Log positions after which a run is made. So many unsorted events cost a timeline about 5 ms of CPU."""
RUNS_MAX = 16
"""A further run sorts all of them into one: a timeline reads a row group of each."""

UPTO = "SELECT coalesce(max(upto), 0), count(*) FROM event_of_node_run"
ADD = """
INSERT INTO event_of_node SELECT node_id, occurred_at, position FROM event
WHERE position > $1 AND position <= $2 ORDER BY node_id
"""
SET_UPTO = "SET VARIABLE sorted_upto = ?"
SORT_ALL = "CREATE OR REPLACE TABLE event_of_node AS SELECT * FROM event_of_node ORDER BY node_id"
FORGET_RUNS = "DELETE FROM event_of_node_run"
ADD_RUN = "INSERT INTO event_of_node_run VALUES (?)"


class Places:
    """Keeps the copy. Belongs to the thread of its worker."""

    def __init__(self, warehouse: Warehouse, run_events: int = RUN_EVENTS, runs_max: int = RUNS_MAX) -> None:
        self._warehouse = warehouse
        self._cursor = warehouse.cursor()
        self._run_events = run_events
        self._runs_max = runs_max
        self._done: int | None = None

    def step(self) -> int:
        """Make a run if enough came; return how many positions it covers."""
        upto = self._warehouse.position
        if self._done is None:
            self._done = runs_of(self._cursor).upto
        events = upto - self._done
        if events < self._run_events:
            return 0
        with alive():
            self._make(*runs_of(self._cursor), upto)
        self._done = upto
        return events

    def _make(self, done: int, runs: int, upto: int) -> None:
        with transaction(self._cursor) as cursor:
            cursor.execute(ADD, [done, upto])
            if runs >= self._runs_max:
                cursor.execute(SORT_ALL)
                cursor.execute(FORGET_RUNS)
            cursor.execute(ADD_RUN, [upto])


class Runs(NamedTuple):
    """upto: the log position that they reach."""

    upto: int
    made: int


def runs_of(cursor: duckdb.DuckDBPyConnection) -> Runs:
    """Return how far the sorted copy is."""
    row = cursor.execute(UPTO).fetchone()
    return Runs(0, 0) if row is None else Runs(*row)


def set_upto(cursor: duckdb.DuckDBPyConnection) -> None:
    """Tell the statements of `weft.storage.ibis_places` how far the sorted copy is."""
    cursor.execute(SET_UPTO, [str(runs_of(cursor).upto)])
