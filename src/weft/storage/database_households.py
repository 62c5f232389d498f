"""Households as they are now, read from the index of homes and the served profiles."""

from collections.abc import Iterable

from sqlalchemy import Connection

from weft.identity.households import CROWD_MOST, Crowd, Household, household_of
from weft.model.profile import ProfileDocument
from weft.storage.database_homes import holders, key_of, keys_of, occupants
from weft.storage.database_profiles import read_documents

NEAR_MOST = 5 * CROWD_MOST
"""Most profiles that are looked at for one household."""


def read_household(
    connection: Connection, document: ProfileDocument
) -> tuple[Household | Crowd | None, dict[bytes, ProfileDocument]]:
    """Return the household of a profile, and the documents of everyone who was looked at."""
    (profile,) = occupants([document])
    if not (profile.address or profile.landline):
        return None, {}
    documents = {profile.profile_id: document}
    _load(connection, keys_of(profile), documents)
    near = occupants(documents.values())
    if not profile.address:
        addresses = {each.address for each in near if each.address and each.landline == profile.landline}
        if len(addresses) == 1:
            _load(connection, [key_of(addresses.pop())], documents)
            near = occupants(documents.values())
    _load(connection, {key_of(each.landline) for each in near if each.landline}, documents)
    return household_of(profile, occupants(documents.values())), documents


def _load(connection: Connection, keys: Iterable[bytes], documents: dict[bytes, ProfileDocument]) -> None:
    for key in sorted(keys):
        if len(documents) <= NEAR_MOST:
            documents |= read_documents(connection, holders(connection, key) - documents.keys())
