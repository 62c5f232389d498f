"""An audience: a named rule over traits and behaviour."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from weft.model.measure import Condition, Measure, content_hash


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
    """A trait compares so. measure: the computed trait's, or a hidden one that reads the identify trait."""

    trait: str
    measure: Measure
    condition: Condition


class DidRule(msgspec.Struct, frozen=True, tag="did"):
    """The count of matching facts lies between two numbers."""

    measure: Measure
    at_least: int = 1
    at_most: int | None = None


Rule = AllRule | AnyRule | NotRule | TraitRule | DidRule


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
        return tuple(rule.measure for rule in leaves(self.who))


def leaves(rule: Rule) -> Iterator[TraitRule | DidRule]:
    """Yield the conditions of a rule in order."""
    match rule:
        case AllRule(rules=rules) | AnyRule(rules=rules):
            for inner in rules:
                yield from leaves(inner)
        case NotRule(rule=inner):
            yield from leaves(inner)
        case TraitRule() | DidRule():
            yield rule
