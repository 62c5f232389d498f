"""What the tick remembers, so that it need not ask the warehouse: loaded once, and kept up to date by each batch."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from weft.identity.rules import Rules
from weft.storage.duckdb_arrow import uuid_prefixes
from weft.storage.duckdb_identity import Known, recall_identity
from weft.storage.duckdb_links import KnownLinks, recall_links
from weft.storage.duckdb_stays import KnownStays, StaySql, recall_stays
from weft.storage.duckdb_steward import Stewardship
from weft.storage.seen import SeenKeys

SEEN_SINCE = "SELECT message_key FROM event WHERE received_at >= ?"
SEEN_RECORDS = (
    "SELECT DISTINCT md5(name || chr(31) || record_id)::UUID AS key FROM event WHERE record_id IS NOT NULL"
)


class Memory(NamedTuple):
    """What is known without asking the warehouse, loaded from it. messages: those received in the last days."""

    messages: SeenKeys
    records: SeenKeys
    links: KnownLinks
    identity: Known
    stays: KnownStays

    def add(self, keys: pa.Table) -> None:
        """Remember messages and records that were stored. keys: message_key and record_key (or NULL) of each."""
        self.messages.add(uuid_prefixes(keys["message_key"]))
        records = np.unique(uuid_prefixes(keys["record_key"].drop_null()))
        self.records.add(records[~self.records.maybe(records)])


def recall_memory(
    cursor: duckdb.DuckDBPyConnection, since: datetime, stewardship: Stewardship, sql: StaySql, rules: Rules
) -> Memory:
    """Load it: messages received since then (UTC without a zone), every record, link, node and shared device."""
    return Memory(
        messages=_recall_keys(cursor, SEEN_SINCE, [since]),
        records=_recall_keys(cursor, SEEN_RECORDS),
        links=recall_links(cursor),
        identity=recall_identity(cursor, stewardship),
        stays=recall_stays(cursor, sql, rules),
    )


def maybe_known(keys: "pa.ChunkedArray[Any]", seen: SeenKeys | None) -> pa.Table:
    """Return those keys that the warehouse may have. seen: None for all of them."""
    if seen is not None:
        keys = keys.filter(pa.array(seen.maybe(uuid_prefixes(keys))))
    return pa.table([keys], names=["key"])


def _recall_keys(
    cursor: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[object] | None = None
) -> SeenKeys:
    seen = SeenKeys()
    for piece in cursor.execute(query, parameters).to_arrow_reader(1_000_000):
        seen.add(uuid_prefixes(pa.table([piece.column(0)], names=["key"]).column(0)))
    return seen
