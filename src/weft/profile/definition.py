"""Computed traits as they are written."""

from collections.abc import Iterable
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from weft.definitions import Definition
from weft.language.condition import As, Where, WrittenCondition, read_where
from weft.language.name import Name, check_name
from weft.language.source import EventName, RecordName, TypeName, Window, read_source, read_window
from weft.language.strict import Problem, Reader, plain
from weft.language.text import path_fault
from weft.model.measure import Kind, Measure, PropertyColumn, ValueType
from weft.model.trait import Trait

FACTORS = 2


class WrittenTrait(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A computed trait: what is counted, added or remembered of a profile's events and records."""

    name: Name
    kind: Annotated[Kind, Meta(description="How the matching facts become one value.")]
    description: Annotated[str, Meta(description="Shown to people.", max_length=2_000)] = ""
    event: EventName | UnsetType = UNSET
    record: RecordName | UnsetType = UNSET
    type: TypeName | UnsetType = UNSET
    property: Annotated[
        str | UnsetType, Meta(description="Path of the property (sum, first, last, distinct_count).")
    ] = UNSET
    multiply: Annotated[
        Annotated[list[str], Meta(min_length=FACTORS, max_length=FACTORS)] | UnsetType,
        Meta(description="Paths of two number properties: sum adds up their product."),
    ] = UNSET
    as_: As = msgspec.field(default=UNSET, name="as")
    where: Where = []
    window: Window | UnsetType = UNSET


def read_traits(definitions: Iterable[Definition]) -> tuple[tuple[Trait, ...], tuple[Problem, ...]]:
    """Read all definitions of the kind `traits`; return those without an error, and every problem."""
    traits: list[Trait] = []
    problems: list[Problem] = []
    for definition in definitions:
        if definition.kind != "traits":
            continue
        reader = Reader(definition.path, definition.name)
        trait = _read(reader, plain(definition.body))
        problems += reader.problems
        if trait is not None and not any(problem.is_error for problem in reader.problems):
            traits.append(trait)
    return tuple(traits), tuple(problems)


def trait_schema() -> dict[str, Any]:
    """Return the JSON Schema of a trait definition."""
    (schema, _), components = msgspec.json.schema_components(
        (WrittenTrait, WrittenCondition), ref_template="#/$defs/{name}"
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Weft trait",
        "oneOf": [schema, {"type": "array", "items": schema}],
        "$defs": components,
    }


def _read(reader: Reader, body: dict[str, Any]) -> Trait | None:
    written = reader.struct(WrittenTrait, body, "")
    if written is None:
        return None
    check_name(reader, written.name)
    source = read_source(reader, written.event, written.record, written.type, "")
    window = read_window(reader, written.window, "", "window")
    where = read_where(reader, written.where, "where")
    properties = _properties(reader, written)
    if source is None:
        return None
    return Trait(written.name, Measure(written.kind, source, where, properties, window), written.description)


def _properties(reader: Reader, written: WrittenTrait) -> tuple[PropertyColumn, ...]:
    paths = _paths(reader, written)
    for path in paths:
        if fault := path_fault(path):
            reader.fault("property", fault)
    default = ValueType.NUMBER if written.kind is Kind.SUM else ValueType.TEXT
    kind = default if isinstance(written.as_, UnsetType) else written.as_
    if written.kind is Kind.SUM and kind is not ValueType.NUMBER:
        reader.fault("as", "sum adds up numbers; leave `as` out")
    if written.kind is Kind.COUNT and written.as_ is not UNSET:
        reader.fault("as", "count has no property, so it needs no `as`")
    return tuple(sorted(PropertyColumn(path, kind) for path in paths))


def _paths(reader: Reader, written: WrittenTrait) -> list[str]:
    single = [] if isinstance(written.property, UnsetType) else [written.property]
    factors = [] if isinstance(written.multiply, UnsetType) else written.multiply
    if written.kind is Kind.COUNT and (single or factors):
        reader.fault("kind", "count has no property; use `sum`, or say which facts to count with `where`")
    elif written.kind is not Kind.SUM and factors:
        reader.fault("multiply", f"goes with `kind: sum`, not with {written.kind}")
    elif written.kind is Kind.SUM and bool(single) == bool(factors):
        reader.fault("kind", "sum needs `property`, or `multiply` with two properties, and not both")
    elif written.kind not in (Kind.COUNT, Kind.SUM) and not single:
        reader.fault("kind", f"{written.kind} needs `property`")
    return single or factors
