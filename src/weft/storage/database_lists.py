"""Uploaded lists: which identifiers are in them."""

from collections.abc import Collection, Iterable, Sequence, Set

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    String,
    Table,
    bindparam,
    delete,
    func,
    select,
)

from weft.model.signal import Cause
from weft.storage.database import Key, metadata
from weft.storage.database_outside import look_again
from weft.storage.database_profiles import served_node
from weft.storage.database_upsert import upsert_rows

NODES_PER_QUERY = 500

listed = Table(
    "listed",
    metadata,
    Column("list", String, primary_key=True),
    Column("node_id", Key, primary_key=True),
    Column("since_us", BigInteger, nullable=False),
)
Index("listed_by_node", listed.c.node_id)
uploaded = Table(
    "uploaded_list",
    metadata,
    Column("name", String, primary_key=True),
    Column("size", Integer, nullable=False),
    Column("namespaces", String, nullable=False),  # set apart by spaces
    Column("at_us", BigInteger, nullable=False),
    Column("who", String, nullable=False),
)
_ONE = delete(listed).where(listed.c.list == bindparam("name"), listed.c.node_id == bindparam("node"))


class UploadedList(msgspec.Struct, frozen=True):
    """A list as it was uploaded last. size: its identifiers; at_us, who: when, and by whom."""

    name: str
    size: int
    namespaces: tuple[str, ...]
    at_us: int
    who: str


class ListChange(msgspec.Struct, frozen=True):
    """Nodes that a list had not had before, and those that it has no more; in order, as rows are written fastest."""

    added: list[bytes]
    removed: list[bytes]


def list_change(connection: Connection, name: str, nodes: Set[bytes]) -> ListChange:
    """Return what would change if a list were of exactly these nodes."""
    before = set(nodes_listed(connection, name))
    return ListChange(sorted(nodes - before), sorted(before - nodes))


def replace_list(connection: Connection, made: UploadedList, nodes: Set[bytes]) -> ListChange:
    """Make a list of exactly these nodes, inside the caller's transaction. Whoever enters or leaves is looked at again.

    A node that stays keeps the time since when it is listed.
    """
    change = list_change(connection, made.name, nodes)
    if change.removed:
        connection.execute(_ONE, [{"name": made.name, "node": node} for node in change.removed])
    rows = [(made.name, node, made.at_us) for node in change.added]
    upsert_rows(connection, listed, ("list", "node_id"), ("since_us",), rows)
    look_again(connection, [*change.added, *change.removed], Cause.LIST)
    told = (made.size, " ".join(made.namespaces), made.at_us, made.who)
    upsert_rows(connection, uploaded, ("name",), ("size", "namespaces", "at_us", "who"), [(made.name, *told)])
    return change


def remove_list(connection: Connection, name: str) -> None:
    """Take a list away, inside the caller's transaction."""
    look_again(connection, nodes_listed(connection, name), Cause.LIST)
    connection.execute(delete(listed).where(listed.c.list == name))
    connection.execute(delete(uploaded).where(uploaded.c.name == name))


def uploaded_lists(connection: Connection) -> Sequence[UploadedList]:
    """Return every list, by name."""
    rows = connection.execute(select(uploaded).order_by(uploaded.c.name))
    return [
        UploadedList(each.name, each.size, tuple(each.namespaces.split()), each.at_us, each.who)
        for each in rows
    ]


def people_listed(connection: Connection, name: str) -> int:
    """Count the profiles that hold an identifier of a list: one look-up for each of those."""
    owners = func.count(served_node.c.profile_id.distinct())
    found = select(owners).join_from(listed, served_node, listed.c.node_id == served_node.c.node_id)
    return int(connection.execute(found.where(listed.c.list == name)).scalar_one())


def nodes_listed(connection: Connection, name: str) -> list[bytes]:
    """Return the identifiers that are on a list."""
    return list(connection.execute(select(listed.c.node_id).where(listed.c.list == name)).scalars())


def lists_of(
    connection: Connection, nodes: Iterable[bytes], lists: Collection[str], at_us: int | None = None
) -> dict[bytes, list[str]]:
    """Return, for each of the nodes that is on any of the lists, on which. at_us: only if it was by then."""
    found: dict[bytes, list[str]] = {}
    wanted = select(listed.c.node_id, listed.c.list).where(listed.c.list.in_(lists))
    if at_us is not None:
        wanted = wanted.where(listed.c.since_us <= at_us)
    for part in _parts(nodes):
        for node, name in connection.execute(wanted.where(listed.c.node_id.in_(part))):
            found.setdefault(node, []).append(name)
    return found


def _parts(nodes: Iterable[bytes]) -> Iterable[list[bytes]]:
    keys = list(dict.fromkeys(nodes))
    return (keys[start : start + NODES_PER_QUERY] for start in range(0, len(keys), NODES_PER_QUERY))
