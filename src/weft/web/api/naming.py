"""What names a person, as every page of the API shows it."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from weft.model.identifier import Identifier
from weft.profile.naming import name_of


class NameView(msgspec.Struct, frozen=True):
    """A name as the traits give it; empty where they do not. Which part comes first is for whoever shows it."""

    full: Annotated[str, Meta(examples=["Minsu Kim"])]
    given: Annotated[str, Meta(examples=["Minsu"])]
    family: Annotated[str, Meta(examples=["Kim"])]


class NamedBy(msgspec.Struct, frozen=True):
    """One value that names the person."""

    namespace: Annotated[str, Meta(examples=["email"])]
    value: Annotated[str, Meta(examples=["kim@example.com"])]


def named_by(identifiers: Iterable[Identifier]) -> list[NamedBy]:
    """Return identifiers in their order."""
    return [NamedBy(each.namespace, each.value) for each in identifiers]


def name_view(traits: Mapping[str, Any]) -> NameView:
    """Return the name among traits."""
    name = name_of(traits)
    return NameView(name.full, name.given, name.family)
