"""Households: profiles that live together stay apart as people, but are found as a group. Pure.

A profile's home is its address (street with number, and postcode); without one, the one address of the people with its
landline, else the landline itself. Who has the same home is one household, up to HOME_MOST; in a larger house those
with the same family name are. Beyond CROWD_MOST (a dormitory, an office) nobody is. The household of a profile follows
from the profiles that share its address or landline now, so whatever merges and unmerges do to them it does, too.

Besides, the model that compares people has an outcome for it: of two whose likeliest outcome is one household it says
with what probability. Such pairs join homes, as long as no more than HOME_MOST come together that way.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Literal
from uuid import UUID

import msgspec

Trait = Literal["address", "landline", "family_name"]
TRAITS: tuple[Trait, ...] = ("address", "landline", "family_name")

HOME_MOST = 8
"""Most members of a household."""
CROWD_MOST = 200
"""Most profiles at one address or landline that are looked at for households."""

WEIGHTS: dict[Trait, float] = {"address": 0.7, "landline": 0.6, "family_name": 0.5}
"""How far sharing a trait alone speaks for one household. Chosen, not fitted: they rank, they are no probability."""

_VERSION = 0xF << 76


class Occupant(msgspec.Struct, frozen=True, order=True):
    """A profile with what can tell its home; the texts are normalised, empty where nothing is known.

    address: street with number and postcode. family_name: under which spellings coincide.
    """

    profile_id: bytes
    address: str = ""
    landline: str = ""
    family_name: str = ""

    def of(self, trait: Trait) -> str:
        """Return the text of a trait."""
        return (
            self.address if trait == "address" else self.landline if trait == "landline" else self.family_name
        )


class Member(msgspec.Struct, frozen=True):
    """A member: the traits that she shares with at least one other, and how far all this speaks for it.

    probability: by the model, that she lives with one of the others; None where it says nothing of her.
    rank: from 0 to 1, to put members in order; no probability.
    """

    profile_id: bytes
    shares: tuple[Trait, ...]
    rank: float
    probability: float | None = None


class Household(msgspec.Struct, frozen=True):
    """People who live together, the oldest profile first. shared: the traits of which all members have one value.

    id: of the oldest profile, as a UUID of version 8. rank: the least of the members'.
    """

    id: UUID
    members: tuple[Member, ...]
    shared: tuple[Trait, ...]
    rank: float


class Crowd(msgspec.Struct, frozen=True):
    """So many share an address or a landline that it says nothing. at_least: there may be more."""

    trait: Trait
    at_least: int


Scored = Mapping[tuple[bytes, bytes], float]
"""Pairs of profiles, the lesser first, that the model takes for two of one household → the probability."""


def household_of(
    profile: Occupant, near: Collection[Occupant], scored: Scored | None = None
) -> Household | Crowd | None:
    """Return the household of a profile.

    near: all who share its address or landline, or a landline with one at its address, herself among them; of a value
    that more than CROWD_MOST share at least so many and one. The order does not matter. With `scored` (the pairs of
    all who may come together) the same of everybody that is named there.
    """
    scored = scored or {}
    home = _at_home(profile, near)
    together = _reached(profile, near, scored) if scored else None
    if together is None:
        if isinstance(home, Crowd):
            return home
        together = home
    return _grouped(together, scored) if len(together) > 1 else None


def members_of(profile: Occupant, near: Collection[Occupant]) -> list[bytes]:
    """Return who lives with a profile by address and landline, herself among them."""
    home = _at_home(profile, near)
    return [profile.profile_id] if isinstance(home, Crowd) else [each.profile_id for each in home]


def _reached(profile: Occupant, near: Collection[Occupant], scored: Scored) -> list[Occupant] | None:
    """Return everybody who comes together over homes and scored pairs; None where no pair adds anybody, or too many."""
    by_id = {each.profile_id: each for each in near}
    partners: dict[bytes, set[bytes]] = {}
    for left, right in scored:
        if left in by_id and right in by_id:
            partners.setdefault(left, set()).add(right)
            partners.setdefault(right, set()).add(left)
    found, waiting = {profile.profile_id}, [profile.profile_id]
    while waiting and len(found) <= HOME_MOST:
        one = by_id[waiting.pop()]
        fresh = {*members_of(one, near), *partners.get(one.profile_id, ())} - found
        found |= fresh
        waiting += fresh
    if len(found) > HOME_MOST or partners.keys().isdisjoint(found):
        return None
    return sorted(by_id[each] for each in found)


def _at_home(profile: Occupant, near: Collection[Occupant]) -> list[Occupant] | Crowd:
    """Return who has the same home, the profile among them."""
    for trait in TRAITS[:2]:
        mine = profile.of(trait)
        crowd = sum(1 for each in near if mine and each.of(trait) == mine)
        if crowd > CROWD_MOST:
            return Crowd(trait, crowd)
    home = _home(profile, near)
    if not home[1]:
        return [profile]
    together = sorted(each for each in near if _home(each, near) == home)
    if len(together) > HOME_MOST:
        name = profile.family_name
        together = [each for each in together if name and each.family_name == name]
        if len(together) > HOME_MOST:
            return Crowd(home[0], len(together))
    return together or [profile]


def household_id(oldest: bytes) -> UUID:
    """Return the id of the household whose oldest profile this is: its UUID with version 8 (RFC 9562, 5.8)."""
    return UUID(int=int.from_bytes(oldest) & ~_VERSION | 0x8 << 76)


def oldest_of(household: UUID) -> UUID:
    """Return the id of the profile from which a household's id was made."""
    return UUID(int=household.int & ~_VERSION | 0x7 << 76)


def _home(profile: Occupant, near: Iterable[Occupant]) -> tuple[Trait, str]:
    if profile.address or not profile.landline:
        return "address", profile.address
    addresses = {each.address for each in near if each.landline == profile.landline and each.address}
    return ("address", addresses.pop()) if len(addresses) == 1 else ("landline", profile.landline)


def _grouped(together: list[Occupant], scored: Scored) -> Household:
    members = tuple(_member(each, together, scored) for each in together)
    first = together[0]
    shared = _traits(
        trait for trait in TRAITS if all(each.of(trait) == first.of(trait) != "" for each in together)
    )
    rank = min(member.rank for member in members)
    return Household(household_id(first.profile_id), members, shared, rank)


def _member(one: Occupant, together: Iterable[Occupant], scored: Scored) -> Member:
    others = [each for each in together if each is not one]
    mine = one.profile_id
    said = [scored.get((min(mine, each.profile_id), max(mine, each.profile_id))) for each in others]
    probability = max((each for each in said if each is not None), default=None)
    shares = _traits(
        trait for trait in TRAITS if any(each.of(trait) == one.of(trait) != "" for each in others)
    )
    doubt = 1.0 - (probability or 0.0)
    for trait in shares:
        doubt *= 1 - WEIGHTS[trait]
    return Member(one.profile_id, shares, round(1 - doubt, 4), probability)


def _traits(found: Iterable[Trait]) -> tuple[Trait, ...]:
    return tuple(found)
