"""A computed trait: a named value."""

import msgspec

from weft.model.expression import Value
from weft.model.measure import ValueType, content_hash


class Trait(msgspec.Struct, frozen=True):
    """A computed trait as the compiler takes it; other traits are put in where its formula names them.

    formula: as it was written, for people; empty without one.
    """

    name: str
    value: Value
    description: str = ""
    formula: str = ""

    @property
    def version(self) -> str:
        """The hash of what decides its value."""
        return content_hash(self.value)

    @property
    def value_type(self) -> ValueType:
        """What it holds."""
        return self.value.value_type
