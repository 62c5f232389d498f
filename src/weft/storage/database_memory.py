"""What profiles were before their nodes changed, in the database."""

from collections.abc import Iterable, Mapping

import msgspec
from sqlalchemy import Column, Connection, Table, select

from weft.profile.memory import Remembered
from weft.storage.database import Bytes, Key, metadata
from weft.storage.database_upsert import upsert_rows

IN_MAX = 5_000

profile_memory = Table(
    "profile_memory",
    metadata,
    Column("profile_id", Key, primary_key=True),
    Column("nodes_key", Key, primary_key=True),
    Column("body", Bytes, nullable=False),  # Remembered as msgpack
    sqlite_with_rowid=False,
)
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Remembered).decode

Memories = Mapping[bytes, Mapping[bytes, Remembered]]
"""profile → key of its nodes → what it was with them."""


def recall_memories(connection: Connection, profiles: Iterable[bytes]) -> Memories:
    """Return all that is remembered of profiles."""
    found: dict[bytes, dict[bytes, Remembered]] = {}
    ids = list(profiles)
    for start in range(0, len(ids), IN_MAX):
        statement = select(profile_memory).where(profile_memory.c.profile_id.in_(ids[start : start + IN_MAX]))
        for profile, key, body in connection.execute(statement):
            found.setdefault(profile, {})[key] = _unpack(body)
    return found


def write_memories(connection: Connection, memories: Memories) -> None:
    """Keep what profiles were."""
    rows = [
        (profile, key, _pack(each)) for profile, by_key in memories.items() for key, each in by_key.items()
    ]
    upsert_rows(connection, profile_memory, ("profile_id", "nodes_key"), ("body",), rows)
