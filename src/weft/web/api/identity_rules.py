"""The rules of identity: read, changed, and tried on everybody before they are in force."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Router, get, post, put
from litestar.params import JSONBody
from msgspec import Meta

from weft.definitions import Definition, version_of
from weft.identity.foresee import Cause, Foreseen, Party, Sample
from weft.identity.rules import KIND, RULES, Rules, read_rules
from weft.model.access import Scope
from weft.model.profile import ProfileDocument
from weft.storage.database_profiles import read_documents
from weft.web.api.access import needs
from weft.web.api.describe import By, Provided, failures
from weft.web.api.identity_views import named
from weft.web.api.naming import NamedBy, NameView, name_view, named_by
from weft.web.api.plans import Check, Version
from weft.web.definition_edit import SavedView, put_definition

SAMPLES = 50
NAMED = 6
"""Most identifiers of a person that are listed."""
Body = JSONBody[dict[str, Any]]
Documents = Mapping[bytes, ProfileDocument]


class NamespaceView(msgspec.Struct, frozen=True):
    """What holds for the identifiers of a namespace, with all that is left out."""

    priority: int
    most_per_profile: Annotated[int, Meta(description="Most values that one profile may hold.")]
    most_profiles: Annotated[int, Meta(description="A value of more people is generic: it ties nobody.")]
    half_life_days: float | None
    bits: Annotated[float, Meta(description="Strength of one link: log2 of the odds.")]
    blocked: list[str]
    owned_by_login: bool
    stitch_back_days: float


class HoldingView(msgspec.Struct, frozen=True):
    """Rules as they hold."""

    merge: float
    review: float
    repeat_days: float
    namespaces: dict[str, NamespaceView]
    others: Annotated[NamespaceView, Meta(description="For namespaces that are not named.")]
    log_out: Annotated[list[str], Meta(description="Events that end the log-in on their device.")]


class RulesView(msgspec.Struct, frozen=True):
    """The rules of identity as they are written, and as they hold with all that is left out."""

    definition: Annotated[dict[str, Any], Meta(description="The content of the file; empty without one.")]
    version: Annotated[str, Meta(description="Tells one state of it from another; empty without a file.")]
    in_force: HoldingView
    defaults: Annotated[HoldingView, Meta(description="What holds without a file.")]


class RuleFault(msgspec.Struct, frozen=True):
    """Why a definition is no rules."""

    at: Annotated[str, Meta(description="Where in it.", examples=["namespaces.email.bits"])]
    message: str


class PartyView(msgspec.Struct, frozen=True):
    """A person of a sample. An id that nobody has yet is that of a person who would be new."""

    profile_id: UUID
    exists: bool
    name: NameView
    size: Annotated[int, Meta(description="Identifiers that are meant.")]
    identifiers: Annotated[list[NamedBy], Meta(description="Some of them.")]


class TieView(msgspec.Struct, frozen=True):
    """A link that makes the difference."""

    key: UUID
    left: NamedBy
    right: NamedBy
    confidence: Annotated[float, Meta(description="By these rules.")]
    why: Annotated[
        Cause,
        Meta(
            description="What makes it tie, or tie no more: the threshold `merge`, a limit per profile, "
            "a generic or a blocked value, a steward."
        ),
    ]


class SampleView(msgspec.Struct, frozen=True):
    """One merge: the person there would be, and those she would be made of. Or one split, the other way round."""

    people: Annotated[int, Meta(description="How many parties in all; at most 12 are listed.")]
    whole: PartyView
    parties: list[PartyView]
    ties: Annotated[list[TieView], Meta(description="At most 12.")]


class GainedView(msgspec.Struct, frozen=True):
    """How many there would be that are not, and how many there would be no more."""

    new: int
    gone: int


class SharedByView(msgspec.Struct, frozen=True):
    """A value and of how many people it is at least."""

    identifier: NamedBy
    people: int


class BecauseView(msgspec.Struct, frozen=True):
    """Of how many people a part of the rules is a reason."""

    why: Cause
    namespace: Annotated[str, Meta(description="Empty where it is no namespace's.")]
    merging: int
    splitting: int


class WouldView(msgspec.Struct, frozen=True):
    """What the rules would do. Of samples at most 50 are listed, those of the most people first."""

    before: Annotated[int, Meta(description="People now.")]
    after: Annotated[int, Meta(description="People there would be.")]
    merging: Annotated[int, Meta(description="People who would come together.")]
    into: Annotated[int, Meta(description="In so many people.")]
    splitting: Annotated[int, Meta(description="People who would come apart.")]
    parts: Annotated[int, Meta(description="Into so many people.")]
    moving: Annotated[int, Meta(description="Identifiers that would change their profile.")]
    generic: Annotated[GainedView, Meta(description="Values that tie nobody: of too many people.")]
    blocked: Annotated[GainedView, Meta(description="Values that tie nobody: blocked.")]
    questions: Annotated[GainedView, Meta(description="Questions to stewards.")]
    refused: Annotated[GainedView, Meta(description="Links that a limit or a steward forbids to act on.")]
    causes: list[BecauseView]
    merges: list[SampleView]
    splits: list[SampleView]
    becoming: Annotated[list[SharedByView], Meta(description="Values that would become generic.")]
    ceasing: Annotated[list[SharedByView], Meta(description="Values that would be generic no more.")]
    replay: Annotated[
        bool,
        Meta(description="What devices did in the past goes to others only by `weft replay`."),
    ]


class TriedView(msgspec.Struct, frozen=True):
    """Every fault of the rules; without any, what they would do."""

    faults: list[RuleFault]
    would: WouldView | None


@get("/identity/rules", guards=[needs(Scope.READ)], responses=failures(), sync_to_thread=False)
def show_rules(services: Provided) -> RulesView:
    """Show the rules in force."""
    found = [each for each in services.definitions if (each.kind, each.name) == (KIND, RULES)]
    body = found[0].body if found else {}
    return RulesView(body, version_of(body) if found else "", _holding(services.rules), _holding(Rules()))


@put("/identity/rules", guards=[needs(Scope.WRITE)], responses=failures(400), sync_to_thread=True)
def put_rules(
    services: Provided, author: By, data: Body, check: Check = False, version: Version = None
) -> SavedView:
    """Replace the rules: the body is the definition, see its JSON Schema.

    It is written to its file under `definitions/identity/`, and everybody is solved again. An empty `version` says that
    there was no file.
    """
    written = {**data, "name": RULES}
    seen = version or None
    return put_definition(
        services, KIND, RULES, written, author, new=version == "", version=seen, check=check
    )


@post(
    "/identity/rules/preview",
    guards=[needs(Scope.PROFILES)],
    responses=failures(400),
    status_code=200,
    sync_to_thread=True,
)
def preview_rules(services: Provided, data: Body) -> TriedView:
    """Say what rules would do, or every fault in them. Nothing is changed, and the engine goes on meanwhile."""
    rules, problems = read_rules([Definition(KIND, RULES, {**data, "name": RULES}, "")])
    if problems:
        faults = [RuleFault(each.at, each.message.removeprefix(f"{each.at}: ")) for each in problems]
        return TriedView(faults, None)
    found = services.foreseeing.foresee(rules, services.clock(), SAMPLES)
    parties = [party for each in (*found.merges, *found.splits) for party in (each.whole, *each.parties)]
    with services.database.connect().execution_options(read_only=True) as connection:
        documents = read_documents(connection, {each.profile for each in parties})
    return TriedView([], _would(found, documents))


def _holding(rules: Rules) -> HoldingView:
    return msgspec.convert(rules, HoldingView, from_attributes=True)


def _would(found: Foreseen, documents: Documents) -> WouldView:
    generic, blocked, questions, refused = (
        GainedView(*each) for each in (found.generic, found.blocked, found.questions, found.refused)
    )
    merges, splits = ([_sample(each, documents) for each in of] for of in (found.merges, found.splits))
    becoming, ceasing = (
        [SharedByView(named(each.identifier), each.people) for each in of]
        for of in (found.becoming, found.ceasing)
    )
    return WouldView(
        *found.counts,
        generic,
        blocked,
        questions,
        refused,
        [BecauseView(*each) for each in found.causes],
        merges,
        splits,
        becoming,
        ceasing,
        found.replay,
    )


def _sample(each: Sample, documents: Documents) -> SampleView:
    ties = [
        TieView(UUID(bytes=tie.key), named(tie.left), named(tie.right), tie.confidence, tie.why)
        for tie in each.ties
    ]
    parties = [_party(party, documents) for party in each.parties]
    return SampleView(each.people, _party(each.whole, documents), parties, ties)


def _party(each: Party, documents: Documents) -> PartyView:
    document = documents.get(each.profile)
    traits = {} if document is None else document.traits
    own = each.identifiers or (() if document is None else document.identifiers[:NAMED])
    return PartyView(
        UUID(bytes=each.profile), document is not None, name_view(traits), each.size, named_by(own)
    )


router = Router("/", route_handlers=[show_rules, put_rules, preview_rules], tags=["identity"])
