"""How frequent values are among the people of the workspace, as the model takes them to be, in the database."""

from typing import NamedTuple

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Integer, String, Table, select

from weft.model.term_counts import Frequencies
from weft.storage.database import Bytes, metadata

term_frequency = Table(
    "term_frequency",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("model", String, nullable=False),  # the version that scores carry which were made with these
    Column("at_us", BigInteger, nullable=False),
    Column("counts", Bytes, nullable=False),  # Frequencies as JSON
)
"""Only ever added to: one row for each doubling of the nodes. The newest is in force."""

_NEWEST = select(term_frequency).order_by(term_frequency.c.number.desc()).limit(1)
_decode = msgspec.json.Decoder(Frequencies).decode
_encode = msgspec.json.Encoder(order="sorted").encode


class Counted(NamedTuple):
    """Frequencies in force. model: the version of the model that has them; at_us: since when (1970 UTC)."""

    model: str
    at_us: int
    frequencies: Frequencies


def newest_frequencies(connection: Connection) -> Counted | None:
    """Return the frequencies in force; None before they were ever counted."""
    row = connection.execute(_NEWEST).first()
    return None if row is None else Counted(row.model, row.at_us, _decode(row.counts))


def add_frequencies(connection: Connection, counted: Counted) -> None:
    """Put frequencies in force with the caller's transaction."""
    row = {"model": counted.model, "at_us": counted.at_us, "counts": _encode(counted.frequencies)}
    connection.execute(term_frequency.insert().values(row))
