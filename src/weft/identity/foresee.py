"""What other rules would do: two ways to part everybody into people, compared, and why each changes."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weft.identity.rules import Rules
from weft.model.identifier import Identifier

Rows = NDArray[np.int64]


class Cause(StrEnum):
    """Which part of the rules makes a link tie, or tie no more."""

    CONFIDENCE = "confidence"  # it comes above `merge`, or below
    LIMIT = "limit"  # what one profile may hold
    GENERIC = "generic"  # a value is of too many people, or no more
    BLOCKED = "blocked"  # a value is blocked, or no more
    APART = "apart"  # a steward keeps two apart, which nothing else does any more


class Counts(NamedTuple):
    """merging: people who come together, in `into` people. splitting: people who come apart, in `parts` people.

    before, after: people in all. moving: identifiers that change their profile.
    """

    before: int = 0
    after: int = 0
    merging: int = 0
    into: int = 0
    splitting: int = 0
    parts: int = 0
    moving: int = 0


class Difference(NamedTuple):
    """How one way to part nodes into people differs from another. merged: profiles after that have nodes of several.

    split: profiles before whose nodes are in several. Both as rows of their holders, those of the most people first.
    """

    counts: Counts
    merged: Rows
    split: Rows


class Party(NamedTuple):
    """A person of a sample: the profile, how many identifiers it holds there, and some of them."""

    profile: bytes
    size: int
    identifiers: tuple[Identifier, ...]


class Tie(NamedTuple):
    """A link that makes the difference, and why it does."""

    key: bytes
    left: Identifier
    right: Identifier
    confidence: float
    why: Cause


class Sample(NamedTuple):
    """One merge: the person there would be, and those she would be made of; or one split, the other way round.

    people: how many parties there are in all.
    """

    people: int
    whole: Party
    parties: tuple[Party, ...]
    ties: tuple[Tie, ...]


class Shared(NamedTuple):
    """A value that ties nobody, or does again. people: of how many it is at least; 0 for blocked."""

    identifier: Identifier
    people: int


class Because(NamedTuple):
    """people: of how many people after it is a reason to merge, or of how many before a reason to split.

    namespace: of the rule; "" where it is no namespace's.
    """

    why: Cause
    namespace: str
    merging: int
    splitting: int


class Gained(NamedTuple):
    """How many there would be that are not, and how many that are would be no more."""

    new: int = 0
    gone: int = 0


class Foreseen(NamedTuple):
    """What would come of other rules. replay: devices of the past stay as they are until `weft replay`."""

    counts: Counts
    generic: Gained = Gained()
    blocked: Gained = Gained()
    questions: Gained = Gained()
    refused: Gained = Gained()
    causes: tuple[Because, ...] = ()
    merges: tuple[Sample, ...] = ()
    splits: tuple[Sample, ...] = ()
    becoming: tuple[Shared, ...] = ()
    ceasing: tuple[Shared, ...] = ()
    replay: bool = False


def difference(before: Rows, after: Rows) -> Difference:
    """Compare. before, after: of each node the row of the holder of its profile, which is a node of it."""
    count = len(before)
    pairs = np.unique(before * max(count, 1) + after)
    was, would = pairs // max(count, 1), pairs % max(count, 1)
    sources, parts = np.bincount(would, minlength=count), np.bincount(was, minlength=count)
    merged, split = np.flatnonzero(sources > 1), np.flatnonzero(parts > 1)
    counts = Counts(
        before=int((parts > 0).sum()),
        after=int((sources > 0).sum()),
        merging=len(np.unique(was[sources[would] > 1])),
        into=len(merged),
        splitting=len(split),
        parts=len(np.unique(would[parts[was] > 1])),
        moving=int((before != after).sum()),
    )
    return Difference(counts, _most_first(merged, sources), _most_first(split, parts))


def gained(before: Iterable[object], after: Iterable[object]) -> Gained:
    """Compare two sets."""
    one, other = set(before), set(after)
    return Gained(len(other - one), len(one - other))


def needs_replay(present: Rules, rules: Rules) -> bool:
    """Say whether devices of the past would be given to others, which only a replay does."""
    if (present.devices, present.log_out) != (rules.devices, rules.log_out):
        return True
    return any(present.of(name).stitch_back_days != rules.of(name).stitch_back_days for name in rules.devices)


def limited(present: Rules, rules: Rules, names: Sequence[str]) -> str:
    """Return the one namespace of which a profile may hold another number; "" where there are several or none."""
    changed = [name for name in names if present.of(name).most_per_profile != rules.of(name).most_per_profile]
    return changed[0] if len(changed) == 1 else ""


def because(
    merging: Mapping[tuple[Cause, str], int], splitting: Mapping[tuple[Cause, str], int]
) -> tuple[Because, ...]:
    """Put the reasons together, that of the most people first."""
    each = [Because(*key, merging.get(key, 0), splitting.get(key, 0)) for key in {*merging, *splitting}]
    return tuple(sorted(each, key=lambda one: (-one.merging - one.splitting, one.why, one.namespace)))


def _most_first(holders: Rows, people: Rows) -> Rows:
    return holders[np.lexsort((holders, -people[holders]))]
