"""The statements of the tick: constants, and those that `weft.storage.ibis_tick` makes."""

from typing import NamedTuple

from weft.identity.rules import Rules
from weft.model.measure import PropertyColumn
from weft.storage.duckdb_warehouse import Warehouse

SET_NODE_KEY = "SET VARIABLE node_key = ?"
"""The statements read it by name, so that no secret stands in their text."""
CHUNK_FIRST = "CREATE OR REPLACE TEMP TABLE chunk_first AS SELECT ?::BIGINT AS first"
CHUNK_VIEW = (
    "CREATE OR REPLACE TEMP VIEW incoming AS "
    "SELECT * EXCLUDE (file_row_number) REPLACE ((SELECT first FROM chunk_first) + file_row_number AS position) "
    "FROM incoming_file"
)
DROP_CHUNK_VIEW = "DROP VIEW incoming"
DROP_REPEATS = "DELETE FROM staged WHERE message_key IN (SELECT message_key FROM repeat)"
DROP_REPEATS_WITHIN = """
DELETE FROM staged USING (
    SELECT message_key, min(position) AS first FROM staged GROUP BY message_key HAVING count(*) > 1
) AS twice WHERE staged.message_key = twice.message_key AND staged.position > twice.first
"""
INSERT_SUPERSEDED = "INSERT INTO superseded SELECT * FROM staged_superseded"
COUNT_SUPERSEDED = "SELECT count(*) FROM staged_superseded"
COUNTS = "SELECT type, name, count(*) FROM staged GROUP BY type, name"
SAMPLE = (
    "SELECT type, name, identifiers, properties FROM staged "
    "QUALIFY row_number() OVER (PARTITION BY type, name ORDER BY position) <= 200"
)


class TickSql(NamedTuple):
    """One statement a step, in the order in which the tick runs them."""

    stage: str
    keys: str
    repeats: str
    supersede: str
    supersede_within: str
    restated_nodes: str
    insert_events: str
    nodes: str
    pairs: str


def tick_statements(warehouse: Warehouse, columns: tuple[PropertyColumn, ...], rules: Rules) -> TickSql:
    """Return the statements of the tick. columns: the typed columns that events carry for the definitions."""
    about = (columns, sorted(rules.devices))

    def make() -> TickSql:
        from weft.storage.ibis_tick import tick_sql

        return tick_sql(*about)

    return warehouse.statements(TickSql, about, make)
