"""What a node was told of each trait: the latest value, and the different values that compete with it. Pure.

The kept state of a node is the same in whatever order its facts come and however they are cut into ticks. For every
trait the latest value is a register: the greater stamp wins. Values that differ are kept up to VALUES_MOST, those with
the greatest (rank, stamp). A rank follows from the value and its source alone, and stamps only grow, so a value that
once fell out can only return by a fact that would have brought it in anyway. Where values are counted, the rank is a
hash: what fell out stays out, so the counts of the kept ones are exact.
"""

import hashlib
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

import msgspec

from weft.language.holds import holds
from weft.model.survivorship import VALUES_MOST, Strategy, Survival, Survivorship

TraitEntry = tuple[int, bytes, bytes]
"""(occurred_us, message key, value as JSON): later entries replace earlier ones, in the order of the first two."""


class Candidate(NamedTuple):
    """One value as it was told last. source: `source/record` of a record, `source` of an event where that matters, else
    empty (the warehouse knows it by the message key). times: how often it was told; 0 where that does not matter.
    """

    at_us: int
    key: bytes
    value: bytes
    source: str = ""
    verified: bool = False
    times: int = 0


class Told(msgspec.Struct, array_like=True, gc=False):
    """The different values of one trait, without order. dropped: facts that told values beyond those that are kept;
    where values are not counted, 1 for any number of them.
    """

    candidates: list[Candidate]
    dropped: int = 0


class Holder(Protocol):
    """What holds traits: a node's state, or a delta. told: only of traits with more than one latest value to know."""

    traits: dict[str, TraitEntry]
    told: dict[str, Told]


def tell(holder: Holder, trait: str, candidate: Candidate, survivorship: Survivorship) -> None:
    """Add what one fact says of a trait."""
    held = holder.traits.get(trait)
    there = holder.told.get(trait)
    entry = candidate[:3]
    plain = survivorship.strategy is Strategy.MOST_RECENT and not candidate.source
    if held is None or entry[:2] > held[:2]:
        holder.traits[trait] = entry
    if there is None and plain and (held is None or held[2] == candidate.value):
        return
    present = _of(held, there)
    holder.told[trait] = kept((*present.candidates, candidate), present.dropped, survivorship)


def join_traits(into: Holder, other: Holder, survival: Survival) -> None:
    """Add what another holder was told; it shares no fact with `into`, and is not changed."""
    if not into.traits:
        into.traits, into.told = other.traits, other.told
        return
    for trait, entry in other.traits.items():
        held = into.traits.get(trait)
        mine, theirs = into.told.get(trait), other.told.get(trait)
        if held is None or entry[:2] > held[:2]:
            into.traits[trait] = entry
        if mine is None and theirs is None and (held is None or held[2] == entry[2]):
            continue
        one, two = _of(held, mine), _of(entry, theirs)
        dropped = (one.dropped, two.dropped)
        survivorship = survival.of(trait)
        both = sum(dropped) if survivorship.strategy is Strategy.MOST_FREQUENT else max(dropped)
        into.told[trait] = kept((*one.candidates, *two.candidates), both, survivorship)


def kept(candidates: Iterable[Candidate], dropped: int, survivorship: Survivorship) -> Told:
    """Return each value of a source once, as it was told last, and no more than VALUES_MOST of them."""
    found: dict[tuple[bytes, str, bool], Candidate] = {}
    for each in candidates:
        key = (each.value, each.source, each.verified)
        held = found.get(key)
        if held is not None:
            later = max(held, each)
            each = later._replace(times=held.times + each.times)  # noqa: PLW2901
        found[key] = each
    if len(found) <= VALUES_MOST:
        return Told(list(found.values()), dropped)
    rank = RANKS[survivorship.strategy]
    ordered = sorted(found.values(), key=lambda each: (rank(survivorship, each), each[:2]), reverse=True)
    lost = ordered[VALUES_MOST:]
    counted = survivorship.strategy is Strategy.MOST_FREQUENT
    return Told(ordered[:VALUES_MOST], dropped + sum(each.times for each in lost) if counted else 1)


def trust(survivorship: Survivorship, source: str) -> int:
    """Return how much a source is trusted: 0 for one that is not listed. `crm/contact` is also of `crm`."""
    plain = source.partition("/")[0]
    for place, listed in enumerate(survivorship.sources):
        if listed in (source, plain):
            return len(survivorship.sources) - place
    return 0


def length(value: bytes) -> int:
    """Return the number of characters of a text, blanks around it left out; of another value, those of its JSON."""
    decoded = msgspec.json.decode(value)
    return len(decoded.strip()) if isinstance(decoded, str) else len(value.decode())


def fits(survivorship: Survivorship, candidate: Candidate) -> bool:
    """Say whether a candidate meets the whole rule."""
    attributes = {"value": msgspec.json.decode(candidate.value), "source": candidate.source}
    return all(holds(each.condition, attributes[each.attribute]) for each in survivorship.where)


def _of(entry: TraitEntry | None, told: Told | None) -> Told:
    if told is not None:
        return told
    return Told([] if entry is None else [Candidate(*entry)])


def _spread(_: Survivorship, candidate: Candidate) -> int:
    text = candidate.value + b"\0" + candidate.source.encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest())


RANKS: dict[Strategy, Callable[[Survivorship, Candidate], int]] = {
    Strategy.MOST_RECENT: lambda _, __: 0,
    Strategy.MOST_FREQUENT: _spread,
    Strategy.MOST_TRUSTED_SOURCE: lambda survivorship, each: trust(survivorship, each.source),
    Strategy.LONGEST: lambda _, each: length(each.value),
    Strategy.VERIFIED_FIRST: lambda _, each: int(each.verified),
    Strategy.RULE: lambda survivorship, each: int(fits(survivorship, each)),
}
"""What decides which values are kept where there are too many of them."""
