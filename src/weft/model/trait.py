"""A computed trait: a named value."""

import msgspec

from weft.model.expression import Value
from weft.model.measure import ValueType, content_hash


class Batch(msgspec.Struct, frozen=True):
    """What a SQL trait asks, and after how many seconds again."""

    sql: str
    every_seconds: int


class Trait(msgspec.Struct, frozen=True):
    """A computed trait as the compiler takes it; other traits are put in where its formula names them.

    formula: as it was written, for people; empty without one. batch: of a SQL trait, whose value is given.
    """

    name: str
    value: Value
    description: str = ""
    formula: str = ""
    batch: Batch | None = None

    @property
    def version(self) -> str:
        """The hash of what decides its value."""
        return content_hash(self.value) if self.batch is None else content_hash([self.value, self.batch.sql])

    @property
    def value_type(self) -> ValueType:
        """What it holds."""
        return self.value.value_type
