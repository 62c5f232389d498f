"""The traits of one person: which value survived, why, where it came from, and what else was told."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Annotated, Any

import msgspec
from litestar import Router, get
from litestar.params import PathParameter
from msgspec import Meta

from weft.collect.identifiers import normalise_identifier
from weft.errors import NotFound
from weft.model.access import Scope
from weft.model.profile import Origin, ProfileDocument
from weft.model.survivorship import Strategy, Survival, Survivorship
from weft.profile.projection import NodeState
from weft.profile.survivorship import Offer, ranked
from weft.storage.database_profiles import read_nodes
from weft.web.api.access import needs
from weft.web.api.describe import Provided, failures
from weft.web.api.naming import NamedBy
from weft.web.api.profiles import Name
from weft.web.api.services import Services, profile_by_name
from weft.web.times import time_text

OTHERS_MOST = 50
UNKNOWN = Origin("", "", 0)


class OtherValue(msgspec.Struct, frozen=True):
    """A value of a trait that lost against the surviving or a computed one."""

    value: Any
    at: Annotated[str, Meta(description="When it was told last, RFC 3339.")]
    identifier: Annotated[NamedBy, Meta(description="With which it was told.")]
    source: Annotated[str, Meta(description="That told it; `source/record` of a record; empty in a list.")]
    message_id: Annotated[str, Meta(description="Of what told it; empty in a list.")]
    position: Annotated[int | None, Meta(description="Of what told it; null in a list.")]
    score: Annotated[int, Meta(description="What the strategy says of it, as `why.score`.")]


class WhyView(msgspec.Struct, frozen=True):
    """Why a value survived."""

    strategy: Strategy
    trait: Annotated[
        str, Meta(description="The trait whose own survivorship it is; empty for that of all others.")
    ]
    score: Annotated[
        int,
        Meta(
            description=(
                "How often it was told; how much its source is trusted (0: not listed); how many characters it has; "
                "1 for verified or for a rule that is met; 0 where only time decides."
            )
        ),
    ]
    next_score: Annotated[
        int | None,
        Meta(description="Of the best other value; the later of equals survives. null: there is none."),
    ]
    dropped: Annotated[
        int,
        Meta(
            description="How often other values were told that are not kept; where they are not counted, 1 for any."
        ),
    ]


class TraitView(msgspec.Struct, frozen=True):
    """A trait with where it came from: a definition, or the event or record that told it."""

    name: Annotated[str, Meta(examples=["country"])]
    value: Any
    kind: Annotated[str, Meta(description="`identify`, `record` or `computed`.")]
    version: Annotated[str, Meta(description="Of the definition that computed it; empty of told traits.")]
    at: Annotated[str, Meta(description="When it was told or computed, RFC 3339.")]
    identifier: Annotated[
        NamedBy | None, Meta(description="With which it was told; null of computed traits.")
    ]
    source: Annotated[
        str, Meta(description="That told it; `source/record` of a record; empty of computed traits.")
    ]
    message_id: Annotated[str, Meta(description="Of what told it; empty of computed traits.")]
    position: Annotated[int | None, Meta(description="Of what told it; null of computed traits.")]
    why: Annotated[WhyView | None, Meta(description="Why this value survived; null of computed traits.")]
    others: Annotated[list[OtherValue], Meta(description="What else was told, the best first.")]


@get(
    "/profiles/{name:str}/traits",
    guards=[needs(Scope.PROFILES)],
    responses=failures(400, 404),
    sync_to_thread=True,
)
def list_profile_traits(services: Provided, name: Name) -> list[TraitView]:
    """List the traits of a person by name, each with where it came from."""
    profile = profile_by_name(services, name)
    survival = services.understood.survival
    told = _told(services, profile, profile.traits, survival)
    origins = _origins(services, [each.offers[0] for each in told.values() if each.offers])
    return [_trait(profile, trait, told[trait], origins) for trait in sorted(profile.traits)]


@get(
    "/profiles/{name:str}/traits/{trait:str}",
    guards=[needs(Scope.PROFILES)],
    responses=failures(400, 404),
    sync_to_thread=True,
)
def show_profile_trait(
    services: Provided, name: Name, trait: Annotated[str, PathParameter(description="The name of a trait.")]
) -> TraitView:
    """Show one trait of a person, with where each other value came from."""
    profile = profile_by_name(services, name)
    if trait not in profile.traits:
        raise NotFound(
            f"This person has no trait `{trait}`; known: {', '.join(sorted(profile.traits)) or 'none'}."
        )
    survival = services.understood.survival
    told = _told(services, profile, [trait], survival)[trait]
    return _trait(profile, trait, told, _origins(services, told.offers))


class _Told(msgspec.Struct, frozen=True):
    """What was told of a trait, the survivor first, and by what that was chosen."""

    survivorship: Survivorship
    offers: Sequence[Offer]
    dropped: int


def _told(
    services: Services, profile: ProfileDocument, traits: Iterable[str], survival: Survival
) -> Mapping[str, _Told]:
    with services.database.connect().execution_options(read_only=True) as connection:
        nodes = read_nodes(connection, profile.profile_id.bytes)
    return {trait: _of(nodes, trait, survival.of(trait)) for trait in traits}


def _of(nodes: Collection[NodeState], trait: str, survivorship: Survivorship) -> _Told:
    dropped = [node.told[trait].dropped for node in nodes if trait in node.told]
    offers = ranked(survivorship, trait, nodes, normalise_identifier)
    return _Told(survivorship, offers, sum(dropped))


def _origins(services: Services, offers: Sequence[Offer]) -> Mapping[bytes, Origin]:
    if not offers:
        return {}
    times = [each.candidate.at_us for each in offers]
    return services.facts.origins({each.candidate.key for each in offers}, min(times), max(times))


def _trait(profile: ProfileDocument, trait: str, told: _Told, origins: Mapping[bytes, Origin]) -> TraitView:
    kind, _, version = profile.sources.get(trait, "identify").partition(":")
    value = profile.traits[trait]
    others = _others(told.offers, value, origins)
    if kind == "computed" or not told.offers:
        at = time_text(profile.as_of_us)
        return TraitView(trait, value, kind, version, at, None, "", "", None, None, others)
    winner = told.offers[0]
    origin = origins.get(winner.candidate.key, UNKNOWN)
    best = next((each for each in told.offers if each.value != value), None)
    survivorship = told.survivorship
    why = WhyView(
        survivorship.strategy, survivorship.trait, winner.score, best.score if best else None, told.dropped
    )
    return TraitView(
        trait,
        value,
        kind,
        "",
        time_text(winner.candidate.at_us),
        NamedBy(winner.namespace, winner.identifier),
        winner.candidate.source or origin.source,
        origin.message_id,
        origin.position or None,
        why,
        others,
    )


def _others(offers: Sequence[Offer], value: Any, origins: Mapping[bytes, Origin]) -> list[OtherValue]:
    """Return what was said otherwise; who said the same lost nothing."""
    found: list[OtherValue] = []
    for each in offers:
        if each.value == value or len(found) == OTHERS_MOST:
            continue
        origin = origins.get(each.candidate.key, UNKNOWN)
        found.append(
            OtherValue(
                each.value,
                time_text(each.candidate.at_us),
                NamedBy(each.namespace, each.identifier),
                each.candidate.source or origin.source,
                origin.message_id,
                origin.position or None,
                each.score,
            )
        )
    return found


router = Router("/", route_handlers=[list_profile_traits, show_profile_trait], tags=["profiles"])
