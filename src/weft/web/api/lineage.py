"""Where the value of a definition comes from, and which other definitions name it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from weft.definitions import Definition
from weft.language.references import named_in
from weft.model.expression import Given, GivenKind, measures_of
from weft.model.measure import Measure, PropertyColumn
from weft.model.trait import Trait
from weft.profile.formula import names_of


class UsedBy(msgspec.Struct, frozen=True, order=True):
    """A definition that names another one."""

    kind: Annotated[str, Meta(examples=["audiences"])]
    name: Annotated[str, Meta(examples=["big_spenders"])]


class ReadsView(msgspec.Struct, frozen=True, order=True):
    """Facts that a trait is computed from."""

    type: Annotated[str, Meta(description="`track`, `record`, `page`, …", examples=["track"])]
    name: Annotated[str, Meta(description="Of the event or the object; empty for a type that has none.")]
    properties: Annotated[list[str], Meta(description="Their paths.", examples=[["total"]])]


def using(definitions: Iterable[Definition]) -> Mapping[tuple[str, str], list[UsedBy]]:
    """Return (kind, name) → the definitions that name it: in a rule, a formula, or what is sent."""
    found: dict[tuple[str, str], list[UsedBy]] = {}
    for each in definitions:
        for named in named_in(each.kind, each.body):
            found.setdefault(named, []).append(UsedBy(each.kind, each.name))
    return {named: sorted(uses) for named, uses in found.items()}


def reads(trait: Trait) -> list[ReadsView]:
    """Return the facts behind a trait, those of the traits in its formula too."""
    found: dict[tuple[str, str], set[str]] = {}
    for measure in measures_of(trait.value):
        key = (measure.source.type, measure.source.name or "")
        found.setdefault(key, set()).update(each.path for each in _columns(measure))
    return [ReadsView(*key, sorted(paths)) for key, paths in sorted(found.items())]


def named_traits(trait: Trait) -> list[str]:
    """Return the computed traits that its formula names, or that it is compared with."""
    other = trait.beside
    if other is not None and not (isinstance(other, Given) and other.kind is GivenKind.TOLD):
        return [trait.beside_name]
    return sorted(set(names_of(trait.formula))) if trait.formula else []


def _columns(measure: Measure) -> Sequence[PropertyColumn]:
    return (*measure.properties, *(each.property for each in measure.where))
