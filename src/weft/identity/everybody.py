"""Who is who, of everybody at once: `solve`, in whole columns where nothing conflicts.

Linked nodes that keep every limit, and of which no steward said anything, are one profile. Only the others, each
component by itself, are solved node by node; the outcome is the one that `solve` has for all of them together.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weft.identity.clustering.components import components
from weft.identity.rules import Rules
from weft.identity.solve import Link, Node, Refused, solve
from weft.identity.steward import Constraint

Rows = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


class Nodes(NamedTuple):
    """Every node, as columns. namespace: its code, an index of names.

    oldest: all rows, the oldest node first, as profiles are named. of: the nodes of some rows.
    """

    names: Sequence[str]
    namespace: NDArray[np.uint16]
    oldest: Rows
    of: Callable[[Sequence[int]], list[Node]]


class Links(NamedTuple):
    """Every link once, as columns. left, right: rows of nodes; confidence: of all its evidence at this moment.

    seen: it was seen, not inferred, so it may show a value as generic. of: the links of some rows.
    """

    left: Rows
    right: Rows
    confidence: Floats
    seen: Bools
    of: Callable[[Rows], list[Link]]


class Said(NamedTuple):
    """A steward's word in force, and the rows of those of its nodes that exist."""

    constraint: Constraint
    rows: Rows


class Everybody(NamedTuple):
    """Who is who. holder: of each node, the row of the oldest of its profile; effective: links that may tie.

    generic: row of the node → of how many people it is at least.
    """

    holder: Rows
    refused: list[Refused]
    generic: dict[int, int]
    effective: Bools


def solve_everybody(
    nodes: Nodes, links: Links, rules: Rules, said: Sequence[Said], blocked: Iterable[int]
) -> Everybody:
    """Assign every node to a profile. said: in the order of saying, the later wins; blocked: rows of nodes."""
    count = len(nodes.namespace)
    generic = _generic(nodes, links, rules)
    barren = np.zeros(count, np.bool_)
    barren[[*generic, *blocked]] = True
    effective = (links.confidence >= rules.merge) & ~barren[links.left] & ~barren[links.right]
    rank = np.empty(count, np.int32)
    rank[nodes.oldest] = np.arange(count, dtype=np.int32)
    tied = np.flatnonzero(effective)
    told = [(each.rows[0], row) for each in said if len(each.rows) for row in each.rows]
    one, other = np.array(told, np.int64).reshape(-1, 2).T
    left = rank[np.concatenate((links.left[tied], one))]
    right = rank[np.concatenate((links.right[tied], other))]
    label = components(count, left, right)[rank]
    hard = np.zeros(count, np.bool_)
    hard[_over_limit(nodes, label, rules)] = True
    hard[label[one]] = True
    holder: Rows = nodes.oldest[label]
    refused: list[Refused] = []
    for rows, within, words in _hard(label, hard, links, tied, said):
        members = nodes.of(rows)
        solved = solve(members, links.of(within), rules, words)
        named = {node.own_profile: row for node, row in zip(members, rows, strict=True)}
        holder[rows] = [named[solved.assigned[node.id]] for node in members]
        refused += solved.refused
    return Everybody(holder, refused, generic, effective)


def _hard(
    label: NDArray[np.int32], hard: Bools, links: Links, tied: Rows, said: Sequence[Said]
) -> Iterable[tuple[list[int], Rows, list[Constraint]]]:
    """Give the components to be solved: rows of their nodes and of the links that may tie them, and what was said."""
    rows, at = _by_label(np.flatnonzero(hard[label]), label)
    within, begins = _by_label(tied[hard[label[links.left[tied]]]], label[links.left])
    words: dict[int, list[Constraint]] = {}
    for each in said:
        if len(each.rows):
            words.setdefault(int(label[each.rows[0]]), []).append(each.constraint)
    nothing = np.empty(0, np.int64)
    for one, (start, end) in at.items():
        linked = begins.get(one)
        yield (
            rows[start:end].tolist(),
            nothing if linked is None else within[linked[0] : linked[1]],
            words.get(one, []),
        )


def _by_label(rows: Rows, label: NDArray[np.int32]) -> tuple[Rows, dict[int, tuple[int, int]]]:
    """Return rows by their label, and from where to where those of each label stand."""
    rows = rows[np.argsort(label[rows], kind="stable")]
    found, starts = np.unique(label[rows], return_index=True)
    ends = np.append(starts, len(rows))[1:]
    return rows, dict(zip(found.tolist(), zip(starts.tolist(), ends.tolist(), strict=True), strict=True))


def _over_limit(nodes: Nodes, label: NDArray[np.int32], rules: Rules) -> Rows:
    """Return the labels of components that hold more values of a namespace than one profile may."""
    width = max(len(nodes.names), 1)
    held, counts = np.unique(label.astype(np.int64) * width + nodes.namespace, return_counts=True)
    most = _of_each(nodes.names, lambda name: rules.of(name).most_per_profile)
    return held[(counts > 1) & (counts > most[held % width])] // width


def _generic(nodes: Nodes, links: Links, rules: Rules) -> dict[int, int]:
    """Return the values that are of more people than their namespace allows, as `solve.generic_nodes` counts them."""
    counting = links.seen & (links.confidence >= rules.merge)
    left, right = links.left[counting], links.right[counting]
    most = _of_each(nodes.names, lambda name: rules.of(name).most_profiles)
    linked = np.bincount(left, minlength=len(nodes.namespace)) + np.bincount(
        right, minlength=len(nodes.namespace)
    )
    crowded = linked > most[nodes.namespace]
    if not crowded.any():
        return {}
    node, other = np.concatenate((left, right)), np.concatenate((right, left))
    node, other = node[crowded[node]], other[crowded[node]]
    width = len(nodes.names)
    pairs, counts = np.unique(node * width + nodes.namespace[other], return_counts=True)
    each = _of_each(nodes.names, lambda name: rules.of(name).most_per_profile)
    least = -(-counts // each[pairs % width])
    people = np.zeros(len(nodes.namespace), np.int64)
    np.maximum.at(people, pairs // width, least)
    rows = np.flatnonzero(people > most[nodes.namespace])
    return dict(zip(rows.tolist(), people[rows].tolist(), strict=True))


def _of_each(names: Sequence[str], value: Callable[[str], int]) -> Rows:
    return np.array([value(name) for name in names], np.int64)
