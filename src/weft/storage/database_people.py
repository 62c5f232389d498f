"""Finding people: one short row a profile, written with it, and an index of the words in it.

The database keeps the index itself (SQLite's of full text) and touches it only when the words changed. It says who may
be meant; the row says who is.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    Select,
    String,
    Table,
    and_,
    column,
    delete,
    event,
    func,
    or_,
    select,
    table,
)

from weft.model.profile import ProfileDocument
from weft.profile.naming import is_known, search_words
from weft.storage.database import Key, metadata
from weft.storage.database_upsert import upsert_rows

NEWEST_ROWS = 5_000
"""Among so many seen last, words that many people have are found without the index."""

profile_search = Table(
    "profile_search",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("profile_id", Key, nullable=False, unique=True),
    Column("last_seen_us", BigInteger, nullable=False),
    Column("known", Boolean, nullable=False),
    Column("words", String, nullable=False),
)
Index(
    "profile_search_by_time",
    profile_search.c.last_seen_us,
    profile_search.c.profile_id,
    profile_search.c.known,
)

_INDEX = (
    """
CREATE VIRTUAL TABLE profile_words USING fts5(
    words, content='profile_search', content_rowid='number', tokenize='ascii', detail=full, columnsize=0
)
""",
    """
CREATE TRIGGER profile_words_new AFTER INSERT ON profile_search WHEN new.words <> '' BEGIN
    INSERT INTO profile_words (rowid, words) VALUES (new.number, new.words);
END
""",
    """
CREATE TRIGGER profile_words_gone AFTER DELETE ON profile_search WHEN old.words <> '' BEGIN
    INSERT INTO profile_words (profile_words, rowid, words) VALUES ('delete', old.number, old.words);
END
""",
    """
CREATE TRIGGER profile_words_changed AFTER UPDATE OF words ON profile_search WHEN old.words <> new.words BEGIN
    INSERT INTO profile_words (profile_words, rowid, words)
    SELECT 'delete', old.number, old.words WHERE old.words <> '';
    INSERT INTO profile_words (rowid, words) SELECT new.number, new.words WHERE new.words <> '';
END
""",
)
"""Rows without words are not in the index; to delete what is not there would spoil it."""
for _statement in _INDEX:
    event.listen(profile_search, "after_create", DDL(_statement))

_WORDS = table("profile_words", column("rowid", Integer), column("profile_words", String))


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
    rows.sort()  # neighbours share pages of the index of ids
    upsert_rows(connection, profile_search, ("profile_id",), ("last_seen_us", "known", "words"), rows)


def forget_search(connection: Connection, ids: Collection[bytes]) -> None:
    """Find these profiles no more: they were merged into others, or erased."""
    connection.execute(delete(profile_search).where(profile_search.c.profile_id.in_(ids)))


def search_people(
    connection: Connection,
    terms: Sequence[Sequence[str]] | None,
    *,
    known: bool | None = None,
    after: Place | None = None,
    limit: int = 100,
) -> list[Place]:
    """Return whoever has every text of one of the lists (`search_terms`), the last seen first. None: anyone.

    Words that many people have are found among those seen last; only rarer ones are looked up in the index.
    """
    row = profile_search.c
    rows = select(profile_search)
    if known is not None:
        rows = rows.where(row.known.is_(known))
    if after is not None:
        older = and_(row.last_seen_us == after.last_seen_us, row.profile_id < after.profile_id)
        rows = rows.where(or_(row.last_seen_us < after.last_seen_us, older))
    newest = rows.order_by(row.last_seen_us.desc(), row.profile_id.desc())
    if terms is None:
        return _places(connection, newest.limit(limit), (), limit)
    if not terms:
        return []
    found = _places(connection, newest.limit(NEWEST_ROWS), terms, limit)
    if len(found) == limit:
        return found
    return _places(connection, rows.where(_indexed(terms)), terms, limit)


def _indexed(terms: Sequence[Sequence[str]]) -> ColumnElement[bool]:
    """Return the condition that the index answers: every word of one of the lists."""
    every = [" AND ".join(f'"{text.strip()}" *' for text in texts) for texts in terms]
    wanted = _WORDS.c.profile_words.match(" OR ".join(f"({each})" for each in every))
    return profile_search.c.number.in_(select(_WORDS.c.rowid).where(wanted))


def _places(
    connection: Connection, rows: Select[Any], terms: Sequence[Sequence[str]], limit: int
) -> list[Place]:
    among = rows.subquery()
    row = among.c
    statement = select(row.last_seen_us, row.profile_id)
    if terms:
        statement = statement.where(
            or_(*(and_(*(row.words.contains(text, autoescape=True) for text in texts)) for texts in terms))
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
