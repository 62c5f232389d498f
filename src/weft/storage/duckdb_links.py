"""The links of a tick: which are new, and which are known from a later moment or not yet as an alias."""

import duckdb
import numpy as np
import pyarrow as pa
from pyarrow.compute import call_function

from weft.storage.duckdb_arrow import epoch_us, fetch, insert_rows, registered, uuid_keys
from weft.storage.key_index import Grown, KeyIndex

LINKS = "SELECT link_key, first_at, kind = 'alias' AS is_alias FROM link"
TOLD_LINKS = """
UPDATE link SET
    kind = least(link.kind, told.kind), first_at = least(link.first_at, told.first_at),
    message_id = CASE WHEN told.first_at < link.first_at THEN told.message_id ELSE link.message_id END
FROM told WHERE link.link_key = told.link_key
"""
"""`alias` is the lesser kind: what an alias ever said stays said, whichever event came first."""


class KnownLinks:
    """Every link, when its evidence was first seen (microseconds, event time), and whether an alias ever said it."""

    def __init__(self) -> None:
        self.index, self.first_us, self.alias = KeyIndex(), Grown(np.int64), Grown(np.bool_)


def recall_links(cursor: duckdb.DuckDBPyConnection) -> KnownLinks:
    """Load the links from the warehouse."""
    known, rows = KnownLinks(), fetch(cursor, LINKS)
    known.index.add(uuid_keys(rows["link_key"]))
    known.first_us.extend(epoch_us(rows["first_at"]))
    known.alias.extend(np.asarray(rows["is_alias"]))
    return known


def update_links(cursor: duckdb.DuckDBPyConnection, known: KnownLinks, links: pa.Table) -> pa.Table:
    """Store this tick's links (rows of `link`, each once); return those that are new or older than was known.

    What is known is changed at once: when the transaction fails, it must be recalled.
    """
    keys, first_us = uuid_keys(links["link_key"]), epoch_us(links["first_at"])
    alias = np.asarray(call_function("equal", [links["kind"], "alias"]))
    rows = known.index.find(keys)
    new, held = rows < 0, rows >= 0
    earlier = held.copy()
    earlier[held] = first_us[held] < known.first_us.values[rows[held]]
    told = earlier.copy()
    told[held] |= alias[held] & ~known.alias.values[rows[held]]
    if new.any():
        insert_rows(cursor, "link", links.filter(pa.array(new)))
    if told.any():
        with registered(cursor, "told", links.filter(pa.array(told))):
            cursor.execute(TOLD_LINKS)
    known.first_us.values[rows[earlier]] = first_us[earlier]
    known.alias.values[rows[told]] |= alias[told]
    known.index.add(keys[new])
    known.first_us.extend(first_us[new])
    known.alias.extend(alias[new])
    return links.filter(pa.array(new | earlier))
