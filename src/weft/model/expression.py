"""What the value of a trait is made of: measures, what is given from outside the facts, and formulas."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from weft.model.measure import Measure, ValueType, content_hash


class GivenKind(StrEnum):
    """Where a value comes from that is not computed from facts."""

    TOLD = "told"
    """The surviving value of a told trait; name: its path."""
    CONSENT = "consent"
    """`granted` or `refused`, missing where nothing was said; name: the purpose."""
    LIST = "list"
    """Whether any identifier of the person is in an uploaded list; name: the list."""
    BATCH = "batch"
    """What a SQL trait or a score last came to; name: the trait."""


class Function(StrEnum):
    """What a formula can do."""

    ADD = "add"
    SUBTRACT = "subtract"
    MULTIPLY = "multiply"
    DIVIDE = "divide"
    MIN = "min"
    MAX = "max"
    ABS = "abs"
    ROUND = "round"
    FLOOR = "floor"
    CEIL = "ceil"
    COALESCE = "coalesce"
    DAYS_SINCE = "days_since"
    HOURS_SINCE = "hours_since"
    DAYS_BETWEEN = "days_between"


class Given(msgspec.Struct, frozen=True, order=True, tag="given", tag_field="tag"):
    """A value given from outside the facts, one a profile."""

    kind: GivenKind
    name: str
    type: ValueType

    @property
    def column_name(self) -> str:
        """The column of the table `given` that holds it."""
        return f"g_{content_hash(self)}"

    @property
    def value_type(self) -> ValueType:
        """What it holds."""
        return self.type


class Number(msgspec.Struct, frozen=True, tag="number"):
    """A number of a formula."""

    value: float

    @property
    def value_type(self) -> ValueType:
        """A number."""
        return ValueType.NUMBER


class Call(msgspec.Struct, frozen=True, tag="call"):
    """A function of values; always a number."""

    function: Function
    arguments: tuple[Value, ...]

    @property
    def value_type(self) -> ValueType:
        """A number."""
        return ValueType.NUMBER


class Told(StrEnum):
    """What is told of a context trait beside its value."""

    AT = "at"
    """When the latest fact behind the value occurred."""
    SHARE = "share"
    """Of the weight of all facts that count, how much is behind the value: 0 to 1. Missing for the kind last."""


class Evidence(msgspec.Struct, frozen=True, tag="evidence"):
    """What is behind the value of a measure that fades."""

    measure: Measure
    told: Told

    @property
    def value_type(self) -> ValueType:
        """A time, or a number."""
        return ValueType.TIME if self.told is Told.AT else ValueType.NUMBER


class Differ(msgspec.Struct, frozen=True, tag="differ"):
    """Whether two values are both known, and as texts not the same."""

    one: Value
    other: Value

    @property
    def value_type(self) -> ValueType:
        """True or false, never missing."""
        return ValueType.BOOLEAN


Value = Measure | Given | Number | Call | Evidence | Differ


def measures_of(value: Value) -> Iterator[Measure]:
    """Yield the measures that a value is made of, in order, each as often as it occurs."""
    match value:
        case Measure():
            yield value
        case Call(arguments=arguments):
            for argument in arguments:
                yield from measures_of(argument)
        case Evidence(measure=measure):
            yield measure
        case Differ(one=one, other=other):
            yield from (*measures_of(one), *measures_of(other))
        case _:
            pass


def givens_of(value: Value) -> Iterator[Given]:
    """Yield what a value needs from outside the facts."""
    match value:
        case Given():
            yield value
        case Call(arguments=arguments):
            for argument in arguments:
                yield from givens_of(argument)
        case Differ(one=one, other=other):
            yield from (*givens_of(one), *givens_of(other))
        case _:
            pass
