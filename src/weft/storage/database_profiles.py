"""Served profiles, memberships and signals in the database."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Index,
    Table,
    bindparam,
    cast,
    delete,
    func,
    select,
)

from weft.model.identifier import Identifier, node_id
from weft.model.profile import ProfileDocument
from weft.model.signal import Signal
from weft.profile.projection import NodeState, StoredProfile
from weft.storage.database import Bytes, Key, metadata, read_fact, transaction, write_fact
from weft.storage.database_audiences import change_memberships, recount
from weft.storage.database_homes import forget_homes, write_homes
from weft.storage.database_people import forget_search, write_search
from weft.storage.database_reads import point_read
from weft.storage.database_upsert import upsert, upsert_rows

IN_MAX = 5_000
"""Most values in one IN list (SQLite takes 32,766)."""

ALIAS_HOPS_MAX = 64

GROUP_SIGNALS = 1_000
"""Most signals in a row: who reads on from the middle of a row decodes it again."""

INDEXED, INDEX_VERSION = "profiles_indexed", "3"
"""The fact that tells by which rules stored profiles can be found; another version indexes them again."""

profile = Table(
    "profile",
    metadata,
    Column("profile_id", Key, primary_key=True),
    Column("document", Bytes, nullable=False),  # ProfileDocument as JSON
    Column("nodes", Bytes, nullable=False),  # list[NodeState] as msgpack
    Column("due_us", BigInteger),  # when a windowed value changes by itself
    Index("profile_due", "due_us", sqlite_where=Column("due_us").is_not(None)),
)
served_node = Table(
    "served_node",
    metadata,
    Column("node_id", Key, primary_key=True),
    Column("profile_id", Key, nullable=False),
)
device_stay = Table(
    "device_stay",
    metadata,
    Column("node_id", Key, primary_key=True),  # of a device that several people use
    Column("stay_node", Key, nullable=False),  # of whoever has it now
)
profile_alias = Table(
    "profile_alias",
    metadata,
    Column("profile_id", Key, primary_key=True),
    Column("into_id", Key, nullable=False),
    Index("profile_alias_by_heir", "into_id"),
)
signal_group = Table(
    "signal_group",
    metadata,
    Column("last", BigInteger, primary_key=True, autoincrement=False),
    Column("count", BigInteger, nullable=False),
    Column("body", Bytes, nullable=False),  # list[Signal] as msgpack
)

_encode = msgspec.json.Encoder().encode
_pack = msgspec.msgpack.Encoder().encode
_documents = msgspec.json.Decoder(ProfileDocument)
_nodes = msgspec.msgpack.Decoder(list[NodeState])
_signals = msgspec.msgpack.Decoder(tuple[Signal, ...])

_HEAD = select(func.max(signal_group.c.last))
_DUE = (
    select(profile.c.profile_id)
    .where(profile.c.due_us <= bindparam("now_us"))
    .order_by(profile.c.due_us)
    .limit(bindparam("most"))
)
_GROUPS = (
    select(signal_group.c.body)
    .where(signal_group.c.last > bindparam("after"))
    .order_by(signal_group.c.last)
    .limit(bindparam("groups"))
)
_DOCUMENT = select(profile.c.document).where(profile.c.profile_id == bindparam("id"))
_ASKED = select(cast(bindparam("id"), Key).label("node_id")).subquery("asked")
_FIND = (
    select(profile.c.document)
    .select_from(_ASKED)
    .outerjoin(device_stay, device_stay.c.node_id == _ASKED.c.node_id)
    .join(served_node, served_node.c.node_id == func.coalesce(device_stay.c.stay_node, _ASKED.c.node_id))
    .join(profile, profile.c.profile_id == served_node.c.profile_id)
)
_BEHIND = (
    select(profile.c.profile_id)
    .where(profile.c.profile_id > bindparam("after"))
    .order_by(profile.c.profile_id)
    .limit(bindparam("most"))
)
_ALIAS = select(profile_alias.c.into_id).where(profile_alias.c.profile_id == bindparam("id"))


class ProfileWrite(NamedTuple):
    """All that one projection changes; times in microseconds."""

    saved: Sequence[tuple[ProfileDocument, Iterable[NodeState], int | None]]
    gone: Mapping[bytes, bytes]  # profile that is no more → the one that took it in
    nodes: Mapping[bytes, bytes]  # node → profile, where that changed
    born: Sequence[bytes]  # profiles that were part of others
    entered: Sequence[tuple[str, bytes, int]]
    exited: Sequence[tuple[str, bytes]]
    signals: Sequence[Signal]
    at_us: int


def owners_by_node(connection: Connection, nodes: Iterable[bytes]) -> dict[bytes, bytes]:
    """Return node → the stored profile that holds it, of those that any holds."""
    found: dict[bytes, bytes] = {}
    for part in _parts(list(nodes)):
        statement = select(served_node).where(served_node.c.node_id.in_(part))
        found.update((node, key) for node, key in connection.execute(statement))
    return found


def owners_of(connection: Connection, nodes: Iterable[bytes]) -> set[bytes]:
    """Return the stored profiles that hold any of these nodes."""
    return set(owners_by_node(connection, nodes).values())


def load_profiles(connection: Connection, ids: Iterable[bytes]) -> dict[bytes, StoredProfile]:
    """Return the stored profiles among these ids."""
    found: dict[bytes, StoredProfile] = {}
    for part in _parts(list(ids)):
        statement = select(profile.c.profile_id, profile.c.document, profile.c.nodes).where(
            profile.c.profile_id.in_(part)
        )
        for key, document, nodes in connection.execute(statement):
            states = {node.id: node for node in _nodes.decode(nodes)}
            found[key] = StoredProfile(states, _audiences.decode(document).audiences)
    return found


def stored_profiles(connection: Connection, after: bytes, most: int) -> dict[bytes, StoredProfile]:
    """Return the next profiles behind an id, in the order of ids."""
    ids = connection.execute(_BEHIND, {"after": after, "most": most}).scalars().all()
    return load_profiles(connection, ids)


def load_audiences(connection: Connection, ids: Iterable[bytes]) -> dict[bytes, dict[str, int]]:
    """Return, of the stored profiles among these ids, the audiences and since when."""
    found: dict[bytes, dict[str, int]] = {}
    for part in _parts(list(ids)):
        statement = select(profile.c.profile_id, profile.c.document).where(profile.c.profile_id.in_(part))
        for key, document in connection.execute(statement):
            found[key] = _audiences.decode(document).audiences
    return found


def read_documents(connection: Connection, ids: Iterable[bytes]) -> dict[bytes, ProfileDocument]:
    """Return those of the profiles that exist under these very ids (no aliases)."""
    found: dict[bytes, ProfileDocument] = {}
    for part in _parts(list(ids)):
        statement = select(profile.c.profile_id, profile.c.document).where(profile.c.profile_id.in_(part))
        found.update((key, _documents.decode(row)) for key, row in connection.execute(statement))
    return found


def read_bodies(connection: Connection, ids: Iterable[bytes]) -> dict[bytes, bytes]:
    """Return the documents of the profiles that exist under these very ids, as they are stored."""
    found: dict[bytes, bytes] = {}
    for part in _parts(list(ids)):
        rows = connection.execute(
            select(profile.c.profile_id, profile.c.document).where(profile.c.profile_id.in_(part))
        )
        found.update((key, body) for key, body in rows)
    return found


def every_body(connection: Connection, many: int) -> Iterable[Sequence[tuple[bytes, bytes]]]:
    """Yield every profile's id and document as it is stored, so many at a time, in any order."""
    statement = select(profile.c.profile_id, profile.c.document)
    for rows in connection.execution_options(yield_per=many).execute(statement).partitions():
        yield [(key, document) for key, document in rows]


def read_nodes(connection: Connection, profile_id: bytes) -> list[NodeState]:
    """Return what is kept of a profile's nodes."""
    row = connection.execute(select(profile.c.nodes).where(profile.c.profile_id == profile_id)).scalar()
    return [] if row is None else _nodes.decode(row)


def read_aliases(connection: Connection, profile_id: bytes, most: int) -> list[bytes]:
    """Return the ids of the profiles that were merged into this one, at once or one after the other."""
    found: dict[bytes, None] = {}
    heirs = [profile_id]
    while heirs and len(found) < most:
        statement = select(profile_alias.c.profile_id).where(profile_alias.c.into_id.in_(heirs[:IN_MAX]))
        heirs = [key for key in connection.execute(statement).scalars() if key not in found]
        found.update(dict.fromkeys(heirs))
    return list(found)[:most]


def due_profiles(connection: Connection, now_us: int, most: int) -> list[bytes]:
    """Return profiles whose windowed values change by themselves up to now, the earliest first."""
    return list(connection.execute(_DUE, {"now_us": now_us, "most": most}).scalars())


def count_profiles(connection: Connection) -> int:
    """Return how many profiles are served."""
    return connection.execute(select(func.count()).select_from(profile)).scalar_one()


def last_signal(connection: Connection) -> int:
    """Return the number of the newest signal; 0 before the first."""
    return connection.execute(_HEAD).scalar() or 0


def write_profiles(connection: Connection, write: ProfileWrite) -> None:
    """Apply a projection inside the caller's transaction."""
    encode, pack = _encode, _pack
    saved = [
        (document.profile_id.bytes, encode(document), pack(list(nodes)), due)
        for document, nodes, due in write.saved
    ]
    upsert_rows(connection, profile, ("profile_id",), ("document", "nodes", "due_us"), saved)
    documents = [document for document, _, _ in write.saved]
    write_search(connection, documents)
    write_homes(connection, documents)
    dropped = _forget(connection, write.gone) if write.gone else []
    for part in _parts(list(write.born)):
        connection.execute(delete(profile_alias).where(profile_alias.c.profile_id.in_(part)))
    upsert_rows(connection, served_node, ("node_id",), ("profile_id",), sorted(write.nodes.items()))
    change_memberships(connection, write.entered, write.exited, dropped, write.signals, write.at_us)
    groups = [
        write.signals[start : start + GROUP_SIGNALS] for start in range(0, len(write.signals), GROUP_SIGNALS)
    ]
    if groups:
        rows = [{"last": group[-1].number, "count": len(group), "body": _pack(group)} for group in groups]
        connection.execute(signal_group.insert(), rows)


def index_profiles(engine: Engine) -> None:
    """Write down by what stored profiles are found and how large audiences are, if an older Weft has not."""
    with engine.execution_options(read_only=True).begin() as connection:
        if read_fact(connection, INDEXED) == INDEX_VERSION:
            return
    after = b""
    while True:
        with transaction(engine) as connection:
            ids = connection.execute(_BEHIND, {"after": after, "most": IN_MAX}).scalars().all()
            if not ids:
                recount(connection)
                write_fact(connection, INDEXED, INDEX_VERSION)
                return
            documents = list(read_documents(connection, ids).values())
            write_search(connection, documents)
            write_homes(connection, documents)
        after = ids[-1]


def _forget(connection: Connection, gone: Mapping[bytes, bytes]) -> list[tuple[str, bytes]]:
    """Take away profiles that are no more; return the memberships that they leave behind."""
    alias = upsert(profile_alias, ("profile_id",), ("into_id",))
    connection.execute(alias, [{"profile_id": key, "into_id": into} for key, into in gone.items()])
    left = [(name, key) for key, names in load_audiences(connection, gone).items() for name in names]
    for part in _parts(list(gone)):
        connection.execute(delete(profile).where(profile.c.profile_id.in_(part)))
        forget_search(connection, part)
        forget_homes(connection, part)
    return left


class DatabaseProfiles:
    """The `Profiles` port: point reads; safe from any thread or process."""

    def __init__(self, engine: Engine, node_key: str) -> None:
        self._engine = engine.execution_options(read_only=True)
        self._node_key = node_key
        self._find = point_read(self._engine, _FIND)

    def find(self, identifier: Identifier) -> ProfileDocument | None:
        """Return the profile that holds this identifier (already normalised); of a shared device, whose it is now."""
        row = self._find(node_id(self._node_key, identifier).bytes)
        return None if row is None else _documents.decode(row)

    def get(self, profile_id: UUID) -> ProfileDocument | None:
        """Return the profile, following aliases left by merges."""
        key = profile_id.bytes
        with self._engine.begin() as connection:
            for _ in range(ALIAS_HOPS_MAX):
                row = connection.execute(_DOCUMENT, {"id": key}).scalar()
                if row is not None:
                    return _documents.decode(row)
                into = connection.execute(_ALIAS, {"id": key}).scalar()
                if into is None:
                    return None
                key = into
        return None

    def many(self, ids: Iterable[bytes]) -> dict[bytes, ProfileDocument]:
        """Return those of the profiles that exist under these very ids (no aliases)."""
        with self._engine.begin() as connection:
            return read_documents(connection, ids)

    def counts(self) -> int:
        """Return how many profiles there are."""
        with self._engine.begin() as connection:
            return count_profiles(connection)


class DatabaseSignals:
    """The `Signals` port."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(read_only=True)

    def read(self, after: int, limit: int) -> Sequence[Signal]:
        """Return signals with a number greater than `after`, in order, whole groups until `limit` is reached."""
        found: list[Signal] = []
        with self._engine.begin() as connection:
            for body in connection.execute(_GROUPS, {"after": after, "groups": limit}).scalars():
                found += [signal for signal in _signals.decode(body) if signal.number > after]
                if len(found) >= limit:
                    break
        return found


class _Audiences(msgspec.Struct):
    audiences: dict[str, int]


_audiences = msgspec.json.Decoder(_Audiences)


def _parts(ids: list[bytes]) -> Iterable[list[bytes]]:
    return (ids[start : start + IN_MAX] for start in range(0, len(ids), IN_MAX))
