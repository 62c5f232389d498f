"""Uploaded lists: which identifiers are in them."""

from collections.abc import Collection, Iterable

from sqlalchemy import BigInteger, Column, Connection, Index, String, Table, func, select

from weft.storage.database import Key, metadata
from weft.storage.database_upsert import insert_new

NODES_PER_QUERY = 500

listed = Table(
    "listed",
    metadata,
    Column("list", String, primary_key=True),
    Column("node_id", Key, primary_key=True),
    Column("since_us", BigInteger, nullable=False),
)
Index("listed_by_node", listed.c.node_id)


def add_listed(connection: Connection, name: str, nodes: Collection[bytes], at_us: int) -> int:
    """Put identifiers on a list; return how many were not on it."""
    rows = [{"list": name, "node_id": node, "since_us": at_us} for node in dict.fromkeys(nodes)]
    if not rows:
        return 0
    added = connection.execute(insert_new(listed).returning(listed.c.node_id), rows)
    return len(added.all())


def list_sizes(connection: Connection) -> dict[str, int]:
    """Return list → how many identifiers are on it."""
    counted = select(listed.c.list, func.count()).group_by(listed.c.list)
    return {name: int(size) for name, size in connection.execute(counted)}


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
