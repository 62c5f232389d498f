"""The compiled expressions over the few profiles that one step touches, in a small DuckDB of its own.

With few rows and many measures the cost is planning, not data. So the statements are prepared once, which is safe only
because nothing here optimises them: with its optimiser DuckDB 1.5 plans a prepared statement by the statistics of that
moment, and over an empty table it may conclude for good that a filter never matches. One thread: a second one only
multiplies what each aggregate sets up.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import pyarrow as pa

from weft.clock import us_of
from weft.profile.projection import Evaluated
from weft.storage.arrow_frame import clock_table, zones_of
from weft.storage.defined import Defined
from weft.storage.duckdb_arrow import fetch, in_memory, microseconds, uuid_array, uuid_bytes
from weft.storage.duckdb_warehouse import Warehouse


class EvaluateSql(NamedTuple):
    """The tables of the evaluator, empty between steps, the statements to prepare over them, and their parameters.

    facts: the columns of the table `facts`, in order. The prepared statements are named gather, merge, texts and
    outcomes.
    """

    facts: tuple[str, ...]
    tables: tuple[str, ...]
    prepare: tuple[str, ...]


class Evaluator:
    """Turns facts and the states that were kept into new states, values and memberships. Belongs to one thread.

    thresholds: of the shares that the definitions compare with, by the columns of `clock`.
    """

    def __init__(self, warehouse: Warehouse, defined: Defined) -> None:
        self._defined = defined
        self._sql = evaluate_statements(warehouse, defined)
        self._outcomes = outcome_reader(defined)
        self.thresholds: Mapping[str, float] = {}
        self._cursor = in_memory()
        self._cursor.execute("PRAGMA disable_optimizer")
        for statement in (*self._sql.tables, *self._sql.prepare):
            self._cursor.execute(statement)

    def evaluate(
        self,
        facts: pa.Table | None,
        kept: Sequence[tuple[bytes, str]],
        owned: Mapping[bytes, bytes],
        given: pa.Table,
        now: datetime,
    ) -> tuple[dict[bytes, str], dict[bytes, Evaluated]]:
        """Add facts to the kept states and evaluate every definition for the profiles that own the nodes.

        facts: rows of `event`, None for none. kept: (node, JSON state). owned: node → profile. given: rows of `given`.
        Return the new states by node and the outcome by profile.
        """
        nodes, texts = zip(*kept, strict=True) if kept else ((), ())
        cursor = self._cursor
        cursor.execute("BEGIN")
        try:
            self._insert("clock", clock_table(self._defined, us_of(now), self.thresholds))
            self._insert("given", given)
            self._insert("zones", zones_of(self._defined, given, us_of(now)))
            if facts is not None:
                self._insert("facts", facts.select(self._sql.facts))
            self._insert(
                "encoded", pa.table({"node_id": uuid_array(nodes), "state": pa.array(texts, pa.string())})
            )
            self._insert(
                "owned",
                pa.table(
                    {"profile_id": uuid_array(list(owned.values())), "owned_node": uuid_array(list(owned))}
                ),
            )
            cursor.execute("EXECUTE gather")
            cursor.execute("EXECUTE merge")
            states = fetch(cursor, "EXECUTE texts")
            outcomes = fetch(cursor, "EXECUTE outcomes")
        finally:
            cursor.execute("ROLLBACK")  # empties the tables
        merged = dict(zip(uuid_bytes(states["node_id"]), states["state"].to_pylist(), strict=True))
        return merged, self._outcomes(outcomes)

    def _insert(self, table: str, rows: pa.Table) -> None:
        if rows.num_rows:
            self._cursor.from_arrow(rows).insert_into(table)


def evaluate_statements(warehouse: Warehouse, defined: Defined) -> EvaluateSql:
    """Return the statements for a set of definitions."""

    def make() -> EvaluateSql:
        from weft.storage.ibis_project import evaluate_sql

        return evaluate_sql(defined)

    return warehouse.statements(EvaluateSql, defined.content, make)


def outcome_reader(defined: Defined) -> Callable[[pa.Table], dict[bytes, Evaluated]]:
    """Return what turns rows of `evaluate` into outcomes by profile."""

    def read(rows: pa.Table) -> dict[bytes, Evaluated]:
        profiles = uuid_bytes(rows["profile_id"])
        due = microseconds(rows["due_at"])
        outcomes = defined.outcomes(rows)
        return {
            profile: Evaluated(traits, audiences, at)
            for profile, (traits, audiences), at in zip(profiles, outcomes, due, strict=True)
        }

    return read
