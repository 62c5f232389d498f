"""Households as they are now, read from the index of homes, the served profiles and the pairs that were scored."""

from collections.abc import Iterable

from sqlalchemy import Connection

from weft.identity.households import (
    CROWD_MOST,
    HOME_MOST,
    Crowd,
    Household,
    Occupant,
    household_of,
    members_of,
)
from weft.model.profile import ProfileDocument
from weft.storage.database_homes import holders, key_of, keys_of, occupants
from weft.storage.database_housemates import Pair, housemates_of
from weft.storage.database_profiles import read_documents

NEAR_MOST = 5 * CROWD_MOST
"""Most profiles that are looked at for one household."""


def read_household(
    connection: Connection, document: ProfileDocument
) -> tuple[Household | Crowd | None, dict[bytes, ProfileDocument]]:
    """Return the household of a profile, and the documents of everyone who was looked at."""
    mine = document.profile_id.bytes
    documents, scored = {mine: document}, dict[Pair, float]()
    found, waiting = {mine}, [mine]
    while waiting and len(found) <= HOME_MOST:
        group = _at_home(connection, documents, waiting)
        found |= group
        pairs = housemates_of(connection, group)
        scored |= pairs
        partners = {each for pair in pairs for each in pair} - found
        documents |= read_documents(connection, partners - documents.keys())
        waiting = sorted(partners & documents.keys())
        found |= partners
    near = occupants(documents.values())
    profile = next(each for each in near if each.profile_id == mine)
    return household_of(profile, near, scored), documents


def _at_home(
    connection: Connection, documents: dict[bytes, ProfileDocument], profiles: Iterable[bytes]
) -> set[bytes]:
    """Return who lives with these profiles by address and landline, and load who is near."""
    group: set[bytes] = set()
    for key in profiles:
        (profile,) = occupants([documents[key]])
        _load_near(connection, documents, profile)
        group |= set(members_of(profile, occupants(documents.values())))
    return group


def _load_near(connection: Connection, documents: dict[bytes, ProfileDocument], profile: Occupant) -> None:
    """Load all who share its address or landline, or a landline with one at its address."""
    if not (profile.address or profile.landline):
        return
    _load(connection, keys_of(profile), documents)
    near = occupants(documents.values())
    if not profile.address:
        addresses = {each.address for each in near if each.address and each.landline == profile.landline}
        if len(addresses) == 1:
            _load(connection, [key_of(addresses.pop())], documents)
            near = occupants(documents.values())
    _load(connection, {key_of(each.landline) for each in near if each.landline}, documents)


def _load(connection: Connection, keys: Iterable[bytes], documents: dict[bytes, ProfileDocument]) -> None:
    for key in sorted(keys):
        if len(documents) <= NEAR_MOST:
            documents |= read_documents(connection, holders(connection, key) - documents.keys())
