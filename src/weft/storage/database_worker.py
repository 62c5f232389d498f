"""How far each worker has read its stream. A worker moves its position in the transaction of its effects."""

from sqlalchemy import BigInteger, Column, Connection, String, Table, bindparam, select

from weft.storage.database import metadata
from weft.storage.database_upsert import upsert

worker = Table(
    "worker",
    metadata,
    Column("name", String, primary_key=True),
    Column("position", BigInteger, nullable=False),
)

_POSITION = select(worker.c.position).where(worker.c.name == bindparam("worker_name"))


def get_position(connection: Connection, name: str) -> int:
    """Return the last number of its stream that this worker has done; 0 before the first."""
    return connection.execute(_POSITION, {"worker_name": name}).scalar() or 0


def set_position(connection: Connection, name: str, position: int) -> None:
    """Note that everything up to `position` is done; it counts once the caller's transaction commits."""
    connection.execute(upsert(worker, ("name",), ("position",)), {"name": name, "position": position})
