"""Folding facts into profiles: pure, one function a concern; the worker brings rows and takes documents."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from weft.model.identifier import Identifier
from weft.model.profile import ProfileDocument
from weft.model.signal import SignalKind

TraitEntry = tuple[int, bytes, bytes]
"""(occurred_us, message key, value as JSON): later entries replace earlier ones, in the order of the first two."""


class NodeState(msgspec.Struct, array_like=True, gc=False):
    """What is kept per node, so that a merge or unmerge moves entries and recomputes nothing.

    measures: running measure state as JSON text.
    """

    id: bytes
    namespace: str
    value: str
    events: int = 0
    first_us: int = 0
    last_us: int = 0
    traits: dict[str, TraitEntry] = {}
    measures: str = "{}"


class StoredProfile(msgspec.Struct, gc=False):
    """A profile's row: its nodes and the audiences it is in (name → since, microseconds).

    inherited: some of those memberships stand under a profile that was merged into this one.
    """

    nodes: dict[bytes, NodeState]
    audiences: dict[str, int]
    inherited: bool = False


class Delta(msgspec.Struct, gc=False):
    """What the facts since the last projection say of one node. restated: they are all its facts, not only new ones."""

    events: int = 0
    first_us: int = 0
    last_us: int = 0
    traits: dict[str, TraitEntry] = {}
    restated: bool = False


def fold(state: NodeState, delta: Delta) -> None:
    """Add a delta to a node's counts and identify traits (its measures are merged by the compiled expressions)."""
    if delta.restated:
        state.events, state.first_us, state.last_us = delta.events, delta.first_us, delta.last_us
    elif delta.events:
        state.first_us = min(delta.first_us, state.first_us) if state.events else delta.first_us
        state.last_us = max(delta.last_us, state.last_us) if state.events else delta.last_us
        state.events += delta.events
    state.traits = latest_traits((state.traits, delta.traits)) if delta.traits else state.traits


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


class Evaluated(msgspec.Struct, gc=False):
    """What the compiled expressions say of one profile. due_us: when a value would change by itself, if ever."""

    traits: dict[str, Any]
    audiences: tuple[str, ...]
    due_us: int | None = None


class Projected(msgspec.Struct, gc=False):
    """A profile ready to be written. memberships: those to write down; moves: what the signals tell."""

    document: ProfileDocument
    nodes: dict[bytes, NodeState]
    due_us: int | None
    memberships: dict[str, int]
    moves: list[tuple[SignalKind, str]]


def project(
    profile_id: bytes,
    stored: StoredProfile,
    evaluated: Evaluated,
    versions: Mapping[str, str],
    *,
    position: int,
    now_us: int,
) -> Projected:
    """Build the served document and say which audiences were entered and exited since `stored`."""
    nodes = stored.nodes
    told = [node.traits for node in nodes.values() if node.traits]
    traits = evaluated.traits
    if told:
        identified = told[0] if len(told) == 1 else latest_traits(told)
        traits = {name: msgspec.Raw(value) for name, (_, _, value) in identified.items()} | traits
    before = stored.audiences
    audiences = {name: before.get(name, now_us) for name in evaluated.audiences}
    moves = [(SignalKind.ENTERED, name) for name in audiences if name not in before]
    moves += [(SignalKind.EXITED, name) for name in before if name not in audiences]
    active = [node for node in nodes.values() if node.events]
    document = ProfileDocument(
        UUID(bytes=profile_id),
        tuple([Identifier(node.namespace, node.value) for node in nodes.values()]),
        traits,
        audiences,
        first_seen_us=min([node.first_us for node in active], default=0),
        last_seen_us=max([node.last_us for node in active], default=0),
        position=position,
        as_of_us=now_us,
        events=sum([node.events for node in active]),
        sources={name: versions.get(name, "identify") for name in traits},
    )
    memberships = {name: at for name, at in audiences.items() if stored.inherited or name not in before}
    return Projected(document, nodes, evaluated.due_us, memberships, moves)
