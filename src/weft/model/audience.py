"""An audience: a named rule over traits and behaviour."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

import msgspec

from weft.model.expression import Given, GivenKind, Value, givens_of, measures_of
from weft.model.measure import Condition, Measure, ValueType, content_hash
from weft.model.span import Zone


class AllRule(msgspec.Struct, frozen=True, tag="all"):
    """Every one of the rules holds."""

    rules: tuple[Rule, ...]


class AnyRule(msgspec.Struct, frozen=True, tag="any"):
    """At least one of the rules holds."""

    rules: tuple[Rule, ...]


class NotRule(msgspec.Struct, frozen=True, tag="not"):
    """The rule does not hold."""

    rule: Rule


class TraitRule(msgspec.Struct, frozen=True, tag="trait"):
    """A trait compares so. value: the computed trait's, or the told trait that survives."""

    trait: str
    value: Value
    condition: Condition


class DidRule(msgspec.Struct, frozen=True, tag="did"):
    """The count of matching facts lies between two numbers."""

    measure: Measure
    at_least: int = 1
    at_most: int | None = None


class SequenceRule(msgspec.Struct, frozen=True, tag="sequence"):
    """A fact, and another later than it, at most `after_seconds` later (None: any time); or just not that.

    first, then: measures of `times`. followed false: a first at least `after_seconds` ago without a then behind it.
    """

    first: Measure
    then: Measure
    after_seconds: int | None = None
    followed: bool = True


class TimeRule(msgspec.Struct, frozen=True, tag="time"):
    """The time of the first or last matching fact compares so."""

    measure: Measure
    condition: Condition


class MemberRule(msgspec.Struct, frozen=True, tag="member"):
    """The rule of another audience holds."""

    audience: str
    rule: Rule


class ConsentState(StrEnum):
    """What is known of a purpose."""

    GRANTED = "granted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class ConsentRule(msgspec.Struct, frozen=True, tag="consent"):
    """The consent ledger says so of a purpose."""

    purpose: str
    state: ConsentState


class ListRule(msgspec.Struct, frozen=True, tag="list"):
    """An identifier of the person is in an uploaded list."""

    list: str


class SplitRule(msgspec.Struct, frozen=True, tag="split"):
    """The profile's share of a sticky random split lies in [from_percent, to_percent)."""

    salt: str
    from_percent: float
    to_percent: float


class LocalTimeRule(msgspec.Struct, frozen=True, tag="local_time"):
    """It is such a time now. weekdays: 0 is Monday; hours: from ≤ h < to, over midnight where from is above to."""

    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    from_hour: int = 0
    to_hour: int = 24
    zone: Zone = Zone.PERSON


Leaf = TraitRule | DidRule | SequenceRule | TimeRule | ConsentRule | ListRule | SplitRule | LocalTimeRule
Rule = AllRule | AnyRule | NotRule | MemberRule | Leaf


class Audience(msgspec.Struct, frozen=True):
    """An audience as the compiler takes it."""

    name: str
    who: Rule
    description: str = ""

    @property
    def version(self) -> str:
        """The hash of what decides who is in it."""
        return content_hash(self.who)

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The measures that its rule reads, in the order of the rule."""
        return tuple(measure for rule in leaves(self.who) for measure in measures_in(rule))


class Part(NamedTuple):
    """A rule inside a rule. path: where it is written, `who.all[1].not`; depth: 0 for the whole.

    Inside of another audience the path goes on behind that of the rule that names it, with `.audience`.
    """

    path: str
    rule: Rule
    depth: int


def parts(rule: Rule, path: str = "who", depth: int = 0) -> Iterator[Part]:
    """Yield each part of a rule, the whole first, in the order in which they are written."""
    yield Part(path, rule, depth)
    match rule:
        case AllRule(rules=rules) | AnyRule(rules=rules):
            key = "all" if isinstance(rule, AllRule) else "any"
            for ordinal, inner in enumerate(rules):
                yield from parts(inner, f"{path}.{key}[{ordinal}]", depth + 1)
        case NotRule(rule=inner):
            yield from parts(inner, f"{path}.not", depth + 1)
        case MemberRule(rule=inner):
            yield from parts(inner, f"{path}.audience", depth + 1)
        case _:
            pass


def leaves(rule: Rule) -> Iterator[Leaf]:
    """Yield the conditions of a rule in order; those of other audiences stand in their place."""
    match rule:
        case AllRule(rules=rules) | AnyRule(rules=rules):
            for inner in rules:
                yield from leaves(inner)
        case NotRule(rule=inner) | MemberRule(rule=inner):
            yield from leaves(inner)
        case _:
            yield rule


def measures_in(leaf: Leaf) -> Iterator[Measure]:
    """Yield the measures that one condition reads."""
    match leaf:
        case TraitRule(value=value):
            yield from measures_of(value)
        case DidRule(measure=measure) | TimeRule(measure=measure):
            yield measure
        case SequenceRule(first=first, then=then):
            yield from (first, then)
        case _:
            pass


def givens_in(leaf: Leaf) -> Iterator[Given]:
    """Yield what one condition needs from outside the facts."""
    match leaf:
        case TraitRule(value=value):
            yield from givens_of(value)
        case ConsentRule(purpose=purpose):
            yield Given(GivenKind.CONSENT, purpose, ValueType.TEXT)
        case ListRule(list=name):
            yield Given(GivenKind.LIST, name, ValueType.BOOLEAN)
        case _:
            pass


def conditions_in(leaf: Leaf) -> Iterator[Condition]:
    """Yield the comparison of one condition's value, if it has one."""
    if isinstance(leaf, TraitRule | TimeRule):
        yield leaf.condition
