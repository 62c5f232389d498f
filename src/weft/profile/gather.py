"""Bringing stored profiles up to date with a window of facts: merges, moves, new nodes, deltas. Pure."""

from collections.abc import Iterable, Mapping
from typing import Protocol

import msgspec

from weft.model.survivorship import Survival
from weft.profile.projection import Delta, NodeState, StoredProfile, fold


class MapChange(Protocol):
    """A change of the identity map: `merged` (other went into profile), `split` (profile was part of other till now) or
    `moved` (node went from other to profile).
    """

    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def profile(self) -> bytes: ...  # noqa: D102
    @property
    def other(self) -> bytes: ...  # noqa: D102
    @property
    def node(self) -> bytes: ...  # noqa: D102


class FoundNode(Protocol):
    """A node that is new to the projection, and its profile."""

    @property
    def id(self) -> bytes: ...  # noqa: D102
    @property
    def profile(self) -> bytes: ...  # noqa: D102
    @property
    def namespace(self) -> str: ...  # noqa: D102
    @property
    def value(self) -> str: ...  # noqa: D102


class Gathered(msgspec.Struct):
    """The profiles to evaluate. gone: profile that is no more → its heir. owners: nodes that have a new profile.

    born: profile → the one that it was part of. moved: (into, from) of profiles that both go on.
    """

    profiles: dict[bytes, StoredProfile]
    gone: dict[bytes, bytes] = {}
    owners: dict[bytes, bytes] = {}
    born: dict[bytes, bytes] = {}
    moved: dict[tuple[bytes, bytes], None] = {}


def gather(
    stored: dict[bytes, StoredProfile],
    changes: Iterable[MapChange],
    new_nodes: Iterable[FoundNode],
    deltas: Mapping[bytes, Delta],
    survival: Survival,
) -> Gathered:
    """Apply a window to the stored profiles, in the order in which the map changed. `stored` is changed in place."""
    gathered = Gathered(stored)
    for change in changes:
        if change.kind == "merged":
            _merge(gathered, change.other, change.profile)
        elif change.kind == "split":
            _bear(gathered, change.profile, change.other)
        else:
            _move(gathered, change.node, change.other, change.profile)
    for node in new_nodes:
        profile = gathered.profiles.setdefault(node.profile, StoredProfile({}, {}))
        profile.nodes.setdefault(node.id, NodeState(node.id, node.namespace, node.value))
        gathered.owners[node.id] = node.profile
    states = {node: state for profile in gathered.profiles.values() for node, state in profile.nodes.items()}
    for node, delta in deltas.items():
        if (state := states.get(node)) is not None:  # else nobody's: all were logged out of a shared device
            fold(state, delta, survival)
    for key in [key for key, profile in gathered.profiles.items() if not profile.nodes]:
        del gathered.profiles[key]
    return gathered


def _merge(gathered: Gathered, gone: bytes, heir: bytes) -> None:
    gathered.gone[gone] = heir
    gathered.born.pop(gone, None)
    source = gathered.profiles.pop(gone, None)
    if source is None:
        return
    into = gathered.profiles.setdefault(heir, StoredProfile({}, {}))
    into.nodes.update(source.nodes)
    gathered.owners.update(dict.fromkeys(source.nodes, heir))
    _inherit(source, into)


def _bear(gathered: Gathered, new: bytes, source: bytes) -> None:
    """Begin a profile that has the memberships of the one it was part of; its nodes come by moves."""
    holder = gathered.profiles.get(source)
    if holder is None:
        return
    gathered.gone.pop(new, None)
    gathered.born[new] = source
    gathered.profiles[new] = StoredProfile({}, dict(holder.audiences), inherited=True, born=True)


def _move(gathered: Gathered, node: bytes, source: bytes, into: bytes) -> None:
    holder = gathered.profiles.get(source)
    state = holder.nodes.pop(node, None) if holder else None
    gathered.gone.pop(into, None)
    if holder is None or state is None:
        return
    target = gathered.profiles.setdefault(into, StoredProfile({}, {}))
    target.nodes[node] = state
    gathered.owners[node] = into
    if not holder.nodes:
        gathered.gone[source] = into
        gathered.moved.pop((into, source), None)
        _inherit(holder, target)
    elif gathered.born.get(into) != source:
        gathered.moved[into, source] = None


def _inherit(source: StoredProfile, into: StoredProfile) -> None:
    """Count the heir as a member since the earlier of both, so that a merge is no entry."""
    into.inherited = True
    for audience, since in source.audiences.items():
        into.audiences[audience] = min(since, into.audiences.get(audience, since))
