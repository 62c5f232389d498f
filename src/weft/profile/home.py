"""Where somebody lives, as the traits say it. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from weft.profile.naming import name_of

ADDRESS = ("address", "homeAddress", "home_address")
"""Traits that hold an address: whole as a text, or its parts as an object."""
STREET = ("street", "address1", "addressLine1", "address_line1", "streetAddress", "street_address")
NUMBER = ("houseNumber", "house_number", "streetNumber", "street_number")
POSTCODE = ("postcode", "postalCode", "postal_code", "zip", "zipCode", "zip_code")
CITY = ("city", "town")
COUNTRY = ("country", "countryCode", "country_code")
LANDLINE = ("landline", "homePhone", "home_phone", "landlinePhone")
TELLING = frozenset((*ADDRESS, *STREET, *LANDLINE))
"""A profile without any of these has no home that is known."""


class Home(msgspec.Struct, frozen=True):
    """The parts as they were told; empty where they were not. street: with its number."""

    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""
    landline: str = ""
    family: str = ""
    full_name: str = ""


def home_of(traits: Mapping[str, Any]) -> Home:
    """Read a home from traits as SDKs and other systems call them."""
    whole = next((traits[name] for name in ADDRESS if name in traits), None)
    if isinstance(whole, msgspec.Raw):
        whole = msgspec.json.decode(whole)
    parts: Mapping[str, Any] = {**traits, **whole} if isinstance(whole, dict) else traits
    street = _first(parts, STREET) or (whole.strip() if isinstance(whole, str) else "")
    name = name_of(traits)
    return Home(
        f"{street} {_first(parts, NUMBER)}".strip() if street else "",
        _first(parts, POSTCODE),
        _first(parts, CITY),
        _first(parts, COUNTRY),
        _first(traits, LANDLINE),
        name.family,
        name.full,
    )


def _first(traits: Mapping[str, Any], names: Iterable[str]) -> str:
    for name in names:
        value = traits.get(name)
        if isinstance(value, msgspec.Raw):
            value = msgspec.json.decode(value)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""
