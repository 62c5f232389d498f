"""A computed trait: a named value."""

import msgspec

from weft.model.expression import Differ, Evidence, Told, Value, measures_of
from weft.model.measure import Fading, Measure, ValueType, content_hash

CONTEXT = "context"
"""Context traits are named behind it and a dot, apart from all others."""


class Batch(msgspec.Struct, frozen=True):
    """What a SQL trait asks, and after how many seconds again."""

    sql: str
    every_seconds: int


class Trait(msgspec.Struct, frozen=True):
    """A computed trait as the compiler takes it; other traits are put in where its formula names them.

    formula: as it was written, for people; empty without one. batch: of a SQL trait, whose value is given.
    beside: the long-term trait that a context trait is compared with, named `beside_name`.
    """

    name: str
    value: Value
    description: str = ""
    formula: str = ""
    batch: Batch | None = None
    beside: Value | None = None
    beside_name: str = ""

    @property
    def version(self) -> str:
        """The hash of what decides its value."""
        if self.batch is not None:
            return content_hash([self.value, self.batch.sql])
        return content_hash(self.value if self.beside is None else [self.value, self.beside])

    @property
    def value_type(self) -> ValueType:
        """What it holds."""
        return self.value.value_type

    @property
    def fading(self) -> Fading | None:
        """How a context trait fades; None: this is none."""
        return self.value.fading if isinstance(self.value, Measure) else None

    @property
    def called(self) -> str:
        """The name by which rules and readers call it."""
        return self.name if self.fading is None else f"{CONTEXT}.{self.name}"

    @property
    def readable(self) -> dict[str, "Trait"]:
        """What rules can name of it: itself, and of a context trait since when, how surely, in conflict or not."""
        measure = self.value
        if not isinstance(measure, Measure) or measure.fading is None:
            return {self.name: self}
        more: dict[str, Value] = {str(told): Evidence(measure, told) for told in Told}
        if self.beside is not None:
            more["conflict"] = Differ(measure, self.beside)
        parts = {f"{self.called}.{part}": value for part, value in more.items()}
        return {self.called: self} | {name: Trait(name, value) for name, value in parts.items()}

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Every measure that it needs, each as often as it occurs."""
        beside = () if self.beside is None else measures_of(self.beside)
        return (*measures_of(self.value), *beside)
