"""Pairs of nodes that the model takes for two people of one household, with the probability."""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Column, Connection, Float, Index, Table, and_, delete, or_, select

from weft.storage.database import Key, metadata
from weft.storage.database_profiles import load_profiles, served_node
from weft.storage.database_upsert import upsert_rows

IN_MAX = 500
"""Most nodes of a profile that are looked at."""

housemate = Table(
    "housemate",
    metadata,
    Column("left_node", Key, primary_key=True),
    Column("right_node", Key, primary_key=True),
    Column("probability", Float, nullable=False),
    Index("housemate_by_right", "right_node"),
    sqlite_with_rowid=False,
)

Pair = tuple[bytes, bytes]


def write_housemates(connection: Connection, found: Mapping[Pair, float], gone: Iterable[Pair]) -> None:
    """Set the probability of pairs, and forget those that are no household any more."""
    for left, right in gone:
        connection.execute(
            delete(housemate).where(and_(housemate.c.left_node == left, housemate.c.right_node == right))
        )
    rows = [(*pair, probability) for pair, probability in sorted(found.items())]
    upsert_rows(connection, housemate, ("left_node", "right_node"), ("probability",), rows)


def housemates_of(connection: Connection, profiles: Collection[bytes]) -> dict[Pair, float]:
    """Return pairs of profiles, the lesser first, that one of these is in, with the greatest probability of theirs."""
    holder = {node: key for key, each in load_profiles(connection, profiles).items() for node in each.nodes}
    nodes = sorted(holder)[:IN_MAX]
    pairs = select(housemate).where(or_(housemate.c.left_node.in_(nodes), housemate.c.right_node.in_(nodes)))
    rows = connection.execute(pairs).all()
    others = sorted({node for row in rows for node in (row.left_node, row.right_node)} - holder.keys())
    for start in range(0, len(others), IN_MAX):
        part = others[start : start + IN_MAX]
        owners = select(served_node.c.node_id, served_node.c.profile_id).where(
            served_node.c.node_id.in_(part)
        )
        holder |= {row.node_id: row.profile_id for row in connection.execute(owners)}
    found: dict[Pair, float] = {}
    for left, right, probability in rows:
        one, other = holder.get(left), holder.get(right)
        if one is not None and other is not None and one != other:
            pair = (min(one, other), max(one, other))
            found[pair] = max(probability, found.get(pair, 0.0))
    return found
