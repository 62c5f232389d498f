"""The statements of the tick: constants, and those that `weft.storage.ibis_tick` makes."""

from typing import NamedTuple

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
MERGE_PROFILES = (
    "UPDATE identity_map SET profile_id = move.into_id FROM move WHERE identity_map.profile_id = move.from_id"
)
MOVE_NODES = (
    "UPDATE identity_map SET profile_id = move.into_id FROM move WHERE identity_map.node_id = move.node_id"
)
EARLIER_LINKS = (
    "UPDATE link SET first_at = earlier.first_at, message_id = earlier.message_id FROM earlier "
    "WHERE link.link_key = earlier.link_key"
)
DELETE_CONTESTED = "DELETE FROM contested WHERE profile_id IN (SELECT profile_id FROM settled_profile)"


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
    links: str
