"""Counts of profiles that entered and exited audiences, written with the signals that tell of each of them."""

from collections import Counter
from collections.abc import Iterable, Sequence

from sqlalchemy import BigInteger, Column, Connection, Engine, String, Table, delete, select

from weft.model.traffic import Moved
from weft.storage.database import metadata
from weft.storage.database_upsert import insert

SLOT_US = 600_000_000
KEPT_SLOTS = 8 * 24 * 6

movement = Table(
    "movement",
    metadata,
    Column("slot", BigInteger, primary_key=True, autoincrement=False),  # ten minutes since 1970
    Column("audience", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("profiles", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)


def count_movements(connection: Connection, moves: Iterable[tuple[str, str]], at_us: int) -> None:
    """Count (audience, kind) of each move inside the caller's transaction; forget what is too old."""
    counted = Counter(moves)
    if not counted:
        return
    slot = at_us // SLOT_US
    statement = insert(movement)
    statement = statement.on_conflict_do_update(
        index_elements=["slot", "audience", "kind"],
        set_={"profiles": movement.c.profiles + statement.excluded.profiles},
    )
    rows = [
        {"slot": slot, "audience": audience, "kind": kind, "profiles": profiles}
        for (audience, kind), profiles in counted.items()
    ]
    connection.execute(statement, rows)
    connection.execute(delete(movement).where(movement.c.slot < slot - KEPT_SLOTS))


class DatabaseMovements:
    """Reads what was counted; safe from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(read_only=True)

    def since(self, at_us: int) -> Sequence[Moved]:
        """Return the movements in ten minutes that begin at or after a time, the oldest first."""
        first = -(-at_us // SLOT_US)
        statement = select(movement).where(movement.c.slot >= first).order_by(movement.c.slot)
        with self._engine.begin() as connection:
            return [
                Moved(audience, kind, slot * SLOT_US, profiles)
                for slot, audience, kind, profiles in connection.execute(statement)
            ]
