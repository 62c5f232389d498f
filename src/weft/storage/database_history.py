"""Who entered and left which audience, when and through what: written in the transaction of the memberships."""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Boolean, Column, Connection, Index, Row, String, Table, func, select

from weft.model.signal import Cause
from weft.storage.database import Key, metadata
from weft.storage.database_upsert import upsert_rows

IDS_PER_QUERY = 500

membership_change = Table(
    "membership_change",
    metadata,
    Column("profile_id", Key, primary_key=True),
    Column("at_us", BigInteger, primary_key=True),
    Column("audience", String, primary_key=True),
    Column("entered", Boolean, nullable=False),
    Column("cause", String, nullable=False),
    sqlite_with_rowid=False,
)
Index("membership_change_by_audience", membership_change.c.audience, membership_change.c.at_us)


class MembershipChange(NamedTuple):
    """One entering, or else leaving, under the id that the profile had. at_us: microseconds since 1970 UTC."""

    profile_id: bytes
    at_us: int
    audience: str
    entered: bool
    cause: Cause


def write_changes(connection: Connection, changes: Iterable[MembershipChange]) -> None:
    """Write changes down; one of the same profile, time and audience replaces the earlier."""
    columns = ("profile_id", "at_us", "audience"), ("entered", "cause")
    upsert_rows(connection, membership_change, *columns, [(*each[:4], each.cause.value) for each in changes])


def changes_of(
    connection: Connection,
    profile_ids: Collection[bytes],
    most: int,
    *,
    audience: str | None = None,
    upto_us: int | None = None,
) -> list[MembershipChange]:
    """Return the newest changes of a profile under any of its ids, newest first.

    audience: only of this one. upto_us: only those until then, microseconds since 1970 UTC.
    """
    row = membership_change.c
    only = [] if audience is None else [row.audience == audience]
    only += [] if upto_us is None else [row.at_us <= upto_us]
    keys, found = list(profile_ids), list[MembershipChange]()
    for start in range(0, len(keys), IDS_PER_QUERY):
        mine = select(membership_change).where(row.profile_id.in_(keys[start : start + IDS_PER_QUERY]), *only)
        rows = connection.execute(mine.order_by(row.at_us.desc(), row.audience).limit(most))
        found += [_change(each) for each in rows]
    return sorted(found, key=lambda each: (-each.at_us, each.audience))[:most]


def changes_in(
    connection: Connection,
    audience: str,
    since_us: int,
    *,
    entered: bool,
    most: int,
    cause: Cause | None = None,
) -> list[MembershipChange]:
    """Return who entered (or left) an audience since then, newest first. cause: only through this."""
    row = membership_change.c
    wanted = select(membership_change).where(
        row.audience == audience, row.at_us >= since_us, row.entered == entered
    )
    if cause is not None:
        wanted = wanted.where(row.cause == cause.value)
    return [_change(each) for each in connection.execute(wanted.order_by(row.at_us.desc()).limit(most))]


def causes_in(connection: Connection, audience: str, since_us: int) -> dict[tuple[bool, Cause], int]:
    """Return how many entered (True) or left (False) an audience since then, by cause."""
    row = membership_change.c
    wanted = select(row.entered, row.cause, func.count()).where(
        row.audience == audience, row.at_us >= since_us
    )
    counted = connection.execute(wanted.group_by(row.entered, row.cause))
    return {(bool(entered), Cause(cause)): int(count) for entered, cause, count in counted}


def _change(row: Row[Any]) -> MembershipChange:
    return MembershipChange(row.profile_id, row.at_us, row.audience, bool(row.entered), Cause(row.cause))
