"""Finding people: one short row a profile, written with it, that a search reads from end to end.

A scan instead of an index of parts of words: any part of any name in any script is found, a row costs the project
worker little, and SQLite and PostgreSQL do the same.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Select,
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

NEWEST_ROWS = 5_000

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
    rows.sort()  # neighbours share pages
    upsert_rows(connection, profile_search, ("profile_id",), ("last_seen_us", "known", "words"), rows)


def forget_search(connection: Connection, ids: Collection[bytes]) -> None:
    """Find these profiles no more: they were merged into others, or erased."""
    connection.execute(delete(profile_search).where(profile_search.c.profile_id.in_(ids)))


def search_people(
    connection: Connection,
    terms: Sequence[Sequence[str]],
    *,
    known: bool | None = None,
    after: Place | None = None,
    limit: int = 100,
) -> list[Place]:
    """Return whoever has every one of the folded words of one of the lists, the last seen first. No lists: anyone.

    Words that many people have are found among those seen last; only rarer ones need the whole table.
    """
    row = profile_search.c
    rows = select(profile_search)
    if known is not None:
        rows = rows.where(row.known.is_(known))
    if after is not None:
        older = and_(row.last_seen_us == after.last_seen_us, row.profile_id < after.profile_id)
        rows = rows.where(or_(row.last_seen_us < after.last_seen_us, older))
    newest = rows.order_by(row.last_seen_us.desc(), row.profile_id.desc())
    if not terms:
        return _places(connection, newest.limit(limit), [], limit)
    found = _places(connection, newest.limit(NEWEST_ROWS), terms, limit)
    return found if len(found) == limit else _places(connection, rows, terms, limit)


def _places(
    connection: Connection, rows: Select[Any], terms: Sequence[Sequence[str]], limit: int
) -> list[Place]:
    among = rows.subquery()
    row = among.c
    statement = select(row.last_seen_us, row.profile_id)
    if terms:
        statement = statement.where(
            or_(*(and_(*(row.words.contains(word, autoescape=True) for word in words)) for words in terms))
        )
    # a computed key keeps the database from walking the index, which visits every row of the table in random order
    order = (row.last_seen_us + 0).desc() if terms else row.last_seen_us.desc()
    found = connection.execute(statement.order_by(order, row.profile_id.desc()).limit(limit))
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
