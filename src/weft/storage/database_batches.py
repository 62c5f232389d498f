"""What SQL traits last came to, by node, and how their runs went."""

from collections.abc import Collection, Iterable, Mapping

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Float,
    Index,
    Integer,
    String,
    Table,
    delete,
    select,
)

from weft.clock import SECOND_US
from weft.model.signal import Cause
from weft.model.trait import Batch
from weft.storage.database import Key, metadata, transaction
from weft.storage.database_outside import look_again
from weft.storage.database_upsert import upsert_rows

AGAIN_SECONDS = 3_600
"""A run that failed is tried again after so long, or sooner where the trait says so."""
NODES_PER_QUERY = 500
NODES_PER_WRITE = 20_000

batch_value = Table(
    "batch_value",
    metadata,
    Column("trait", String, primary_key=True),
    Column("node_id", Key, primary_key=True),
    Column("profile_id", Key, nullable=False),  # for which it was computed
    Column("value", String, nullable=False),  # JSON
    Column("since_us", BigInteger, nullable=False),
)
Index("batch_value_by_node", batch_value.c.node_id)
batch_run = Table(
    "batch_run",
    metadata,
    Column("trait", String, primary_key=True),
    Column("version", String, nullable=False),  # of the definition that was run
    Column("tried_us", BigInteger, nullable=False),
    Column("fault", String, nullable=False),  # of the last run; empty when it went well
    Column("computed_us", BigInteger, nullable=False),  # of the values; 0 before the first good run
    Column("people", Integer, nullable=False),
    Column("profiles", Integer, nullable=False),
    Column("unknown", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
)


class BatchRun(msgspec.Struct, frozen=True):
    """How the last run of a SQL trait went. Times in microseconds since 1970 UTC.

    fault: why it has no result, empty when it has. computed_us: when the values were computed that are there, 0 for
    none. people: profiles there were; profiles: that have a value; unknown: rows that were of no profile.
    """

    version: str
    tried_us: int
    fault: str = ""
    computed_us: int = 0
    people: int = 0
    profiles: int = 0
    unknown: int = 0
    seconds: float = 0.0

    def next_us(self, batch: Batch) -> int:
        """Return when the trait is run again, unless there are many more people before."""
        seconds = min(batch.every_seconds, AGAIN_SECONDS) if self.fault else batch.every_seconds
        return self.tried_us + seconds * SECOND_US


class BatchValue(msgspec.Struct, frozen=True, order=True):
    """A value as JSON that a SQL trait came to for a profile."""

    trait: str
    profile: bytes
    value: str
    since_us: int


def read_runs(connection: Connection) -> dict[str, BatchRun]:
    """Return how the last run of each SQL trait went."""
    return {row.trait: BatchRun(*row[1:]) for row in connection.execute(select(batch_run))}


def write_run(connection: Connection, trait: str, run: BatchRun) -> None:
    """Write down how a run went."""
    names = tuple(column.name for column in batch_run.columns)
    upsert_rows(connection, batch_run, names[:1], names[1:], [(trait, *msgspec.structs.astuple(run))])


def batches_of(
    connection: Connection, nodes: Iterable[bytes], traits: Collection[str], at_us: int | None = None
) -> dict[bytes, list[BatchValue]]:
    """Return the values of nodes. at_us: only those that were the same at that moment already."""
    wanted = select(batch_value).where(batch_value.c.trait.in_(traits))
    if at_us is not None:
        wanted = wanted.where(batch_value.c.since_us <= at_us)
    found: dict[bytes, list[BatchValue]] = {}
    keys = list(dict.fromkeys(nodes))
    for start in range(0, len(keys), NODES_PER_QUERY):
        part = keys[start : start + NODES_PER_QUERY]
        for trait, node, profile, value, since_us in connection.execute(
            wanted.where(batch_value.c.node_id.in_(part))
        ):
            found.setdefault(node, []).append(BatchValue(trait, profile, value, since_us))
    return found


def replace_values(
    database: Engine, trait: str, values: Mapping[bytes, tuple[bytes, str]], at_us: int
) -> int:
    """Make these the values of a trait, and let the profiles whose value is another be evaluated again.

    values: node → (profile, JSON). Return how many differ. Portion by portion: cut off, the next run does the rest.
    """
    nodes = sorted(values)
    starts = range(0, len(nodes), NODES_PER_WRITE)
    ends = [nodes[start] for start in starts]
    changed = 0
    for place, first in enumerate(ends or [b""]):
        last = ends[place + 1] if place + 1 < len(ends) else None
        mine = nodes[place * NODES_PER_WRITE : (place + 1) * NODES_PER_WRITE]
        with transaction(database) as connection:
            changed += _replace(connection, trait, (first if place else b"", last), mine, values, at_us)
    return changed


def drop_values(connection: Connection, trait: str) -> None:
    """Forget a trait that is no more; its definition's end evaluates everybody again."""
    connection.execute(delete(batch_value).where(batch_value.c.trait == trait))
    connection.execute(delete(batch_run).where(batch_run.c.trait == trait))


def _replace(
    connection: Connection,
    trait: str,
    between: tuple[bytes, bytes | None],
    nodes: Collection[bytes],
    values: Mapping[bytes, tuple[bytes, str]],
    at_us: int,
) -> int:
    """Replace the values of the nodes from the first to before the last."""
    first, last = between
    wanted = select(batch_value.c.node_id, batch_value.c.profile_id, batch_value.c.value).where(
        batch_value.c.trait == trait, batch_value.c.node_id >= first
    )
    if last is not None:
        wanted = wanted.where(batch_value.c.node_id < last)
    before = {node: (profile, value) for node, profile, value in connection.execute(wanted)}
    gone = [node for node in before if node not in values]
    fresh = [node for node in nodes if before.get(node) != values[node]]
    for start in range(0, len(gone), NODES_PER_QUERY):
        part = gone[start : start + NODES_PER_QUERY]
        connection.execute(
            delete(batch_value).where(batch_value.c.trait == trait, batch_value.c.node_id.in_(part))
        )
    rows = [(trait, node, *values[node], at_us) for node in fresh]
    upsert_rows(connection, batch_value, ("trait", "node_id"), ("profile_id", "value", "since_us"), rows)
    look_again(connection, [*gone, *fresh], Cause.SQL)
    return len(gone) + len(fresh)
