"""A computed trait while it is written: what it is, what is wrong with it, and what it comes to for some people."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Router, post
from litestar.datastructures import State
from litestar.params import JSONBody
from msgspec import Meta

from weft.audience.definition import rule_of
from weft.definitions import Definition
from weft.model.access import Scope
from weft.model.measure import ValueType
from weft.model.trait import Trait
from weft.profile.definition import read_traits
from weft.profile.sentence import trait_sentences
from weft.storage.database_people import search_people
from weft.storage.database_profiles import read_documents
from weft.storage.sql.checker import check_sql
from weft.web.api.access import Gatekeeper, needs
from weft.web.api.describe import Provided, failures
from weft.web.api.lineage import ReadsView, reads
from weft.web.api.naming import NamedBy, NameView, name_view, named_by
from weft.web.api.services import Services

UNNAMED = "new_trait"
PEOPLE_MOST = 8
LATELY = 200
"""So many of those seen last are looked through for some who have a value."""


class TraitInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A definition that may not be there yet."""

    definition: Annotated[dict[str, Any], Meta(description="As the JSON Schema of traits says.")]
    people: Annotated[
        int, Meta(description="For how many of those seen last it is computed.", ge=0, le=PEOPLE_MOST)
    ] = 0


class TraitFaultView(msgspec.Struct, frozen=True):
    """What is wrong, and what to write instead."""

    at: Annotated[
        str, Meta(description="Where in the definition; empty: all of it.", examples=["where[0].is"])
    ]
    message: str


class TraitSampleView(msgspec.Struct, frozen=True):
    """What the trait comes to for somebody."""

    profile_id: UUID
    name: NameView
    identifiers: list[NamedBy]
    value: Annotated[Any, Meta(description="null where it is missing.")]


class TraitReadingView(msgspec.Struct, frozen=True):
    """What a definition says."""

    type: Annotated[ValueType | None, Meta(description="Of its value; null while there is a fault.")]
    sentence: Annotated[dict[str, str], Meta(description="Language (en, ko, zh-TW) → what it is.")]
    reads: list[ReadsView]
    faults: list[TraitFaultView]
    people: Annotated[list[TraitSampleView], Meta(description="Only for a token with the scope `profiles`.")]


@post(
    "/traits/read",
    guards=[needs(Scope.READ)],
    responses=failures(400),
    status_code=200,
    sync_to_thread=True,
)
def read_trait(
    request: Request[Any, Any, State], services: Provided, data: JSONBody[TraitInput]
) -> TraitReadingView:
    """Read the definition of a computed trait, and compute it for some people. Nothing is saved."""
    name = str(data.definition.get("name") or UNNAMED)
    made = Definition("traits", name, {**data.definition, "name": name}, "")
    others = [each for each in services.definitions if each.kind == "traits" and each.name != name]
    traits, problems = read_traits([*others, made], check_sql)
    faults = [TraitFaultView(each.at, each.message) for each in problems if each.is_error and not each.path]
    trait = next((each for each in traits if each.name == name), None)
    if trait is None:
        return TraitReadingView(None, {}, [], faults, [])
    gatekeeper: Gatekeeper = request.app.state.gatekeeper
    token = gatekeeper.token_of(request)
    may = token is not None and token.allows(Scope.PROFILES)
    people = _sample(services, trait, traits, data.people) if may and data.people else []
    return TraitReadingView(trait.value_type, trait_sentences(trait), reads(trait), faults, people)


def _sample(services: Services, trait: Trait, traits: Sequence[Trait], most: int) -> list[TraitSampleView]:
    """Return what a trait comes to for people who were seen lately, those first whom it serves with a value."""
    if trait.batch is not None:  # it is not computed while one waits
        return []
    rule, _ = rule_of({"trait": trait.called, "exists": True}, traits, ())
    if rule is None:
        return []
    with services.database.connect().execution_options(read_only=True) as connection:
        found = search_people(connection, None, known=True, after=None, limit=LATELY)
        ids = [each.profile_id for each in found]
        documents = read_documents(connection, ids)
    lately = [documents[key] for key in ids if key in documents]
    lately.sort(key=lambda each: trait.name not in (each.traits if trait.fading is None else each.context))
    now_us = services.clock()
    return [
        TraitSampleView(
            profile.profile_id,
            name_view(profile.traits),
            named_by(profile.identifiers),
            services.explaining.explain(profile, rule, now_us, past=False).clauses[0].value,
        )
        for profile in lately[:most]
    ]


router = Router("/", route_handlers=[read_trait], tags=["definitions"])
