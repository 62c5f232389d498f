"""What changes when everybody is solved by other rules: in columns, with the reason of each link, and in samples."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weft.identity.foresee import Cause, Party, Sample, Tie, limited
from weft.identity.rules import Rules
from weft.model.identifier import Identifier
from weft.storage.identity_map import IdentityMap
from weft.storage.key_index import Keys, Rows, key_bytes
from weft.storage.link_strength import Bools, Floats

PARTIES = 12
"""Most people of a sample that are shown."""
NAMES = 6
"""Most identifiers of one of them."""
TIES = 12
"""Most links of a sample."""
CAUSES = tuple(Cause)
NO_NAMESPACE = -1

Names = Mapping[int, Identifier]


class Standing(NamedTuple):
    """How things stand, before or after. holder: of each node; people: of how many each node is, 0 if it may tie.

    blocked: of nodes. limited, apart: of links, those that a limit or a steward refuses.
    """

    holder: Rows
    people: Rows
    blocked: Bools
    limited: Bools
    apart: Bools


class Ends(NamedTuple):
    """Every link: its ends as rows of the map, whether it was seen on events, and how sure it is by the new rules."""

    keys: Keys
    left: Rows
    right: Rows
    seen: Bools
    confidence: Floats


class Change(NamedTuple):
    """Links that make a difference. rows: of the links; why, namespace: codes of the reason that they did not tie in
    the standing that keeps their ends apart; into: of each, the holder of the whole in which their ends are together.
    """

    rows: Rows
    why: NDArray[np.int64]
    namespace: NDArray[np.int64]
    into: Rows


class Picked(NamedTuple):
    """A sample as rows. parties: (holder, how many nodes, some of them); ties: places in the change."""

    whole: int
    size: int
    people: int
    parties: tuple[tuple[int, int, tuple[int, ...]], ...]
    ties: tuple[int, ...]

    def shown(self, ends: Ends, change: Change) -> set[int]:
        """Return the nodes that are named."""
        rows = change.rows[list(self.ties)]
        named = {row for _, _, rows in self.parties for row in rows}
        return named | set(ends.left[rows].tolist()) | set(ends.right[rows].tolist())


class Reasons(NamedTuple):
    """What the reasons of links are taken from. present: the rules in force; rules: those that might be."""

    nodes: IdentityMap
    ends: Ends
    present: Rules
    rules: Rules

    def change(self, rows: Rows, apart: Standing, together: Standing) -> Change:
        """Return why links do not tie in the standing that keeps their ends apart."""
        left, right = self.ends.left[rows], self.ends.right[rows]
        codes = self.nodes.codes(np.arange(len(apart.holder), dtype=np.int64)).astype(np.int64)
        bits = np.array([self.present.of(name).bits for name in self.nodes.names] or [0.0])
        weaker = np.where(bits[codes[left]] <= bits[codes[right]], codes[left], codes[right])
        why = np.full(len(rows), CAUSES.index(Cause.CONFIDENCE))
        namespace = np.where(self.ends.seen[rows], weaker, NO_NAMESPACE)
        names = self.nodes.names
        one = limited(self.present, self.rules, names)
        bounded = names.index(one) if one else NO_NAMESPACE
        for cause, refused, of in (
            (Cause.LIMIT, apart.limited, bounded),
            (Cause.APART, apart.apart, NO_NAMESPACE),
        ):
            why[refused[rows]], namespace[refused[rows]] = CAUSES.index(cause), of
        for cause, bare in ((Cause.GENERIC, apart.people > 0), (Cause.BLOCKED, apart.blocked)):
            at = bare[left] | bare[right]
            why[at] = CAUSES.index(cause)
            namespace[at] = np.where(bare[left], codes[left], codes[right])[at]
        return Change(rows, why, namespace, together.holder[left])


def counted(change: Change, names: Sequence[str]) -> dict[tuple[Cause, str], int]:
    """Return (why, namespace) → in how many people a link has that reason."""
    each = np.unique(np.stack((change.why, change.namespace, change.into), axis=1), axis=0)
    reasons: list[tuple[int, int]] = list(zip(each[:, 0].tolist(), each[:, 1].tolist(), strict=True))
    found: dict[tuple[Cause, str], int] = {}
    for why, namespace in reasons:
        key = CAUSES[why], "" if namespace == NO_NAMESPACE else names[namespace]
        found[key] = found.get(key, 0) + 1
    return found


def pick(whole: Rows, parts: Rows, holder: int, change: Change) -> Picked:
    """Return a sample: the nodes that are together under a holder, by the profiles that they are in otherwise."""
    rows = np.flatnonzero(whole == holder)
    others, counts = np.unique(parts[rows], return_counts=True)
    order = np.lexsort((others, -counts))[:PARTIES]
    parties = tuple(
        (other, count, tuple(rows[parts[rows] == other][:NAMES].tolist()))
        for other, count in zip(others[order].tolist(), counts[order].tolist(), strict=True)
    )
    ties = np.flatnonzero(change.into == holder)[:TIES]
    return Picked(holder, len(rows), len(others), parties, tuple(ties.tolist()))


def sample(picked: Picked, nodes: IdentityMap, names: Names, ends: Ends, change: Change) -> Sample:
    """Return a sample with names."""
    holders = [picked.whole, *(holder for holder, _, _ in picked.parties)]
    whole, *own = nodes.own_profiles(np.array(holders, np.int64))
    parties = tuple(
        Party(profile, size, tuple(names[row] for row in rows))
        for profile, (_, size, rows) in zip(own, picked.parties, strict=True)
    )
    links = change.rows[list(picked.ties)]
    ties = tuple(
        Tie(
            key,
            names[int(ends.left[row])],
            names[int(ends.right[row])],
            float(ends.confidence[row]),
            CAUSES[int(change.why[at])],
        )
        for at, row, key in zip(picked.ties, links.tolist(), key_bytes(ends.keys[links]), strict=True)
    )
    return Sample(picked.people, Party(whole, picked.size, ()), parties, ties)
