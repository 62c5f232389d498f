"""Nodes of which something changed beside their facts: their profiles are evaluated again at the next step.

A queue of its own: a mark on the profile could be overwritten by a projection that had not seen the change.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    String,
    Table,
    bindparam,
    delete,
    insert,
    select,
)

from weft.model.signal import Cause
from weft.storage.database import Key, metadata

changed_outside = Table(
    "changed_outside",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("node_id", Key, nullable=False),
    Column("cause", String, nullable=False),
)
_OLDEST = (
    select(changed_outside.c.number, changed_outside.c.node_id, changed_outside.c.cause)
    .order_by(changed_outside.c.number)
    .limit(bindparam("most"))
)


class ChangedOutside(NamedTuple):
    """Nodes of the queue, the longest waiting first, and why. upto: the number of the last, 0 for none."""

    nodes: Mapping[bytes, Cause]
    upto: int


def look_again(connection: Connection, nodes: Collection[bytes], cause: Cause) -> None:
    """Put nodes into the queue, inside the transaction that changes what is known of them."""
    if nodes:  # to the driver as it is: a list may have very many
        compiled = insert(changed_outside).compile(
            dialect=connection.dialect, column_keys=["node_id", "cause"]
        )
        connection.exec_driver_sql(str(compiled), [(node, cause.value) for node in dict.fromkeys(nodes)])


def waiting_outside(connection: Connection, most: int) -> ChangedOutside:
    """Return the head of the queue."""
    rows = connection.execute(_OLDEST, {"most": most}).all()
    return ChangedOutside({row.node_id: Cause(row.cause) for row in rows}, rows[-1].number if rows else 0)


def looked_again(connection: Connection, upto: int) -> None:
    """Take nodes off the queue."""
    connection.execute(delete(changed_outside).where(changed_outside.c.number <= upto))
