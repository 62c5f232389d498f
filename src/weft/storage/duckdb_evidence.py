"""The evidence log of the warehouse, and the queue of links that a steward is asked about.

The first time that events show a pair stands in its link; the log has everything after it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import duckdb
import pyarrow as pa

from weft.identity.rules import Rules
from weft.storage.duckdb_arrow import insert_rows, registered
from weft.storage.link_strength import Bools, Floats

HEAD = "SELECT coalesce(max(number), 0) FROM evidence"
DECIDED = "DELETE FROM review WHERE why = ? AND link_key IN (SELECT link_key FROM asked)"


class Why(StrEnum):
    """Why a steward is asked about a link."""

    UNSURE = "unsure"
    AFTER_SPLIT = "after_split"
    FALLEN = "fallen"


class EvidenceLog:
    """Numbers evidence and appends it. head: the number of the newest."""

    def __init__(self, head: int) -> None:
        self.head = head

    def note(self, cursor: duckdb.DuckDBPyConnection, rows: pa.Table) -> None:
        """Append rows that have every column of `evidence` but the number."""
        numbers = pa.array(range(self.head + 1, self.head + 1 + rows.num_rows), pa.int64())
        insert_rows(cursor, "evidence", rows.append_column("number", numbers))
        self.head += rows.num_rows

    def keep(self, cursor: duckdb.DuckDBPyConnection, statement: str) -> None:
        """Append what a statement inserts. It takes the number of the newest and returns how many it added."""
        row = cursor.execute(statement, [self.head]).fetchone()
        self.head += 0 if row is None else int(row[0])


def recall_evidence(cursor: duckdb.DuckDBPyConnection) -> EvidenceLog:
    """Return the log as the warehouse has it."""
    row = cursor.execute(HEAD).fetchone()
    return EvidenceLog(0 if row is None else int(row[0]))


def ask_about_unsure(
    cursor: duckdb.DuckDBPyConnection, rules: Rules, links: pa.Table, confidence: Floats, known: Bools
) -> None:
    """Put links between the two thresholds into the queue, and take others out. known: they may be in it."""
    unsure = (confidence >= rules.review) & (confidence < rules.merge)
    if known.any():
        with registered(cursor, "asked", links.filter(pa.array(known)).select(["link_key"])):
            cursor.execute(DECIDED, [Why.UNSURE])
    if unsure.any():
        ask_about(cursor, links.filter(pa.array(unsure)), Why.UNSURE)


def ask_about(cursor: duckdb.DuckDBPyConnection, links: pa.Table, why: Why) -> None:
    """Put links into the queue. links: link_key and first_at."""
    asked = links.select(["link_key", "first_at"]).rename_columns(["link_key", "since_at"])
    insert_rows(cursor, "review", asked.append_column("why", pa.array([why.value] * asked.num_rows)))


def with_columns(rows: pa.Table, columns: Mapping[str, Any]) -> pa.Table:
    """Return rows with these columns, in place of those of the same name."""
    kept = rows.drop_columns([name for name in columns if name in rows.column_names])
    for name, values in columns.items():
        kept = kept.append_column(name, pa.array(values))
    return kept
