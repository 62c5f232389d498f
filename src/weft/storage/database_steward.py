"""What stewards said about who is who, in the database: only ever added, numbered from 1."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Float,
    Integer,
    String,
    Table,
    bindparam,
    func,
    select,
)

from weft.identity.steward import Asked, StewardEdge, StewardKind
from weft.model.identifier import Identifier
from weft.storage.database import Bytes, Key, metadata

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

steward_answer = Table(
    "steward_answer",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),  # of the edge that answers
    Column("link_key", Key, nullable=False),  # of the question
    Column("confidence", Float, nullable=False),  # of the link when it was answered
)

_BEHIND = (
    select(steward_edge, steward_answer.c.link_key, steward_answer.c.confidence)
    .join_from(steward_edge, steward_answer, steward_edge.c.number == steward_answer.c.number, isouter=True)
    .where(steward_edge.c.number > bindparam("after"))
    .order_by(steward_edge.c.number)
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
            asked=None if row.link_key is None else Asked(UUID(bytes=row.link_key), row.confidence),
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
    answers = [
        {"number": edge.number, "link_key": edge.asked.link_key.bytes, "confidence": edge.asked.confidence}
        for edge in added
        if edge.asked is not None
    ]
    if answers:
        connection.execute(steward_answer.insert(), answers)
    return added


class StewardEdges:
    """Reads the stream."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(read_only=True)

    def __call__(self, after: int) -> list[StewardEdge]:
        """Return the edges behind a number, in order."""
        with self._engine.begin() as connection:
            return read_edges(connection, after)
