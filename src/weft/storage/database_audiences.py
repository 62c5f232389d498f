"""Who is in which audience, and how large audiences are and were: written in the transaction of the profiles."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Integer,
    RowMapping,
    String,
    Table,
    and_,
    bindparam,
    delete,
    func,
    select,
)

from weft.clock import HOUR_US
from weft.model.profile import Membership
from weft.model.signal import Signal, SignalKind
from weft.storage.database import Key, metadata
from weft.storage.database_upsert import insert, upsert_rows

MOVEMENTS = frozenset({SignalKind.ENTERED, SignalKind.EXITED})
IN_MAX = 5_000

Row = TypeVar("Row", bound=tuple[str, bytes] | tuple[str, bytes, int])

membership = Table(
    "membership",
    metadata,
    Column("audience", String, primary_key=True),
    Column("profile_id", Key, primary_key=True),
    Column("since_us", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
audience_size = Table(
    "audience_size",
    metadata,
    Column("audience", String, primary_key=True),
    Column("size", BigInteger, nullable=False),
)
"""Current members, so that nobody counts a million rows to show a number."""

audience_hour = Table(
    "audience_hour",
    metadata,
    Column("audience", String, primary_key=True),
    Column("hour", Integer, primary_key=True),  # hours since 1970 UTC
    Column("size", BigInteger, nullable=False),  # at its end, or now
    Column("entered", BigInteger, nullable=False),
    Column("exited", BigInteger, nullable=False),
    Column("joined", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Only hours in which something moved."""


class Hour(NamedTuple):
    """One hour of one audience. joined: members that became one with another, less those that were split off: the size
    fell by them though nobody exited.
    """

    audience: str
    hour: int
    size: int
    entered: int
    exited: int
    joined: int


_LEAVE = delete(membership).where(
    membership.c.audience == bindparam("a"), membership.c.profile_id == bindparam("p")
)


def change_memberships(
    connection: Connection,
    entered: Iterable[tuple[str, bytes, int]],
    exited: Sequence[tuple[str, bytes]],
    dropped: Sequence[tuple[str, bytes]],
    signals: Iterable[Signal],
    at_us: int,
) -> None:
    """Write who is in and who is out inside the caller's transaction, and count it.

    entered: with since when; some may be there already (a merged profile keeps the earlier time). dropped: those of
    profiles that are no more, which is no exit. signals: what is told of it.
    """
    came, left, gone = Counter[str](), Counter[str](), Counter[str]()
    for pairs, counts in ((exited, left), (dropped, gone)):
        for audience, leaving in _by_audience(pairs):
            rows = [{"a": audience, "p": key} for _, key in leaving]
            counts[audience] += connection.execute(_LEAVE, rows).rowcount
    for audience, entering in _by_audience(entered):
        came[audience] += len(entering) - _present(connection, audience, [key for _, key, _ in entering])
        upsert_rows(connection, membership, ("audience", "profile_id"), ("since_us",), entering)
    told = Counter((signal.kind, signal.subject) for signal in signals if signal.kind in MOVEMENTS)
    for audience in sorted({*came, *left, *gone, *(name for _, name in told)}):
        entries = told[SignalKind.ENTERED, audience]
        heirs = came[audience] - entries  # who have a membership from another, of which nothing is told
        size = came[audience] - left[audience] - gone[audience]
        exits = told[SignalKind.EXITED, audience]
        _count(connection, Hour(audience, at_us // HOUR_US, size, entries, exits, gone[audience] - heirs))


def _count(connection: Connection, change: Hour) -> None:
    """Add a projection to the counters and to the hour in which it happens. change: its size is by how much it grew."""
    sized = insert(audience_size).values(audience=change.audience, size=change.size)
    total = {"size": audience_size.c.size + sized.excluded.size}
    sized = sized.on_conflict_do_update(index_elements=["audience"], set_=total)
    size = connection.execute(sized.returning(audience_size.c.size)).scalar_one()
    hour = insert(audience_hour).values(**change._replace(size=size)._asdict())
    sums = {name: audience_hour.c[name] + hour.excluded[name] for name in ("entered", "exited", "joined")}
    sums["size"] = hour.excluded.size
    connection.execute(hour.on_conflict_do_update(index_elements=["audience", "hour"], set_=sums))


def _by_audience(rows: Iterable[Row]) -> Iterator[tuple[str, list[Row]]]:
    for audience, group in groupby(sorted(rows), key=lambda row: row[0]):
        yield audience, list(group)


def _present(connection: Connection, audience: str, keys: Sequence[bytes]) -> int:
    count = select(func.count()).select_from(membership).where(membership.c.audience == audience)
    parts = (keys[start : start + IN_MAX] for start in range(0, len(keys), IN_MAX))
    return sum(
        connection.execute(count.where(membership.c.profile_id.in_(part))).scalar_one() for part in parts
    )


def members_between(connection: Connection, audience: str, first: bytes, last: bytes) -> set[bytes]:
    """Return the members of an audience whose profile ids lie between two, both included."""
    row = membership.c
    mine = select(row.profile_id).where(row.audience == audience, row.profile_id.between(first, last))
    return set(connection.execute(mine).scalars())


def recount(connection: Connection) -> None:
    """Set the counters to what the memberships say: once, for a database from before there were counters."""
    connection.execute(audience_size.delete())
    counted = select(membership.c.audience, func.count()).group_by(membership.c.audience)
    connection.execute(audience_size.insert().from_select(["audience", "size"], counted))


def read_sizes(connection: Connection) -> dict[str, int]:
    """Return audience → current members."""
    found = connection.execute(select(audience_size.c.audience, audience_size.c.size))
    return {audience: size for audience, size in found if size}


def movements(connection: Connection, since_us: int) -> dict[str, tuple[int, int]]:
    """Return audience → how many entered and exited since the beginning of the hour of `since_us`."""
    row = audience_hour.c
    statement = (
        select(row.audience, func.sum(row.entered), func.sum(row.exited))
        .where(row.hour >= since_us // HOUR_US)
        .group_by(row.audience)
    )
    return {
        audience: (int(entered), int(exited)) for audience, entered, exited in connection.execute(statement)
    }


def hours_of(connection: Connection, audience: str, since_hour: int) -> Sequence[Hour]:
    """Return the hours of an audience in order; the last one before `since_hour` comes first, if there is one."""
    row = audience_hour.c
    mine = select(audience_hour).where(row.audience == audience)
    before = connection.execute(mine.where(row.hour < since_hour).order_by(row.hour.desc()).limit(1))
    since = connection.execute(mine.where(row.hour >= since_hour).order_by(row.hour))
    return [Hour(*each) for each in (*before, *since)]


def joined_since(connection: Connection, audience: str, since_hour: int) -> int:
    """Return how many members became one with another since an hour, less those that were split off."""
    row = audience_hour.c
    mine = select(func.coalesce(func.sum(row.joined), 0)).where(row.audience == audience)
    return int(connection.execute(mine.where(row.hour >= since_hour)).scalar_one())


def hours_since(connection: Connection, since_hour: int) -> dict[str, list[Hour]]:
    """Return what `hours_of` does, of every audience that ever moved."""
    row = audience_hour.c
    newest = (
        select(row.audience, func.max(row.hour).label("hour"))
        .where(row.hour < since_hour)
        .group_by(row.audience)
        .subquery()
    )
    before = select(audience_hour).join(
        newest, and_(row.audience == newest.c.audience, row.hour == newest.c.hour)
    )
    since = select(audience_hour).where(row.hour >= since_hour).order_by(row.audience, row.hour)
    found: dict[str, list[Hour]] = {}
    for each in (*connection.execute(before), *connection.execute(since)):
        found.setdefault(each.audience, []).append(Hour(*each))
    return found


class DatabaseMemberships:
    """Members and sizes of audiences."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(read_only=True)

    def members(self, audience: str, after: UUID | None, limit: int) -> Sequence[Membership]:
        """Return current members in the order of their profile ids."""
        statement = select(membership).where(membership.c.audience == audience)
        if after is not None:
            statement = statement.where(membership.c.profile_id > after.bytes)
        with self._engine.begin() as connection:
            rows = connection.execute(statement.order_by(membership.c.profile_id).limit(limit)).mappings()
            return [_membership(row) for row in rows]

    def sizes(self) -> dict[str, int]:
        """Return audience → number of current members."""
        with self._engine.begin() as connection:
            return read_sizes(connection)


def _membership(row: RowMapping) -> Membership:
    return Membership(row["audience"], UUID(bytes=row["profile_id"]), row["since_us"])
