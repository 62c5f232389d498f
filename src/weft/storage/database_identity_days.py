"""The figures of identity day by day: one row for each day (UTC) on which the engine ran, only ever added."""

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Integer, Table, func, select

from weft.clock import DAY_US
from weft.model.identity_state import IdentityState
from weft.storage.database import Bytes, metadata
from weft.storage.database_upsert import insert_new

identity_day = Table(
    "identity_day",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),  # since 1970
    Column("at_us", BigInteger, nullable=False),
    Column("state", Bytes, nullable=False),  # IdentityState as JSON
)

_decode = msgspec.json.Decoder(IdentityState).decode


def day_of(at_us: int) -> int:
    """Return the day (UTC, since 1970) of a time in microseconds since 1970."""
    return at_us // DAY_US


def newest_day(connection: Connection) -> int | None:
    """Return the last day that there are figures of."""
    return connection.execute(select(func.max(identity_day.c.day))).scalar()


def add_day(connection: Connection, state: IdentityState) -> None:
    """Note the figures of their day, inside the caller's transaction; a day that has some keeps them."""
    row = {"day": day_of(state.at_us), "at_us": state.at_us, "state": msgspec.json.encode(state)}
    connection.execute(insert_new(identity_day).values(row))


def state_before(connection: Connection, at_us: int, oldest_until_us: int) -> IdentityState | None:
    """Return the newest figures at or before a time; without any, the oldest that are not after `oldest_until_us`."""
    at = identity_day.c.at_us
    before = select(identity_day.c.state).where(at <= at_us).order_by(at.desc()).limit(1)
    oldest = select(identity_day.c.state).where(at <= oldest_until_us).order_by(at).limit(1)
    found = connection.execute(before).scalar() or connection.execute(oldest).scalar()
    return None if found is None else _decode(found)
