"""What the page of one person shows besides the profile: where traits came from, audiences, deliveries."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Router, get
from msgspec import Meta

from weft.audience.sentence import sentences
from weft.model.access import Scope
from weft.model.profile import Origin, ProfileDocument
from weft.profile.projection import NodeState, TraitEntry
from weft.storage.database_delivery import list_denials, list_items
from weft.storage.database_profiles import read_aliases, read_nodes
from weft.storage.definitions_read import understand
from weft.web.api.access import needs
from weft.web.api.describe import LIMIT_DEFAULT, Limit, Provided, failures
from weft.web.api.destinations import DeliveryView, DenialView, delivery_view, denial_view
from weft.web.api.naming import NamedBy
from weft.web.api.profiles import ALIASES_MAX, Name
from weft.web.api.services import Services, profile_by_name
from weft.web.times import time_text


class OtherValue(msgspec.Struct, frozen=True):
    """A value of a trait that lost against a later or a computed one."""

    value: Any
    at: Annotated[str, Meta(description="When it was told, RFC 3339.")]
    identifier: Annotated[NamedBy, Meta(description="With which it was told.")]


class TraitView(msgspec.Struct, frozen=True):
    """A trait with where it came from: a definition, or the event that told it last."""

    name: Annotated[str, Meta(examples=["country"])]
    value: Any
    kind: Annotated[str, Meta(description="`identify` or `computed`.")]
    version: Annotated[str, Meta(description="Of the definition that computed it; empty of identify traits.")]
    at: Annotated[str, Meta(description="When it was told or computed, RFC 3339.")]
    identifier: Annotated[
        NamedBy | None, Meta(description="With which it was told; null of computed traits.")
    ]
    source: Annotated[str, Meta(description="That sent the event; empty of computed traits.")]
    message_id: Annotated[str, Meta(description="Of the event; empty of computed traits.")]
    position: Annotated[int | None, Meta(description="Of the event; null of computed traits.")]
    others: Annotated[
        list[OtherValue], Meta(description="What other identifiers told and did not count, the latest first.")
    ]


class AudienceOfView(msgspec.Struct, frozen=True):
    """An audience that the person is in."""

    name: Annotated[str, Meta(examples=["big_spenders"])]
    description: Annotated[str, Meta(description="As its definition says.")]
    since: Annotated[str, Meta(description="RFC 3339.")]
    sentence: Annotated[
        dict[str, str], Meta(description="Why: language (en, ko, zh-TW) → the rule that the person fits.")
    ]


class ActsView(msgspec.Struct, frozen=True):
    """What was told to destinations about a person, and what the gate refused, the newest first."""

    deliveries: list[DeliveryView]
    denials: list[DenialView]


@get(
    "/profiles/{name:str}/traits",
    guards=[needs(Scope.PROFILES)],
    responses=failures(400, 404),
    sync_to_thread=True,
)
def list_profile_traits(services: Provided, name: Name) -> list[TraitView]:
    """List the traits of a person by name, each with where it came from."""
    profile = profile_by_name(services, name)
    with services.database.connect().execution_options(read_only=True) as connection:
        nodes = read_nodes(connection, profile.profile_id.bytes)
    told = _told(nodes)
    origins = _origins(services, {trait: entries[0][1] for trait, entries in told.items()})
    return [_trait(profile, trait, told.get(trait, []), origins) for trait in sorted(profile.traits)]


@get(
    "/profiles/{name:str}/audiences",
    guards=[needs(Scope.PROFILES)],
    responses=failures(400, 404),
    sync_to_thread=True,
)
def list_profile_audiences(services: Provided, name: Name) -> list[AudienceOfView]:
    """List the audiences that a person is in, the last entered first."""
    descriptions = {
        each.name: str(each.body.get("description", ""))
        for each in services.definitions
        if each.kind == "audiences"
    }
    rules = {each.name: each.who for each in understand(services.definitions).audiences}
    since = sorted(profile_by_name(services, name).audiences.items(), key=lambda item: (-item[1], item[0]))
    return [
        AudienceOfView(
            name,
            descriptions.get(name, ""),
            time_text(at_us),
            sentences(rules[name]) if name in rules else {},
        )
        for name, at_us in since
    ]


@get(
    "/profiles/{name:str}/deliveries",
    guards=[needs(Scope.PROFILES)],
    responses=failures(400, 404),
    sync_to_thread=True,
)
def list_profile_deliveries(services: Provided, name: Name, limit: Limit = LIMIT_DEFAULT) -> ActsView:
    """List what destinations were told about a person, also under the ids of profiles merged into this one."""
    profile = profile_by_name(services, name)
    with services.database.connect().execution_options(read_only=True) as connection:
        aliases = read_aliases(connection, profile.profile_id.bytes, ALIASES_MAX)
        ids = [profile.profile_id, *(UUID(bytes=each) for each in aliases)]
        items = list_items(connection, profiles=ids, limit=limit)
        denials = list_denials(connection, profiles=ids, limit=limit)
    return ActsView([delivery_view(each) for each in items], [denial_view(each) for each in denials])


Told = Sequence[tuple[NodeState, TraitEntry]]


def _told(nodes: list[NodeState]) -> Mapping[str, Told]:
    """Return of each identify trait what the nodes say, the latest stamp, which counts, first."""
    told: dict[str, list[tuple[NodeState, TraitEntry]]] = {}
    for node in nodes:
        for trait, entry in node.traits.items():
            told.setdefault(trait, []).append((node, entry))
    return {
        trait: sorted(entries, key=lambda each: each[1][:2], reverse=True) for trait, entries in told.items()
    }


def _origins(services: Services, entries: Mapping[str, TraitEntry]) -> Mapping[bytes, Origin]:
    if not entries:
        return {}
    times = [at_us for at_us, _, _ in entries.values()]
    return services.facts.origins({key for _, key, _ in entries.values()}, min(times), max(times))


def _trait(profile: ProfileDocument, trait: str, told: Told, origins: Mapping[bytes, Origin]) -> TraitView:
    kind, _, version = profile.sources.get(trait, "identify").partition(":")
    value = profile.traits[trait]
    if kind != "identify" or not told:
        at = time_text(profile.as_of_us)
        return TraitView(trait, value, kind, version, at, None, "", "", None, _others(told, value))
    node, (at_us, key, _) = told[0]
    origin = origins.get(key, Origin("", "", 0))
    identifier = NamedBy(node.namespace, node.value)
    return TraitView(
        trait,
        value,
        kind,
        "",
        time_text(at_us),
        identifier,
        origin.source,
        origin.message_id,
        origin.position or None,
        _others(told[1:], value),
    )


def _others(told: Told, value: Any) -> list[OtherValue]:
    """Return what was said otherwise; who said the same lost nothing."""
    return [
        OtherValue(said, time_text(at_us), NamedBy(node.namespace, node.value))
        for node, (at_us, _, text) in told
        if (said := msgspec.json.decode(text)) != value
    ]


router = Router(
    "/",
    route_handlers=[list_profile_traits, list_profile_audiences, list_profile_deliveries],
    tags=["profiles"],
)
