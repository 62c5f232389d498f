"""What another model would change: everybody is compared by it, and nothing is written."""

from collections.abc import Mapping

import msgspec
import numpy as np
from sqlalchemy import Engine

from weft.identity.rules import Rules
from weft.identity.scoring.model import Model
from weft.storage.database_person import scores_from
from weft.workers.match import BATCH_NODES, Behaviour, Pair, matcher_of, near_pairs

EXAMPLES = 5


class Changed(msgspec.Struct, frozen=True):
    """A pair of nodes and its confidence before and after; 0 for one that was, or would be, no pair."""

    left: bytes
    right: bytes
    before: float
    after: float


class Effect(msgspec.Struct, frozen=True):
    """Pairs at `merge` and above, and those asked about, before and after.

    joins: pairs that would reach `merge`; parts: pairs from there that would fall below `review`. A pair is one link;
    stewards, limits and what events showed may keep people together, or apart, all the same. examples: the greatest
    changes of both.
    """

    merged_before: int
    merged_after: int
    asked_before: int
    asked_after: int
    joins: int
    parts: int
    examples: tuple[Changed, ...]


def effect_of(database: Engine, model: Model, rules: Rules, behaviour: Behaviour) -> Effect:
    """Compare everybody by a model, and the outcome with the last scores."""
    with database.execution_options(read_only=True).begin() as connection:
        before = scores_from(connection, rules.review)
        matcher = matcher_of(connection, model)
    after: dict[Pair, float] = {}
    for first in range(0, len(matcher.index), BATCH_NODES):
        rows = np.arange(first, min(first + BATCH_NODES, len(matcher.index)))
        scored, places = near_pairs(matcher, rows, {}, rules, behaviour)
        places = places[scored.confidence[places] >= rules.review]
        after.update(
            zip(matcher.ends(scored, places), scored.confidence[places].astype(float).tolist(), strict=True)
        )
    return compare(before, after, rules)


def compare(before: Mapping[Pair, float], after: Mapping[Pair, float], rules: Rules) -> Effect:
    """Return what changes between two sets of pairs at `review` and above."""
    every = [
        Changed(*pair, round(before.get(pair, 0.0), 4), round(after.get(pair, 0.0), 4))
        for pair in sorted(before.keys() | after.keys())
    ]
    merge, review = rules.merge, rules.review
    joins = [each for each in every if each.before < merge <= each.after]
    parts = [each for each in every if each.before >= merge and each.after < review]
    shown = [
        each
        for group in (joins, parts)
        for each in sorted(group, key=lambda each: -abs(each.after - each.before))[:EXAMPLES]
    ]
    return Effect(
        sum(each.before >= merge for each in every),
        sum(each.after >= merge for each in every),
        sum(review <= each.before < merge for each in every),
        sum(review <= each.after < merge for each in every),
        len(joins),
        len(parts),
        tuple(shown),
    )
