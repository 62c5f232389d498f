"""The links of a tick: which are new, and which are known from a later moment."""

import duckdb
import numpy as np
import pyarrow as pa

from weft.storage.duckdb_arrow import fetch, insert_rows, microseconds, registered, uuid_keys
from weft.storage.key_index import Grown, KeyIndex

LINKS = "SELECT link_key, first_at FROM link"
EARLIER_LINKS = (
    "UPDATE link SET first_at = earlier.first_at, message_id = earlier.message_id FROM earlier "
    "WHERE link.link_key = earlier.link_key"
)


class KnownLinks:
    """Every link and when its evidence was first seen (microseconds, event time)."""

    def __init__(self) -> None:
        self.index, self.first_us = KeyIndex(), Grown(np.int64)


def recall_links(cursor: duckdb.DuckDBPyConnection) -> KnownLinks:
    """Load the links from the warehouse."""
    known, rows = KnownLinks(), fetch(cursor, LINKS)
    known.index.add(uuid_keys(rows["link_key"]))
    known.first_us.extend(np.array(microseconds(rows["first_at"]), np.int64))
    return known


def update_links(cursor: duckdb.DuckDBPyConnection, known: KnownLinks, links: pa.Table) -> pa.Table:
    """Store this tick's links (rows of `link`, each once); return those that are new or older than was known.

    What is known is changed at once: when the transaction fails, it must be recalled.
    """
    keys, first_us = uuid_keys(links["link_key"]), np.array(microseconds(links["first_at"]), np.int64)
    rows = known.index.find(keys)
    new, held = rows < 0, rows >= 0
    earlier = held.copy()
    earlier[held] = first_us[held] < known.first_us.values[rows[held]]
    if new.any():
        insert_rows(cursor, "link", links.filter(pa.array(new)))
    if earlier.any():
        with registered(cursor, "earlier", links.filter(pa.array(earlier))):
            cursor.execute(EARLIER_LINKS)
    known.first_us.values[rows[earlier]] = first_us[earlier]
    known.index.add(keys[new])
    known.first_us.extend(first_us[new])
    return links.filter(pa.array(new | earlier))
