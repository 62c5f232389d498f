"""What stewards said about who is who, in the database: only ever added, numbered from 1."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Engine, Integer, String, Table, bindparam, func, select

from weft.identity.steward import StewardEdge, StewardKind
from weft.model.identifier import Identifier
from weft.storage.database import Bytes, metadata

steward_edge = Table(
    "steward_edge",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at_us", BigInteger, nullable=False),
    Column("said_by", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("left_side", Bytes, nullable=False),  # list[Identifier] as JSON
    Column("right_side", Bytes, nullable=False),
    Column("position", BigInteger, nullable=False),  # of the log, when it was said
    Column("retracts", BigInteger),
)

_BEHIND = (
    select(steward_edge).where(steward_edge.c.number > bindparam("after")).order_by(steward_edge.c.number)
)
_HEAD = select(func.max(steward_edge.c.number))
_side = msgspec.json.Decoder(tuple[Identifier, ...])


def read_edges(connection: Connection, after: int = 0) -> list[StewardEdge]:
    """Return the edges behind a number, in order."""
    return [
        StewardEdge(
            number=row.number,
            kind=StewardKind(row.kind),
            left=_side.decode(row.left_side),
            right=_side.decode(row.right_side),
            by=row.said_by,
            reason=row.reason,
            at_us=row.at_us,
            position=row.position,
            retracts=row.retracts,
        )
        for row in connection.execute(_BEHIND, {"after": after})
    ]


def numbered(connection: Connection, edges: Sequence[StewardEdge]) -> list[StewardEdge]:
    """Return edges with the next numbers."""
    head = connection.execute(_HEAD).scalar() or 0
    return [msgspec.structs.replace(edge, number=head + place) for place, edge in enumerate(edges, 1)]


def add_edges(connection: Connection, edges: Sequence[StewardEdge]) -> list[StewardEdge]:
    """Append edges inside the caller's transaction; return them with their numbers."""
    added = numbered(connection, edges)
    rows = [
        {
            "number": edge.number,
            "at_us": edge.at_us,
            "said_by": edge.by,
            "kind": edge.kind.value,
            "reason": edge.reason,
            "left_side": msgspec.json.encode(edge.left),
            "right_side": msgspec.json.encode(edge.right),
            "position": edge.position,
            "retracts": edge.retracts,
        }
        for edge in added
    ]
    if rows:
        connection.execute(steward_edge.insert(), rows)
    return added


class StewardEdges:
    """Reads the stream."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(read_only=True)

    def __call__(self, after: int) -> list[StewardEdge]:
        """Return the edges behind a number, in order."""
        with self._engine.begin() as connection:
            return read_edges(connection, after)
