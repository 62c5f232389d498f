"""Which of several values that systems told of one trait counts, and which records tell traits."""

from collections.abc import Sequence
from enum import StrEnum
from functools import cached_property

import msgspec

from weft.model.measure import Condition, PropertyColumn, content_hash

VALUES_MOST = 16
"""Most different values of one trait that are kept for one node."""


class Strategy(StrEnum):
    """By what the surviving value is chosen; the most recent one decides between equals."""

    MOST_RECENT = "most_recent"
    MOST_FREQUENT = "most_frequent"
    MOST_TRUSTED_SOURCE = "most_trusted_source"
    LONGEST = "longest"
    VERIFIED_FIRST = "verified_first"
    RULE = "rule"


class CandidateCondition(msgspec.Struct, frozen=True):
    """A comparison of one attribute of a candidate: its `value`, or the `source` that told it."""

    attribute: str
    condition: Condition


class Survivorship(msgspec.Struct, frozen=True):
    """How the value of one trait is chosen. trait: empty in the definition for all traits that have none.

    sources: the most trusted first, each a source or `source/record`. verified_by: the trait of the same fact that says
    so. verified_as: the namespace in which an equal identifier of the profile says so. where: the rule.
    """

    trait: str = ""
    strategy: Strategy = Strategy.MOST_RECENT
    sources: tuple[str, ...] = ()
    verified_by: str = ""
    verified_as: str = ""
    where: tuple[CandidateCondition, ...] = ()

    @property
    def version(self) -> str:
        """The hash of what decides the value."""
        return content_hash(self)


class RecordTraits(msgspec.Struct, frozen=True, order=True):
    """The traits that facts of one name tell (source: only of that source; None: of any): trait → property."""

    record: str
    source: str | None
    traits: tuple[tuple[str, PropertyColumn], ...]


PLAIN = Survivorship()


class Survival(msgspec.Struct, frozen=True, dict=True):
    """What a workspace says of survivorship, whole."""

    default: Survivorship = PLAIN
    each: tuple[Survivorship, ...] = ()
    records: tuple[RecordTraits, ...] = ()

    def of(self, trait: str) -> Survivorship:
        """Return how the value of a trait is chosen."""
        return self._by_trait.get(trait, self.default)

    @cached_property
    def is_plain(self) -> bool:
        """Say whether of every trait the most recent value counts."""
        return self.default.strategy is Strategy.MOST_RECENT and not self.each

    @cached_property
    def record_names(self) -> Sequence[str]:
        """The names of the records and events that tell traits."""
        return sorted({each.record for each in self.records})

    def told_by(self, record: str, source: str) -> dict[str, PropertyColumn]:
        """Return trait → property of a record or an event; what is said for its source precedes."""
        key = (record, source)
        if key not in self._told_by:
            mine = [each for each in self.records if each.record == record and each.source in (None, source)]
            mine.sort(key=lambda each: each.source is not None)
            self._told_by[key] = {trait: path for each in mine for trait, path in each.traits}
        return self._told_by[key]

    @cached_property
    def _by_trait(self) -> dict[str, Survivorship]:
        return {each.trait: each for each in self.each}

    @cached_property
    def _told_by(self) -> dict[tuple[str, str], dict[str, PropertyColumn]]:
        return {}
