"""A computed trait: a named measure."""

import msgspec

from weft.model.measure import Measure, ValueType, content_hash


class Trait(msgspec.Struct, frozen=True):
    """A computed trait as the compiler takes it."""

    name: str
    measure: Measure
    description: str = ""

    @property
    def version(self) -> str:
        """The hash of what decides its value."""
        return content_hash(self.measure)

    @property
    def value_type(self) -> ValueType:
        """What it holds."""
        return self.measure.value_type
