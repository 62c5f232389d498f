"""What a tick did to the map: gathered, then written with its change feed."""

from collections.abc import Sequence
from uuid import UUID

import duckdb
import numpy as np
import pyarrow as pa

from weft.storage.duckdb_arrow import insert_rows, registered, uuid_array
from weft.storage.duckdb_warehouse import read_meta, write_meta
from weft.storage.identity_map import IdentityMap
from weft.storage.key_index import Rows, key_bytes

MERGE_PROFILES = (
    "UPDATE identity_map SET profile_id = move.into_id FROM move WHERE identity_map.profile_id = move.from_id"
)
MOVE_NODES = (
    "UPDATE identity_map SET profile_id = move.into_id FROM move WHERE identity_map.node_id = move.node_id"
)
MOVE_NODE = "UPDATE identity_map SET profile_id = ? WHERE first_position = ? AND node_id = ?"
FEW = 12
"""So many nodes at most are placed one by one."""
DELETE_CONTESTED = "DELETE FROM contested WHERE profile_id IN (SELECT profile_id FROM settled_profile)"
NOTHING = bytes(16)


class Outcome:
    """What changed in the map, gathered before it is written. All are rows of the map; a profile is its holder's."""

    def __init__(self) -> None:
        self.joined: list[tuple[int, int]] = []  # (from, into), whole profiles that links joined
        self.merged: list[tuple[int, int]] = []  # (from, into), whole profiles
        self.split: list[tuple[int, int]] = []  # (from, into), which was none before
        self.moved: list[tuple[int, int, int]] = []  # (node, from, into)
        self.placed: list[tuple[int, int]] = []  # (node, into): those that moved or are of merged profiles
        self.refused: list[tuple[int, bytes, str, int]] = []  # (profile, link, why, steward)
        self.settled: set[int] = set()  # profiles whose contested links were looked at again
        self.generic: dict[int, int] = {}  # node → how many people it is of at least


def write_map(
    cursor: duckdb.DuckDBPyConnection, known: IdentityMap, outcome: Outcome, new_nodes: pa.Table, rows: Rows
) -> None:
    """Write the map. new_nodes: rows of `node`; rows: theirs in the map."""
    if len(rows):
        profiles = uuid_array(known.own_profiles(known.holders(rows)))
        mapped = new_nodes.select(["node_id", "namespace", "first_position"])
        insert_rows(cursor, "node", new_nodes)
        insert_rows(cursor, "identity_map", mapped.append_column("profile_id", profiles))
    if outcome.joined:
        gone, into = (known.own_profiles(np.array(each)) for each in zip(*outcome.joined, strict=True))
        with registered(cursor, "move", _columns(from_id=gone, into_id=into)):
            cursor.execute(MERGE_PROFILES)
    if outcome.placed:
        _place(cursor, known, *(np.array(each) for each in zip(*outcome.placed, strict=True)))
    if outcome.settled:
        settled = known.own_profiles(np.array(sorted(outcome.settled)))
        with registered(cursor, "settled_profile", _columns(profile_id=settled)):
            cursor.execute(DELETE_CONTESTED)
    if outcome.refused:
        holders, links, why, steward = zip(*outcome.refused, strict=True)
        contested = _columns(profile_id=known.own_profiles(np.array(holders)), link_key=links)
        contested = contested.append_column("why", pa.array(why)).append_column("steward", pa.array(steward))
        insert_rows(cursor, "contested", contested)
    if outcome.generic:
        nodes = key_bytes(known.index.keys(np.array(list(outcome.generic))))
        people = pa.array(outcome.generic.values(), pa.int64())
        insert_rows(cursor, "generic", _columns(node_id=nodes).append_column("people", people))


def _place(cursor: duckdb.DuckDBPyConnection, known: IdentityMap, nodes: Rows, holders: Rows) -> None:
    """Put nodes into profiles. A few are found by their position, so that DuckDB passes over most of the map."""
    ids, profiles = key_bytes(known.index.keys(nodes)), known.own_profiles(holders)
    if len(ids) > FEW:
        with registered(cursor, "move", _columns(node_id=ids, into_id=profiles)):
            cursor.execute(MOVE_NODES)
        return
    for node, profile, position in zip(ids, profiles, known.first_positions(nodes), strict=True):
        cursor.execute(MOVE_NODE, [UUID(bytes=profile), position, UUID(bytes=node)])


def write_changes(
    cursor: duckdb.DuckDBPyConnection,
    known: IdentityMap,
    outcome: Outcome,
    created: Rows,
    restated: Sequence[bytes],
    position: int,
) -> int:
    """Append to the change feed; return the number of its last row, 0 if nothing was added."""
    whole = [*outcome.joined, *outcome.merged]
    merged, split = (_ordered(known, each, 2) for each in (whole, outcome.split))
    moved = _ordered(known, outcome.moved, 3)
    count = [len(created), len(merged), len(split), len(moved), len(restated)]
    if not sum(count):
        return 0
    profiles = np.concatenate((created, merged[:, 1], split[:, 1], moved[:, 2]))
    others = np.concatenate((merged[:, 0], split[:, 0], moved[:, 1]))
    nowhere = [NOTHING]
    changes = _columns(
        profile_id=known.own_profiles(profiles) + nowhere * count[4],
        other_id=nowhere * count[0] + known.own_profiles(others) + nowhere * count[4],
        node_id=key_bytes(known.index.keys(created))
        + nowhere * (count[1] + count[2])
        + key_bytes(known.index.keys(moved[:, 0]))
        + list(restated),
    )
    number = int(read_meta(cursor, "change_number") or 0)
    numbers = pa.array(range(number + 1, number + 1 + sum(count)), pa.int64())
    changes = changes.append_column("number", numbers)
    changes = changes.append_column("position", pa.array([position] * sum(count), pa.int64()))
    kinds = ("created", "merged", "split", "moved", "restated")
    kind = [name for name, times in zip(kinds, count, strict=True) for _ in range(times)]
    insert_rows(cursor, "change", changes.append_column("kind", pa.array(kind)))
    write_meta(cursor, "change_number", str(number + sum(count)))
    return number + sum(count)


def _ordered(known: IdentityMap, changes: Sequence[tuple[int, ...]], width: int) -> Rows:
    """Return changes by the ids of their nodes: rows of the map are others after a restart."""
    rows = np.array(changes, np.int64).reshape(-1, width)
    keys = [known.index.keys(column)[:, half] for column in rows.T for half in (0, 1)]
    return rows[np.lexsort(keys[::-1])]


def _columns(**ids: Sequence[bytes]) -> pa.Table:
    return pa.table({name: uuid_array(keys) for name, keys in ids.items()})
