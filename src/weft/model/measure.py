"""A measure is what is computed from facts: the unit that traits and audiences share."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import structs

from weft.model.span import Boundary, Calendar, Relative, Sliding, Span, Unit, Zone

SLUG_CHARACTERS = 24
TERM_MAX = 1e18
"""A number beyond it is left out of a sum: 10^12 such terms still fit."""


class ValueType(StrEnum):
    """What a property or a trait holds."""

    NUMBER = "number"
    TEXT = "text"
    BOOLEAN = "boolean"
    TIME = "time"
    LIST = "list"
    """Of texts."""


class Kind(StrEnum):
    """How the matching facts become one value."""

    COUNT = "count"
    SUM = "sum"
    MIN = "min"
    MAX = "max"
    MEAN = "mean"
    FIRST = "first"
    LAST = "last"
    DISTINCT_COUNT = "distinct_count"
    DISTINCT = "distinct"
    MOST_FREQUENT = "most_frequent"
    TOP = "top"
    STREAK = "streak"
    LONGEST_STREAK = "longest_streak"
    TIMES = "times"
    """When they occurred, for sequences; no trait has it."""


class Operator(StrEnum):
    """How a value is compared."""

    IS = "is"
    IS_NOT = "is_not"
    MORE_THAN = "more_than"
    AT_LEAST = "at_least"
    LESS_THAN = "less_than"
    AT_MOST = "at_most"
    BETWEEN = "between"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    ONE_OF = "one_of"
    NONE_OF = "none_of"
    EXISTS = "exists"
    TOP_PERCENT = "top_percent"
    BOTTOM_PERCENT = "bottom_percent"


PERCENTILES = (Operator.TOP_PERCENT, Operator.BOTTOM_PERCENT)


class Place(StrEnum):
    """Where in a fact a path begins."""

    PROPERTIES = "properties"
    CONTEXT = "context"
    LOCAL_TIME = "local_time"
    """`hour` (0 to 23) or `weekday` (monday, …), where it happened."""


def content_hash(content: Any) -> str:
    """Return 12 hexadecimal digits that change with the content and with nothing else."""
    return hashlib.blake2b(msgspec.json.encode(content, order="sorted"), digest_size=6).hexdigest()


class PropertyColumn(msgspec.Struct, frozen=True, order=True):
    """A typed column of the facts that a definition needs.

    path: dotted; a dot in a name is written `\\.`; a part `*` is each element of a list, and then the type is LIST.
    home: of a local time, the zone of a fact that does not say its own (IANA name).
    """

    path: str
    type: ValueType
    place: Place = Place.PROPERTIES
    home: str = "UTC"

    @property
    def column_name(self) -> str:
        """The column's name among the facts: readable, and unique for the path and the type."""
        slug = re.sub(r"[^a-z0-9]+", "_", self.path.lower()).strip("_")[:SLUG_CHARACTERS]
        content = [self.path, self.type] + ([] if self.place is Place.PROPERTIES else [self.place, self.home])
        return f"p_{self.type}_{slug}_{content_hash(content)[:8]}"

    @property
    def keys(self) -> tuple[str, ...]:
        """The names from the outermost object to the value."""
        return tuple(part.replace("\\.", ".") for part in re.split(r"(?<!\\)\.", self.path))

    @property
    def pointer(self) -> str:
        """The JSON pointer (RFC 6901)."""
        return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in self.keys)


class Source(msgspec.Struct, frozen=True, order=True):
    """Which facts: a type and, for track and record, a name."""

    type: str
    name: str | None = None


class Other(msgspec.Struct, frozen=True, tag="other"):
    """Another property of the same fact. plus: seconds for a time, else what is added to the number."""

    property: PropertyColumn
    plus: float = 0.0


Operand = bool | int | float | str | Relative | Other
"""A time is microseconds since 1970 UTC (int), or relative."""


class Condition(msgspec.Struct, frozen=True):
    """A comparison with operands of one type. `is`, `is_not`, … have one operand, `between` two, `one_of` any number.

    A missing value meets `is_not`, `none_of` and `exists: false`, and nothing else.
    """

    operator: Operator
    operands: tuple[Operand, ...]
    type: ValueType

    @property
    def relatives(self) -> tuple[Relative, ...]:
        """Its operands that move by themselves."""
        return tuple(operand for operand in self.operands if isinstance(operand, Relative))


class PropertyCondition(msgspec.Struct, frozen=True):
    """A comparison of one property of a fact."""

    property: PropertyColumn
    condition: Condition


class Now(StrEnum):
    """What of the local time at which a fact happened must be what it is now, where the person is."""

    WEEKDAY = "weekday"
    PART_OF_DAY = "part_of_day"
    """Of four: from 0, 6, 12 and 18 o'clock."""
    HOUR = "hour"


class Alike(msgspec.Struct, frozen=True, order=True):
    """Only facts of the same weekday, part of the day or hour as now. column: the fact's own, a local time."""

    now: Now
    column: PropertyColumn


class Fading(msgspec.Struct, frozen=True):
    """Facts that count less with time: each weighs 2^(-age / half_life_seconds).

    session_seconds: only those since the last gap so long or longer; 0: all. alike: only those of such a time as now.
    """

    half_life_seconds: int
    session_seconds: int = 0
    alike: tuple[Alike, ...] = ()


class Measure(msgspec.Struct, frozen=True, tag="measure"):
    """What is computed from the facts of a profile.

    properties: none for count, times, streaks and the time of the first or last fact; two for the sum of a product;
    else one. most: how many values `top` lists. unit: of a streak, whose calendar is `zone`.
    fading: of context traits, whose kind is last, most_frequent or top.
    """

    kind: Kind
    source: Source
    where: tuple[PropertyCondition, ...] = ()
    properties: tuple[PropertyColumn, ...] = ()
    span: Span | None = None
    most: int = 0
    unit: Unit | None = None
    zone: Zone = Zone.PERSON
    fading: Fading | None = None

    @property
    def key(self) -> str:
        """The hash of the content, so that equal measures are computed once."""
        return content_hash(self)

    @property
    def parts(self) -> tuple[Measure, ...]:
        """The measures of which a state is kept: itself, or the sum and the count of a mean."""
        if self.kind is not Kind.MEAN:
            return (self,)
        (column,) = self.properties
        summed = PropertyCondition(
            column, Condition(Operator.BETWEEN, (-TERM_MAX, TERM_MAX), ValueType.NUMBER)
        )
        where = tuple(sorted((*self.where, summed), key=msgspec.json.encode))
        return (
            structs.replace(self, kind=Kind.SUM),
            structs.replace(self, kind=Kind.COUNT, where=where, properties=()),
        )

    @property
    def value_type(self) -> ValueType:
        """What the measure yields."""
        match self.kind:
            case Kind.FIRST | Kind.LAST | Kind.MIN | Kind.MAX:
                return self.properties[0].type if self.properties else ValueType.TIME
            case Kind.MOST_FREQUENT:
                return ValueType.TEXT
            case Kind.DISTINCT | Kind.TOP | Kind.TIMES:
                return ValueType.LIST
            case _:
                return ValueType.NUMBER

    @property
    def columns(self) -> frozenset[PropertyColumn]:
        """Every typed column of the facts that it reads."""
        compared = {condition.property for condition in self.where}
        others = {
            operand.property
            for item in self.where
            for operand in item.condition.operands
            if isinstance(operand, Other)
        }
        return frozenset(self.properties) | compared | others | frozenset(self.compared)

    @property
    def moving(self) -> tuple[PropertyCondition, ...]:
        """The conditions that the same fact meets at one time and not at another."""
        return tuple(item for item in self.where if item.condition.relatives)

    @property
    def alike(self) -> tuple[Alike, ...]:
        """What of its local time a fact must have in common with now."""
        return self.fading.alike if self.fading else ()

    @property
    def compared(self) -> tuple[PropertyColumn, ...]:
        """What of a fact is compared at the time of reading: by its moving conditions, then by `alike`."""
        return (*(item.property for item in self.moving), *(each.column for each in self.alike))

    @property
    def keeps_rows(self) -> bool:
        """Say whether a row is kept for each fact, because which of them count depends on the time of reading."""
        moves = isinstance(self.span, Sliding | Calendar) or bool(self.moving)
        return moves or self.kind is Kind.TIMES or self.fading is not None

    @property
    def boundaries(self) -> frozenset[Boundary]:
        """The boundaries of the calendar that it needs, and those at which it may change."""
        found: set[Boundary] = set()
        if isinstance(self.span, Calendar):
            found |= {self.span.first, self.span.until}
        found |= boundaries_of(item.condition for item in self.where)
        if self.unit is not None:
            found.add(Boundary(self.unit, 0, self.zone))
        if any(each.now is Now.WEEKDAY for each in self.alike):
            found.add(Boundary(Unit.DAY))
        return frozenset(found | {boundary.following for boundary in found})


def boundaries_of(conditions: Iterable[Condition]) -> set[Boundary]:
    """Return the boundaries of the calendar that relative operands are counted from."""
    relatives = (relative for condition in conditions for relative in condition.relatives)
    return {relative.boundary for relative in relatives if relative.boundary is not None}
