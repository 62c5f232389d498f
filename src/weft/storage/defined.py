"""What a set of definitions asks for, and how its results are read; knows no engine and no compiler."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import compress, repeat
from typing import Any, TypeVar

import msgspec
import numpy as np
import pyarrow as pa
from msgspec import structs
from pyarrow.compute import StructFieldOptions, call_function

from weft.language.text import iso_of
from weft.model.audience import (
    Audience,
    Leaf,
    LocalTimeRule,
    TraitRule,
    conditions_in,
    givens_in,
    leaves,
)
from weft.model.expression import Given, givens_of
from weft.model.measure import (
    PERCENTILES,
    Measure,
    Place,
    PropertyColumn,
    Source,
    boundaries_of,
    content_hash,
)
from weft.model.span import Boundary, Calendar, Zone
from weft.model.survivorship import Survival
from weft.model.trait import Trait
from weft.storage.frame_columns import threshold_column

UTC = "UTC"
"""The time zone in which definitions are read."""
ZONES_FROM = "told, events"
"""Where a person's zone comes from; when that changes, everybody is computed anew."""
WHOLE_MAX = 2**53
"""Whole numbers below it are served as integers: a double holds each of them."""

Read = TypeVar("Read")


class Defined(msgspec.Struct, frozen=True, dict=True):
    """The traits and audiences of a workspace, which told values survive, and its time zone (IANA name).

    held: audiences that fail, in which everybody stays who is in them.
    """

    traits: tuple[Trait, ...]
    audiences: tuple[Audience, ...]
    survival: Survival = Survival()
    home: str = UTC
    held: tuple[str, ...] = ()

    @property
    def content(self) -> tuple[tuple[Trait, ...], tuple[Audience, ...]]:
        """Everything that compiled statements may depend on."""
        return self.traits, self.audiences

    @cached_property
    def lasting(self) -> tuple[Trait, ...]:
        """The traits without those of context, which are apart from all that is told."""
        return tuple(trait for trait in self.traits if trait.fading is None)

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """Every measure of which a state is kept once, hidden ones too, in the order of their keys."""
        named = [measure for trait in self.traits for measure in trait.measures]
        hidden = [measure for audience in self.audiences for measure in audience.measures]
        by_key = {part.key: part for measure in (*named, *hidden) for part in measure.parts}
        return tuple(by_key[key] for key in sorted(by_key))

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """The conditions of all audiences."""
        return tuple(leaf for audience in self.audiences for leaf in leaves(audience.who))

    @cached_property
    def givens(self) -> tuple[Given, ...]:
        """What is needed from outside the facts, once, in order."""
        values = [
            value for trait in self.traits for value in (trait.value, trait.beside) if value is not None
        ]
        found = {given for value in values for given in givens_of(value)}
        found |= {given for leaf in self.leaves for given in givens_in(leaf)}
        return tuple(sorted(found))

    @cached_property
    def boundaries(self) -> tuple[Boundary, ...]:
        """The boundaries of the calendar that are needed, and those at which they move, in order."""
        mine = boundaries_of(condition for leaf in self.leaves for condition in conditions_in(leaf))
        mine |= {boundary.following for boundary in mine}
        return tuple(sorted(mine.union(*(measure.boundaries for measure in self.measures))))

    @cached_property
    def floors(self) -> tuple[Boundary, ...]:
        """The boundaries before which no fact counts any more."""
        spans = (measure.span for measure in self.measures)
        return tuple(sorted({span.first for span in spans if isinstance(span, Calendar)}))

    @cached_property
    def thresholds(self) -> dict[str, TraitRule]:
        """Column of `clock` → the rule over a share of which it holds the threshold, in order."""
        rules = (leaf for leaf in self.leaves if isinstance(leaf, TraitRule))
        shares = {threshold_column(r): r for r in rules if r.condition.operator in PERCENTILES}
        return dict(sorted(shares.items()))

    @cached_property
    def local_zones(self) -> tuple[Zone, ...]:
        """Whose local time is needed beside the boundaries."""
        streaks = {measure.zone for measure in self.measures if measure.unit is not None}
        times = {leaf.zone for leaf in self.leaves if isinstance(leaf, LocalTimeRule)}
        alike = {Zone.PERSON for measure in self.measures if measure.alike}
        return tuple(sorted(streaks | times | alike))

    @property
    def needs_zones(self) -> bool:
        """Say whether anything depends on a calendar."""
        return bool(self.boundaries or self.local_zones)

    @cached_property
    def hash(self) -> str:
        """Changes when any value or membership might."""
        told: list[object] = [] if self.survival == Survival() else [self.survival]
        told += [self.held] if self.held else []
        told += [self.home, ZONES_FROM] if self.needs_zones else []
        return content_hash([self.versions, sorted(measure.key for measure in self.measures), *told])

    @cached_property
    def versions(self) -> dict[str, str]:
        """`traits/<name>` and `audiences/<name>` → hash of what decides it."""
        traits = {f"traits/{trait.name}": trait.version for trait in self.traits}
        return traits | {f"audiences/{audience.name}": audience.version for audience in self.audiences}

    @cached_property
    def property_columns(self) -> tuple[PropertyColumn, ...]:
        """The typed columns that the facts must have."""
        return tuple(sorted({column for measure in self.measures for column in measure.columns}))

    def outcomes(self, rows: pa.Table) -> Iterator[tuple[dict[str, Any], tuple[str, ...]]]:
        """Yield, for each row of `evaluate`'s result, its traits as JSON values (NULL is left out) and its audiences.

        Column by column: many times as fast as row by row.
        """
        names = [trait.name for trait in self.traits]
        audiences = [audience.name for audience in self.audiences]
        values = (
            zip(*(json_column(rows[f"t_{name}"]) for name in names), strict=True) if names else repeat(())
        )
        members = (
            zip(*(json_column(rows[f"a_{name}"]) for name in audiences), strict=True)
            if audiences
            else repeat(())
        )
        for _, known, inside in zip(range(rows.num_rows), values, members, strict=False):
            traits = {name: value for name, value in zip(names, known, strict=True) if value is not None}
            yield traits, tuple(compress(audiences, inside))


def sources_of(measures: Iterable[Measure]) -> tuple[Source, ...]:
    """Return the sources of facts that any measure reads; a name of None means every name of the type."""
    sources = {measure.source for measure in measures}
    whole = {source.type for source in sources if source.name is None}
    kept = {source for source in sources if source.name is None or source.type not in whole}
    return tuple(sorted(kept, key=lambda source: (source.type, source.name or "")))


def define(
    traits: Iterable[Trait],
    audiences: Iterable[Audience],
    survival: Survival | None = None,
    home: str = UTC,
) -> Defined:
    """Put traits and audiences together, in the order of their names."""
    return Defined(
        tuple(sorted((at_home(trait, home) for trait in traits), key=lambda trait: trait.name)),
        tuple(
            sorted((at_home(audience, home) for audience in audiences), key=lambda audience: audience.name)
        ),
        survival or Survival(),
        home,
    )


def at_home(read: Read, home: str) -> Read:
    """Return a rule or a definition in which a fact that does not say where it happened happened at home.

    home: the workspace's time zone, an IANA name. Whatever is compiled passes here once.
    """
    return read if home == UTC else _at_home(read, home)


def _at_home(thing: Any, home: str) -> Any:
    if isinstance(thing, PropertyColumn):
        return structs.replace(thing, home=home) if thing.place is Place.LOCAL_TIME else thing
    if isinstance(thing, tuple):
        return tuple(_at_home(each, home) for each in thing)
    if isinstance(thing, msgspec.Struct):
        fields = {name: _at_home(getattr(thing, name), home) for name in thing.__struct_fields__}
        return structs.replace(thing, **fields)
    return thing


def json_column(column: pa.ChunkedArray) -> list[Any]:
    """Return a column's values as JSON has them: whole numbers as int, times as ISO 8601 text, None for NULL.

    By way of numpy where that can be: many times as fast as `to_pylist`.
    """
    kind = column.type
    if pa.types.is_decimal(kind) or pa.types.is_floating(kind):
        return _json_numbers(column.cast(pa.float64()))
    if isinstance(kind, pa.Bool8Type):  # as DuckDB sends truth values when it must lose nothing
        return column.cast(pa.bool_()).to_numpy().tolist()
    if pa.types.is_string(kind) or (pa.types.is_integer(kind) and column.null_count == 0):
        return column.to_numpy().tolist()
    if pa.types.is_struct(kind):
        return _json_structs(column)
    if pa.types.is_timestamp(kind):
        times = column.cast(pa.timestamp("us")).cast(pa.int64()).to_pylist()
        return [None if at_us is None else iso_of(at_us) for at_us in times]
    return column.to_pylist()


def _json_structs(column: pa.ChunkedArray) -> list[Any]:
    fields = {
        field.name: json_column(call_function("struct_field", [column], StructFieldOptions(field.name)))
        for field in column.type
    }
    rows = (dict(zip(fields, values, strict=True)) for values in zip(*fields.values(), strict=True))
    return [row if known else None for row, known in zip(rows, column.is_valid().to_pylist(), strict=True)]


def _json_numbers(column: pa.ChunkedArray) -> list[Any]:
    numbers = column.to_numpy()
    whole = (np.abs(numbers) < WHOLE_MAX) & (
        numbers == np.floor(numbers)
    )  # both false for NULL, which is NaN here
    if whole.all():
        return numbers.astype(np.int64).tolist()
    values: list[Any] = numbers.astype(object).tolist()
    for index in np.flatnonzero(whole).tolist():
        values[index] = int(values[index])
    for index in np.flatnonzero(column.is_null().to_numpy()).tolist() if column.null_count else ():
        values[index] = None
    return values
