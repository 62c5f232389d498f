"""Who shares an address or a landline: an index that is written with the profiles."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TypeVar

from sqlalchemy import Column, Connection, Index, Table, and_, delete, or_, select

from weft.identity.households import CROWD_MOST, Occupant
from weft.model.profile import ProfileDocument
from weft.profile.home import TELLING, Home, home_of
from weft.storage.database import Key, metadata

IN_MAX = 5_000
PAIRS_MAX = 300
"""Most rows in one DELETE that names them."""

T = TypeVar("T")

home_key = Table(
    "home_key",
    metadata,
    Column("key", Key, primary_key=True),  # of an address or of a landline
    Column("profile_id", Key, primary_key=True),
    Index("home_key_by_profile", "profile_id"),
    sqlite_with_rowid=False,
)

_ANY = select(home_key.c.profile_id).limit(1)


def occupants(documents: Iterable[ProfileDocument]) -> list[Occupant]:
    """Return what can tell the home of each profile, normalised, in their order."""
    documents = list(documents)
    homes = {each.profile_id.bytes: home_of(each.traits) for each in documents}
    by_country: dict[str, list[bytes]] = {}
    for key, home in homes.items():
        by_country.setdefault(home.country.upper(), []).append(key)
    found: dict[bytes, Occupant] = {}
    for country, keys in by_country.items():
        found.update(zip(keys, _normalised(keys, [homes[key] for key in keys], country), strict=True))
    return [found[each.profile_id.bytes] for each in documents]


def keys_of(one: Occupant) -> list[bytes]:
    """Return the keys under which others find a profile: of its address and of its landline."""
    return [key for text in (one.address, one.landline) if (key := key_of(text))]


def key_of(text: str) -> bytes:
    """Return the key of an address or a landline; empty for none."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest() if text else b""


def write_homes(connection: Connection, documents: Sequence[ProfileDocument]) -> None:
    """Write down what these profiles share with others, inside the caller's transaction."""
    telling = [each for each in documents if not TELLING.isdisjoint(each.traits)]
    if not telling and connection.execute(_ANY).first() is None:
        return
    wanted = {(key, one.profile_id) for one in occupants(telling) for key in keys_of(one)}
    there: set[tuple[bytes, bytes]] = set()
    for part in _parts([each.profile_id.bytes for each in documents], IN_MAX):
        rows = select(home_key.c.key, home_key.c.profile_id).where(home_key.c.profile_id.in_(part))
        there.update((row.key, row.profile_id) for row in connection.execute(rows))
    for part in _parts(sorted(there - wanted), PAIRS_MAX):
        pairs = [and_(home_key.c.key == key, home_key.c.profile_id == owner) for key, owner in part]
        connection.execute(delete(home_key).where(or_(*pairs)))
    if fresh := sorted(wanted - there):
        connection.execute(home_key.insert(), [{"key": key, "profile_id": owner} for key, owner in fresh])


def forget_homes(connection: Connection, ids: Collection[bytes]) -> None:
    """Let these profiles share nothing any more: they were merged into others, or erased."""
    connection.execute(delete(home_key).where(home_key.c.profile_id.in_(ids)))


def holders(connection: Connection, key: bytes) -> set[bytes]:
    """Return the profiles with a key; of more than CROWD_MOST so many and one."""
    rows = select(home_key.c.profile_id).where(home_key.c.key == key).limit(CROWD_MOST + 1)
    return set(connection.execute(rows).scalars())


def _normalised(keys: Sequence[bytes], homes: Sequence[Home], country: str) -> Iterator[Occupant]:
    import pyarrow as pa  # here, for the edge reads profiles without all this
    from pyarrow.compute import call_function

    from weft.identity.kinds.names.keys import name_key
    from weft.identity.kinds.names.split import split_names
    from weft.identity.kinds.registry import normalise

    def column(kind: str, texts: Iterable[str]) -> pa.StringArray:
        known = country if len(country) == 2 and country.isalpha() else None
        return normalise(kind, pa.array([text or None for text in texts], pa.string()), known)

    streets, postcodes, cities, landlines = (
        column(kind, texts).to_pylist()
        for kind, texts in (
            ("street", (each.street for each in homes)),
            ("postcode", (each.postcode for each in homes)),
            ("city", (each.city for each in homes)),
            ("phone", (each.landline for each in homes)),
        )
    )
    _, told = split_names(pa.array([each.full_name or None for each in homes], pa.string()))
    given = column("family_name", (each.family for each in homes))
    families = call_function(
        "coalesce", [name_key("family_name", each) for each in (given, told)]
    ).to_pylist()
    for key, street, postcode, city, landline, family in zip(
        keys, streets, postcodes, cities, landlines, families, strict=True
    ):
        yield Occupant(key, _address(street, postcode, city), landline or "", family or "")


def _address(street: str | None, postcode: str | None, city: str | None) -> str:
    """Return a street with its number and the postcode, else the city; a street without a number is no home."""
    area = postcode or city
    return f"{street}|{area}" if street and area and any(char.isdigit() for char in street) else ""


def _parts(items: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    return (items[start : start + most] for start in range(0, len(items), most))
