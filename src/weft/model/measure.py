"""A measure is what is computed from facts: the unit that traits and audiences share."""

import hashlib
import re
from enum import StrEnum
from typing import Any

import msgspec

SLUG_CHARACTERS = 24


class ValueType(StrEnum):
    """What a property or a trait holds."""

    NUMBER = "number"
    TEXT = "text"
    BOOLEAN = "boolean"
    TIME = "time"


class Kind(StrEnum):
    """How the matching facts become one value."""

    COUNT = "count"
    SUM = "sum"
    FIRST = "first"
    LAST = "last"
    DISTINCT_COUNT = "distinct_count"


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
    ONE_OF = "one_of"
    EXISTS = "exists"


Operand = bool | int | float | str
"""A time is microseconds since 1970 UTC (int)."""


def content_hash(content: Any) -> str:
    """Return 12 hexadecimal digits that change with the content and with nothing else."""
    return hashlib.blake2b(msgspec.json.encode(content, order="sorted"), digest_size=6).hexdigest()


class PropertyColumn(msgspec.Struct, frozen=True, order=True):
    """A typed column of the facts that a definition needs. path: dotted; a dot in a name is written `\\.`."""

    path: str
    type: ValueType

    @property
    def column_name(self) -> str:
        """The column's name among the facts: readable, and unique for the path and the type."""
        slug = re.sub(r"[^a-z0-9]+", "_", self.path.lower()).strip("_")[:SLUG_CHARACTERS]
        return f"p_{self.type}_{slug}_{content_hash([self.path, self.type])[:8]}"

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


class Condition(msgspec.Struct, frozen=True):
    """A comparison with operands of one type. `is`, `is_not`, … have one operand, `between` two, `one_of` any number.

    A missing value meets `is_not` and `exists: false`, and nothing else.
    """

    operator: Operator
    operands: tuple[Operand, ...]
    type: ValueType


class PropertyCondition(msgspec.Struct, frozen=True):
    """A comparison of one property of a fact."""

    property: PropertyColumn
    condition: Condition


class Measure(msgspec.Struct, frozen=True):
    """What is computed from the facts of a profile.

    properties: none for count, two for the sum of a product, else one.
    window_seconds: only facts in (now - window, now].
    """

    kind: Kind
    source: Source
    where: tuple[PropertyCondition, ...] = ()
    properties: tuple[PropertyColumn, ...] = ()
    window_seconds: int | None = None

    @property
    def key(self) -> str:
        """The hash of the content, so that equal measures are computed once."""
        return content_hash(self)

    @property
    def value_type(self) -> ValueType:
        """What the measure yields."""
        if self.kind in (Kind.FIRST, Kind.LAST):
            return self.properties[0].type
        return ValueType.NUMBER

    @property
    def columns(self) -> frozenset[PropertyColumn]:
        """Every typed column of the facts that it reads."""
        return frozenset(self.properties) | {condition.property for condition in self.where}
