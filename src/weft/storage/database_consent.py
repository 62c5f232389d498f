"""The consent ledger: records are only ever added, suppressions are lifted but never deleted."""

from collections.abc import Collection, Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    Row,
    RowMapping,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    delete,
    func,
    select,
    update,
)

from weft.model.consent import ConsentRecord, Evidence, Suppression
from weft.storage.database import Key, metadata
from weft.storage.database_upsert import insert, insert_new

NODES_PER_QUERY = 500

ConsentRow = tuple[bytes, str, bool, int, str, str]
"""node_id (16 bytes), purpose, granted, at_us, source, message_id."""

consent = Table(
    "consent",
    metadata,
    Column("record_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("node_id", Key, nullable=False),
    Column("purpose", String, nullable=False),
    Column("granted", Boolean, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("source", String, nullable=False),
    Column("message_id", String, nullable=False),
    UniqueConstraint("node_id", "purpose", "message_id"),
)
"""Append-only. A message proves one answer per node and purpose, however often it is delivered."""

consent_held = Table(
    "consent_held",
    metadata,
    Column("node_id", Key, primary_key=True),
    Column("purpose", String, primary_key=True),
    Column("granted", Boolean, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("source", String, nullable=False),
    Column("message_id", String, nullable=False),
    Column("record_id", BigInteger, nullable=False),
)
"""The latest record per node and purpose, kept in the same transaction, so that the gate reads one row."""

suppression = Table(
    "suppression",
    metadata,
    Column("suppression_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("node_id", Key, nullable=False),
    Column("channel", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("source", String, nullable=False),
    Column("lifted_us", BigInteger),
    Column("lifted_by", String),
)
Index("suppression_by_node", suppression.c.node_id)

_HELD = select(consent_held).where(consent_held.c.node_id.in_(bindparam("nodes", expanding=True)))
_IN_FORCE = (
    select(suppression)
    .where(suppression.c.node_id.in_(bindparam("nodes", expanding=True)), suppression.c.lifted_us.is_(None))
    .order_by(suppression.c.suppression_id)
)
_HISTORY = (
    select(consent)
    .where(consent.c.node_id.in_(bindparam("nodes", expanding=True)))
    .order_by(consent.c.at_us, consent.c.record_id)
)


def insert_consents(connection: Connection, rows: Iterable[ConsentRow]) -> int:
    """Add what was said; return how many records are new. Repeats of a message change nothing.

    The caller gives the time at which it was said, and no later than it was received: a grant from the future
    clears nothing until then.
    """
    values: list[dict[str, object]] = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
    if not values:
        return 0
    statement = insert_new(consent).returning(consent)
    added = connection.execute(statement, values).mappings().all()
    _hold(connection, sorted(added, key=lambda row: (row["at_us"], row["record_id"])))
    return len(added)


def withdraw_consents(connection: Connection, node: bytes, message_id: str) -> None:
    """Take back what a message said of a node, because it was another's; what was said before holds again."""
    mine = (consent.c.node_id == node) & (consent.c.message_id == message_id)
    purposes = connection.execute(select(consent.c.purpose).where(mine)).scalars().all()
    if not purposes:
        return
    connection.execute(delete(consent).where(mine))
    held = (consent_held.c.node_id == node) & consent_held.c.purpose.in_(purposes)
    connection.execute(delete(consent_held).where(held))
    left = select(consent).where(consent.c.node_id == node, consent.c.purpose.in_(purposes))
    rows = connection.execute(left.order_by(consent.c.at_us, consent.c.record_id)).mappings().all()
    _hold(connection, rows)


def record_consent(connection: Connection, records: Iterable[ConsentRecord]) -> int:
    """Add what was said, told by the API or an import; return how many records are new."""
    return insert_consents(
        connection,
        [(r.node_id.bytes, r.purpose, r.granted, r.at_us, r.source, r.message_id) for r in records],
    )


def read_evidence(connection: Connection, nodes: Collection[UUID]) -> Evidence:
    """Return what the gate needs of these nodes: the record held per purpose, the suppressions in force."""
    records: list[ConsentRecord] = []
    suppressions: list[Suppression] = []
    for keys in _chunks(nodes):
        records += map(_record, connection.execute(_HELD, {"nodes": keys}))
        suppressions += map(_suppression, connection.execute(_IN_FORCE, {"nodes": keys}))
    return Evidence(tuple(records), tuple(suppressions))


def held_consents(
    connection: Connection, nodes: Iterable[bytes], purposes: Collection[str]
) -> dict[bytes, list[ConsentRecord]]:
    """Return node → the record held for each of these purposes."""
    keys = list(dict.fromkeys(nodes))
    found: dict[bytes, list[ConsentRecord]] = {}
    for start in range(0, len(keys), NODES_PER_QUERY):
        for row in connection.execute(_HELD, {"nodes": keys[start : start + NODES_PER_QUERY]}):
            if row.purpose in purposes:
                found.setdefault(row.node_id, []).append(_record(row))
    return found


def list_consents(connection: Connection, nodes: Collection[UUID]) -> tuple[ConsentRecord, ...]:
    """Return everything that was ever said on these nodes, oldest first."""
    found = [_record(row) for keys in _chunks(nodes) for row in connection.execute(_HISTORY, {"nodes": keys})]
    return tuple(sorted(found, key=lambda record: (record.at_us, record.record_id)))


def suppress(
    connection: Connection, nodes: Collection[UUID], channel: str, reason: str, at_us: int, source: str = ""
) -> int:
    """Reach these nodes no more on `channel` (or ALL_CHANNELS); return how many are newly suppressed.

    To suppress a profile, pass all its nodes: nodes outlive merges, profile ids do not.
    """
    there = {
        item.node_id for item in read_evidence(connection, nodes).suppressions if item.channel == channel
    }
    new = [node for node in dict.fromkeys(nodes) if node not in there]
    if new:
        same = {"channel": channel, "reason": reason, "at_us": at_us, "source": source}
        connection.execute(suppression.insert(), [{"node_id": node.bytes, **same} for node in new])
    return len(new)


def unsuppress(
    connection: Connection, nodes: Collection[UUID], channel: str, at_us: int, source: str = ""
) -> int:
    """Lift the suppressions of exactly this channel; return how many. The rows stay as proof."""
    lifted = 0
    for keys in _chunks(nodes):
        statement = (
            update(suppression)
            .where(
                suppression.c.node_id.in_(keys),
                suppression.c.channel == channel,
                suppression.c.lifted_us.is_(None),
            )
            .values(lifted_us=at_us, lifted_by=source)
        )
        lifted += connection.execute(statement).rowcount
    return lifted


class ConsentMark(NamedTuple):
    """How far the ledger is: the last record, the last suppression, and when one was lifted last."""

    record_id: int
    suppression_id: int
    lifted_us: int


def consent_mark(connection: Connection) -> ConsentMark:
    """Return how far the ledger is."""
    columns = (consent.c.record_id, suppression.c.suppression_id, suppression.c.lifted_us)
    return ConsentMark(*(connection.execute(select(func.max(each))).scalar() or 0 for each in columns))


def changed_nodes(connection: Connection, after: ConsentMark) -> set[bytes]:
    """Return the nodes of which something was said, suppressed or lifted since a mark."""
    said = select(consent.c.node_id).where(consent.c.record_id > after.record_id)
    silenced = select(suppression.c.node_id).where(
        (suppression.c.suppression_id > after.suppression_id) | (suppression.c.lifted_us >= after.lifted_us)
    )
    return {key for statement in (said, silenced) for key in connection.execute(statement).scalars()}


def read_held(connection: Connection, nodes: Collection[bytes] | None) -> list[tuple[bytes, str, bool, int]]:
    """Return node, purpose, whether it was granted and when, of these nodes (None: of all)."""
    columns = (consent_held.c.node_id, consent_held.c.purpose, consent_held.c.granted, consent_held.c.at_us)
    return [tuple(row) for row in _read(connection, select(*columns), consent_held.c.node_id, nodes)]


def read_suppressed(connection: Connection, nodes: Collection[bytes] | None) -> list[tuple[bytes, str]]:
    """Return node and channel of the suppressions in force on these nodes (None: on all)."""
    columns = select(suppression.c.node_id, suppression.c.channel).where(suppression.c.lifted_us.is_(None))
    return [tuple(row) for row in _read(connection, columns, suppression.c.node_id, nodes)]


def _read(
    connection: Connection, statement: Any, key: ColumnElement[bytes], nodes: Collection[bytes] | None
) -> Iterable[Any]:
    if nodes is None:
        return connection.execute(statement)
    keys = list(nodes)
    parts = (keys[start : start + NODES_PER_QUERY] for start in range(0, len(keys), NODES_PER_QUERY))
    return chain.from_iterable(connection.execute(statement.where(key.in_(part))) for part in parts)


_COLUMNS = ("node_id", "purpose", "granted", "at_us", "source", "message_id")


def _hold(connection: Connection, rows: Sequence[RowMapping]) -> None:
    if not rows:
        return
    statement = insert(consent_held)
    changed = {
        name: statement.excluded[name] for name in ("granted", "at_us", "source", "message_id", "record_id")
    }
    newer = (statement.excluded.at_us > consent_held.c.at_us) | (
        (statement.excluded.at_us == consent_held.c.at_us)
        & (statement.excluded.record_id > consent_held.c.record_id)
    )
    statement = statement.on_conflict_do_update(
        index_elements=["node_id", "purpose"], set_=changed, where=newer
    )
    connection.execute(statement, [dict(row) for row in rows])


def _chunks(nodes: Collection[UUID]) -> Iterable[list[bytes]]:
    keys = [node.bytes for node in dict.fromkeys(nodes)]
    return (keys[start : start + NODES_PER_QUERY] for start in range(0, len(keys), NODES_PER_QUERY))


def _record(row: Row[tuple[object, ...]]) -> ConsentRecord:
    return ConsentRecord(
        node_id=UUID(bytes=row.node_id),
        purpose=row.purpose,
        granted=row.granted,
        at_us=row.at_us,
        source=row.source,
        message_id=row.message_id,
        record_id=row.record_id,
    )


def _suppression(row: Row[tuple[object, ...]]) -> Suppression:
    return Suppression(UUID(bytes=row.node_id), row.channel, row.reason, row.at_us, row.source)
