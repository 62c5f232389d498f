"""The thresholds of shares, such as the top 10 percent, as they were last computed."""

from collections.abc import Mapping

from sqlalchemy import BigInteger, Column, Connection, Float, String, Table, delete, select

from weft.storage.database import metadata

threshold = Table(
    "threshold",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Float, nullable=False),
    Column("people", BigInteger, nullable=False),
    Column("at_us", BigInteger, nullable=False),
)


def read_thresholds(connection: Connection) -> dict[str, float]:
    """Return the column of `clock` → its threshold."""
    return {row.name: row.value for row in connection.execute(select(threshold.c.name, threshold.c.value))}


def write_thresholds(connection: Connection, found: Mapping[str, tuple[float, int]], at_us: int) -> None:
    """Replace all thresholds. found: name → its value, and among how many people it was found."""
    connection.execute(delete(threshold))
    rows = [
        {"name": name, "value": value, "people": people, "at_us": at_us}
        for name, (value, people) in found.items()
    ]
    if rows:
        connection.execute(threshold.insert(), rows)
