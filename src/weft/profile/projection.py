"""Folding facts into profiles: pure, one function a concern; the worker brings rows and takes documents."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from weft.model.identifier import Identifier
from weft.model.profile import ContextValue, ProfileDocument
from weft.model.signal import SignalKind
from weft.model.survivorship import Strategy, Survival
from weft.model.trait import Trait
from weft.profile.candidates import Told, TraitEntry, join_traits
from weft.profile.given import ZoneEntry, zone_of
from weft.profile.memory import Remembered, digest_of, since
from weft.profile.survivorship import Normalise, latest_source, ranked

IDENTIFY = "identify"
"""What a trait came from that an event told."""


class NodeState(msgspec.Struct, array_like=True, gc=False):
    """What is kept per node, so that a merge or unmerge moves entries and recomputes nothing.

    traits: the latest value of each that an event or record told. told: of some, every different value (see
    `weft.profile.candidates`). measures: running measure state as JSON text. zone: where events last saw the person.
    """

    id: bytes
    namespace: str
    value: str
    events: int = 0
    first_us: int = 0
    last_us: int = 0
    traits: dict[str, TraitEntry] = {}
    measures: str = "{}"
    told: dict[str, Told] = {}
    zone: ZoneEntry | None = None


class StoredProfile(msgspec.Struct, gc=False):
    """A profile's row: its nodes and the audiences it is in (name → since, microseconds).

    inherited: some of those memberships stand under another profile. back: what it was with exactly these nodes, or
    last. born: it was part of another profile until now, so its memberships are told with that, not one by one.
    """

    nodes: dict[bytes, NodeState]
    audiences: dict[str, int]
    inherited: bool = False
    back: Remembered | None = None
    born: bool = False


class Delta(msgspec.Struct, gc=False):
    """What the facts since the last projection say of one node. restated: they are all its facts, not only new ones."""

    events: int = 0
    first_us: int = 0
    last_us: int = 0
    traits: dict[str, TraitEntry] = {}
    told: dict[str, Told] = {}
    zone: ZoneEntry | None = None
    restated: bool = False


def fold(state: NodeState, delta: Delta, survival: Survival) -> None:
    """Add a delta to a node's counts and told traits (its measures are merged by the compiled expressions)."""
    if delta.restated:
        state.events, state.first_us, state.last_us = delta.events, delta.first_us, delta.last_us
        state.traits, state.told, state.zone = delta.traits, delta.told, delta.zone
        return
    state.zone = max((entry for entry in (state.zone, delta.zone) if entry is not None), default=None)
    if delta.events:
        state.first_us = min(delta.first_us, state.first_us) if state.events else delta.first_us
        state.last_us = max(delta.last_us, state.last_us) if state.events else delta.last_us
        state.events += delta.events
    if delta.traits:
        join_traits(state, delta, survival)


def latest_traits(
    each: Iterable[Mapping[str, TraitEntry]],
) -> dict[str, TraitEntry]:
    """Return, trait by trait, the value with the latest stamp; the outcome does not depend on the order given."""
    latest: dict[str, TraitEntry] = {}
    for traits in each:
        for name, entry in traits.items():
            held = latest.get(name)
            if held is None or entry[:2] > held[:2]:
                latest[name] = entry
    return latest


class Sayings(msgspec.Struct, frozen=True):
    """How the traits of a profile come about. versions: computed trait → where its value comes from.

    audiences: those in force. Who was in one that is not goes out of it and nobody is told; of those that are `held`,
    because their definition fails, everybody stays in. context: the context traits.
    """

    versions: Mapping[str, str]
    survival: Survival
    normalise: Normalise
    audiences: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    context: Mapping[str, Trait] = {}


def told_traits(nodes: Collection[NodeState], says: Sayings) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the told traits with the values that survive, and what told each: `identify` or `record:source/record`."""
    told = [node for node in nodes if node.traits]
    if not told:
        return {}, {}
    latest = told[0].traits if len(told) == 1 else latest_traits(node.traits for node in told)
    traits: dict[str, Any] = {name: msgspec.Raw(value) for name, (_, _, value) in latest.items()}
    sources = dict.fromkeys(traits, IDENTIFY)
    survival = says.survival
    if survival.is_plain and not survival.records:
        return traits, sources
    for name in dict.fromkeys(trait for node in told for trait in node.told):
        survivorship = survival.of(name)
        if survivorship.strategy is Strategy.MOST_RECENT:
            source = latest_source(name, told)
        else:
            winner = ranked(survivorship, name, nodes, says.normalise)[0].candidate
            traits[name], source = msgspec.Raw(winner.value), winner.source
        sources[name] = f"record:{source}" if "/" in source else IDENTIFY
    return traits, sources


def told_by_all(
    profiles: Mapping[bytes, StoredProfile], says: Sayings
) -> dict[bytes, tuple[dict[str, Any], dict[str, str]]]:
    """Return what `told_traits` says of each profile, its nodes in the order of their ids."""
    return {
        key: told_traits([node for _, node in sorted(profile.nodes.items())], says)
        for key, profile in profiles.items()
    }


class Evaluated(msgspec.Struct, gc=False):
    """What the compiled expressions say of one profile. due_us: when a value would change by itself, if ever."""

    traits: dict[str, Any]
    audiences: tuple[str, ...]
    due_us: int | None = None


def apart(traits: Mapping[str, Any], says: Sayings) -> tuple[dict[str, Any], dict[str, ContextValue]]:
    """Return the computed traits that last, and those of the moment."""
    lasting = {name: value for name, value in traits.items() if name not in says.context}
    return lasting, {
        name: _of_the_moment(trait, traits[name]) for name, trait in says.context.items() if name in traits
    }


def _of_the_moment(trait: Trait, found: Mapping[str, Any]) -> ContextValue:
    fading, value, known = trait.fading, found["value"], found["beside"]
    assert fading is not None
    return ContextValue(
        value,
        found["at_us"],
        fading.half_life_seconds,
        trait.version,
        found["share"],
        trait.beside_name,
        known,
        conflict=known is not None and known != value,
    )


class Projected(msgspec.Struct, gc=False):
    """A profile ready to be written.

    memberships: those to write down; moves: what the signals tell; dropped: audiences left because they are no more.
    """

    document: ProfileDocument
    nodes: dict[bytes, NodeState]
    due_us: int | None
    memberships: dict[str, int]
    moves: list[tuple[SignalKind, str]]
    dropped: list[str]


def project(
    profile_id: bytes,
    stored: StoredProfile,
    told: tuple[dict[str, Any], dict[str, str]],
    evaluated: Evaluated,
    says: Sayings,
    *,
    position: int,
    now_us: int,
) -> Projected:
    """Build the served document and say which audiences were entered and exited since `stored`.

    told: what `told_traits` says of its nodes in the order of their ids.
    """
    nodes = dict(sorted(stored.nodes.items()))  # so that it says the same whatever its nodes went through
    lasting, context = apart(evaluated.traits, says)
    traits = told[0] | lasting
    sources = told[1] | {name: says.versions[name] for name in lasting}
    before = stored.audiences
    audiences = {name: since(name, before, stored.back, now_us) for name in evaluated.audiences}
    moves = [(SignalKind.ENTERED, name) for name in audiences if name not in before]
    audiences |= {name: at for name, at in before.items() if name in says.held}
    left = [] if stored.born else [name for name in before if name not in audiences]
    moves += [(SignalKind.EXITED, name) for name in left if name in says.audiences]
    dropped = [name for name in left if name not in says.audiences]
    active = [node for node in nodes.values() if node.events]
    document = ProfileDocument(
        UUID(bytes=profile_id),
        tuple([Identifier.of(node.namespace, node.value) for node in nodes.values()]),
        traits,
        audiences,
        first_seen_us=min([node.first_us for node in active], default=0),
        last_seen_us=max([node.last_us for node in active], default=0),
        position=position,
        as_of_us=now_us,
        events=sum([node.events for node in active]),
        sources=sources,
        zone=zone_of(told[0], (node.zone for node in nodes.values())),
        context=context,
    )
    if stored.back is not None and digest_of(msgspec.json.encode(document)) == stored.back.digest:
        unchanged = stored.back.position, stored.back.as_of_us
        document = msgspec.structs.replace(document, position=unchanged[0], as_of_us=unchanged[1])
    again = stored.inherited or stored.back is not None
    memberships = {name: at for name, at in audiences.items() if again or name not in before}
    return Projected(document, nodes, evaluated.due_us, memberships, moves, dropped)
