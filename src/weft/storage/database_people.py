"""Finding people: one short row a profile, written with it, that a search reads from end to end.

A scan instead of an index of parts of words: any part of any name in any script is found, a row costs the project
worker next to nothing, and SQLite and PostgreSQL do the same. `docs/decisions` has what was measured.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    String,
    Table,
    and_,
    delete,
    func,
    or_,
    select,
)

from weft.model.profile import ProfileDocument
from weft.profile.naming import is_known, search_words
from weft.storage.database import Key, metadata
from weft.storage.database_upsert import upsert_rows

profile_search = Table(
    "profile_search",
    metadata,
    Column("profile_id", Key, primary_key=True),
    Column("last_seen_us", BigInteger, nullable=False),
    Column("known", Boolean, nullable=False),
    Column("words", String, nullable=False),
    sqlite_with_rowid=False,
)
Index(
    "profile_search_by_time",
    profile_search.c.last_seen_us,
    profile_search.c.profile_id,
    profile_search.c.known,
)


class Place(NamedTuple):
    """Where a page of people ended."""

    last_seen_us: int
    profile_id: bytes


def write_search(connection: Connection, documents: Iterable[ProfileDocument]) -> None:
    """Write down by what these profiles are found, inside the caller's transaction."""
    rows = [
        (
            each.profile_id.bytes,
            each.last_seen_us,
            is_known(each.identifiers),
            search_words(each.identifiers, each.traits),
        )
        for each in documents
    ]
    upsert_rows(connection, profile_search, ("profile_id",), ("last_seen_us", "known", "words"), rows)


def forget_search(connection: Connection, ids: Collection[bytes]) -> None:
    """Find these profiles no more: they were merged into others, or erased."""
    connection.execute(delete(profile_search).where(profile_search.c.profile_id.in_(ids)))


def search_people(
    connection: Connection,
    terms: Sequence[str],
    *,
    known: bool | None = None,
    after: Place | None = None,
    limit: int = 100,
) -> list[Place]:
    """Return the profiles in which each of the folded terms occurs, the last seen first."""
    row = profile_search.c
    statement = select(row.last_seen_us, row.profile_id).limit(limit)
    if known is not None:
        statement = statement.where(row.known.is_(known))
    if after is not None:
        older = and_(row.last_seen_us == after.last_seen_us, row.profile_id < after.profile_id)
        statement = statement.where(or_(row.last_seen_us < after.last_seen_us, older))
    if terms:
        # a computed key keeps the database from walking the index, which visits every row in random order
        wanted = [row.words.contains(term, autoescape=True) for term in dict.fromkeys(terms)]
        statement = statement.where(*wanted).order_by((row.last_seen_us + 0).desc())
    else:
        statement = statement.order_by(row.last_seen_us.desc())
    found = connection.execute(statement.order_by(row.profile_id.desc()))
    return [Place(last_seen_us, key) for last_seen_us, key in found]


def count_people(connection: Connection) -> dict[bool, int]:
    """Return how many profiles are known (True) and anonymous (False)."""
    statement = select(profile_search.c.known, func.count()).group_by(profile_search.c.known)
    return {bool(known): number for known, number in connection.execute(statement)}


def place_text(place: Place) -> str:
    """Return a place as a cursor."""
    return f"{place.last_seen_us}.{UUID(bytes=place.profile_id)}"


def place_of(text: str) -> Place | None:
    """Read a cursor; None for what is none."""
    number, _, key = text.partition(".")
    try:
        return Place(int(number), UUID(key).bytes)
    except ValueError:
        return None
