"""Computed traits as they are written."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from weft.definitions import Definition
from weft.language.condition import As
from weft.language.name import Name, check_name
from weft.language.order import order, shown
from weft.language.property import (
    ContextPath,
    LocalTime,
    Located,
    PropertyPath,
    Where,
    WrittenCondition,
    WrittenOther,
    read_located,
    read_where,
)
from weft.language.schema import REFERENCE, chosen_by_key, one_or_list
from weft.language.source import EventName, RecordName, TypeName, read_source
from weft.language.span import WINDOWS, ZoneKey, read_window
from weft.language.strict import Problem, Reader, nearest
from weft.model.expression import Call, Function, Value
from weft.model.measure import Kind, Measure, PropertyColumn, ValueType
from weft.model.span import Unit, Zone
from weft.model.trait import Trait
from weft.profile.batch import CheckSql, WrittenSqlTrait, no_sql, read_batch
from weft.profile.context_definition import (
    Beside,
    HalfLife,
    LikeNow,
    TraitWindow,
    WrittenSession,
    is_session,
    read_beside,
    read_fading,
)
from weft.profile.formula import FormulaError, names_of, read_formula

TRAITS_MAX = 2_000
FACTORS = 2
TOP_DEFAULT = 3
TOP_MAX = 20
TIME_SINCE = "time_since"

TraitKind = Literal[
    "count", "sum", "min", "max", "mean", "first", "last", "distinct_count", "distinct", "most_frequent", "top",
    "streak", "longest_streak", "time_since",
]  # fmt: skip

NUMBER, TEXT, BOOLEAN, TIME, LIST = ValueType
SCALARS = (NUMBER, TEXT, BOOLEAN, TIME)
REPEATED = (TEXT, BOOLEAN, NUMBER, LIST)
TYPES: Mapping[str, tuple[ValueType, ...]] = {
    Kind.SUM: (NUMBER,),
    Kind.MIN: (NUMBER, TIME),
    Kind.MAX: (NUMBER, TIME),
    Kind.MEAN: (NUMBER,),
    Kind.FIRST: (TEXT, *SCALARS),
    Kind.LAST: (TEXT, *SCALARS),
    Kind.DISTINCT_COUNT: (TEXT, *SCALARS, LIST),
    Kind.DISTINCT: REPEATED,
    Kind.MOST_FREQUENT: REPEATED,
    Kind.TOP: REPEATED,
}
"""kind → what its property may hold, the default first; a kind that is not here has no property."""
OPTIONAL = (Kind.FIRST, Kind.LAST)
STREAKS = (Kind.STREAK, Kind.LONGEST_STREAK)
UNITS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(STREAKS, (Unit.DAY, Unit.WEEK, Unit.MONTH)),
    TIME_SINCE: ("day", "hour"),
}
SINCE = {"day": Function.DAYS_SINCE, "hour": Function.HOURS_SINCE}


class WrittenTrait(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A computed trait: what is counted, added or remembered of a profile's events and records."""

    name: Name
    kind: Annotated[TraitKind, Meta(description="How the matching facts become one value.")]
    description: Annotated[str, Meta(description="Shown to people.", max_length=2_000)] = ""
    event: EventName | UnsetType = UNSET
    record: RecordName | UnsetType = UNSET
    type: TypeName | UnsetType = UNSET
    property: PropertyPath | UnsetType = UNSET
    context: ContextPath | UnsetType = UNSET
    at: LocalTime | UnsetType = UNSET
    multiply: Annotated[
        Annotated[list[str], Meta(min_length=FACTORS, max_length=FACTORS)] | UnsetType,
        Meta(description="Paths of two number properties: sum adds up their product."),
    ] = UNSET
    as_: As = msgspec.field(default=UNSET, name="as")
    k: Annotated[int, Meta(description="top: how many values.", ge=1, le=TOP_MAX)] | UnsetType = UNSET
    unit: (
        Annotated[
            Literal["day", "week", "month", "hour"],
            Meta(
                description="streak, longest_streak: day (if left out), week, month. time_since: day, hour."
            ),
        ]
        | UnsetType
    ) = UNSET
    zone: ZoneKey | UnsetType = UNSET
    where: Where = []
    window: TraitWindow | UnsetType = UNSET
    half_life: HalfLife | UnsetType = UNSET
    like_now: LikeNow | UnsetType = UNSET
    beside: Beside | UnsetType = UNSET


class WrittenFormulaTrait(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A computed trait that is a formula over other traits."""

    name: Name
    formula: Annotated[
        str,
        Meta(
            description="Numbers, names of number traits, + - * / ( ), min max abs round floor ceil coalesce, "
            "days_since(t), hours_since(t), days_between(a, b).",
            examples=["(spend_365d - spend_before) / spend_before"],
            min_length=1,
        ),
    ]
    description: Annotated[str, Meta(description="Shown to people.", max_length=2_000)] = ""


def read_traits(
    definitions: Iterable[Definition], check_sql: CheckSql = no_sql
) -> tuple[tuple[Trait, ...], tuple[Problem, ...]]:
    """Read all definitions of the kind `traits`; return those without an error, and every problem.

    A formula that names a trait with an error has one itself, and so have those in a cycle.
    """
    traits: dict[str, Trait] = {}
    formulas: dict[str, tuple[Reader, WrittenFormulaTrait, list[str]]] = {}
    readers: dict[str, Reader] = {}
    problems: list[Problem] = []
    for definition in (each for each in definitions if each.kind == "traits"):
        reader = Reader(definition.path, definition.name)
        if definition.name in readers or len(readers) == TRAITS_MAX:
            _refuse(reader, again=definition.name in readers)
            problems += reader.problems
            continue
        readers[definition.name] = reader
        body = reader.plain(definition.body)
        if body is not None and "formula" in body:
            written = reader.struct(WrittenFormulaTrait, body, "")
            names = None if written is None else _names(reader, written)
            if written is not None and names is not None:
                formulas[definition.name] = (reader, written, names)
        elif body is not None and (trait := _read(reader, body, check_sql)) is not None:
            traits[definition.name] = trait
    _read_formulas(formulas, traits, readers)
    _set_beside(traits, readers)
    problems += [problem for reader in readers.values() for problem in reader.problems]
    return tuple(trait for name, trait in traits.items() if not readers[name].failed), tuple(problems)


def trait_schema() -> dict[str, Any]:
    """Return the JSON Schema of a trait definition."""
    written = (WrittenTrait, WrittenFormulaTrait, WrittenSqlTrait, WrittenCondition, WrittenOther)
    parts = (*written, *WINDOWS, WrittenSession)
    _, components = msgspec.json.schema_components(parts, ref_template=REFERENCE)
    kinds = chosen_by_key(
        {"kind": "WrittenTrait", "formula": "WrittenFormulaTrait", "sql": "WrittenSqlTrait"}
    )
    return one_or_list("Weft trait", "Trait", components | {"Trait": kinds})


def _refuse(reader: Reader, *, again: bool) -> None:
    reader.fault(
        "", "is defined already; keep one" if again else f"more than {TRAITS_MAX:,} traits; delete some"
    )


def _names(reader: Reader, written: WrittenFormulaTrait) -> list[str] | None:
    check_name(reader, written.name)
    try:
        return names_of(written.formula)
    except FormulaError as error:
        reader.fault("formula", str(error))
        return None


def _read_formulas(
    formulas: Mapping[str, tuple[Reader, WrittenFormulaTrait, list[str]]],
    traits: dict[str, Trait],
    readers: Mapping[str, Reader],
) -> None:
    """Add the traits that are formulas, each after those that it names; faults go to the readers."""
    found = order({name: names for name, (_, _, names) in formulas.items()})
    for name, cycle in found.cycles.items():
        readers[name].fault("formula", f"refers to itself: {shown(cycle)}; take one of these names out")
    for name in found.names:
        reader, written, names = formulas[name]
        for other in dict.fromkeys(names):
            if other not in readers:
                reader.fault(
                    "formula", f"no computed trait is called `{other[:80]}`{nearest(other, readers)}"
                )
            elif other not in traits or readers[other].failed:
                said = f"names `{other}`, which has a fault of its own; correct that first"
                reader.fault("formula", said, follows=True)
            elif traits[other].fading is not None:
                reader.fault(
                    "formula", f"`{other}` is a context trait and fades; a formula is over what lasts"
                )
        if reader.failed:
            continue
        try:
            value = read_formula(written.formula, lambda other: traits[other].value)
        except FormulaError as error:
            reader.fault("formula", str(error))
        else:
            traits[name] = Trait(written.name, value, written.description, written.formula)


def _read(reader: Reader, body: dict[str, Any], check_sql: CheckSql) -> Trait | None:
    if "sql" in body:
        return read_batch(reader, body, check_sql)
    written = reader.struct(WrittenTrait, body, "")
    if written is None:
        return None
    check_name(reader, written.name)
    source = read_source(reader, written.event, written.record, written.type, "")
    span = read_window(reader, UNSET if is_session(written.window) else written.window, "", "window")
    where = read_where(reader, written.where, "where")
    properties = _properties(reader, written)
    most = _most(reader, written)
    unit = _unit(reader, written)
    if source is None or reader.failed:
        return None
    value: Value
    if written.kind == TIME_SINCE:
        value = Call(SINCE[unit], (Measure(Kind.LAST, source, where, (), span),))
    else:
        calendar = Unit(unit) if unit else None
        zone = Zone.PERSON if isinstance(written.zone, UnsetType) else written.zone
        value = Measure(Kind(written.kind), source, where, properties, span, most, calendar, zone)
    beside = "" if isinstance(written.beside, UnsetType) else written.beside
    value = read_fading(reader, written, value, span)
    return Trait(written.name, value, written.description, beside_name=beside)


def _set_beside(traits: dict[str, Trait], readers: Mapping[str, Reader]) -> None:
    """Put the lasting traits in that context traits are compared with."""
    for name, trait in traits.items():
        other = trait.beside_name
        if other and not readers[name].failed:
            bad = other in readers and (readers[other].failed or other not in traits)
            traits[name] = read_beside(readers[name], other, trait, traits, bad)


def _most(reader: Reader, written: WrittenTrait) -> int:
    if written.kind == Kind.TOP:
        return TOP_DEFAULT if isinstance(written.k, UnsetType) else written.k
    if written.k is not UNSET:
        reader.fault("k", f"goes with `kind: top`, not with {written.kind}")
    return 0


def _unit(reader: Reader, written: WrittenTrait) -> str:
    units = UNITS.get(written.kind)
    if written.zone is not UNSET and written.kind not in STREAKS:
        reader.fault("zone", f"goes with streaks, not with {written.kind}; a window in a mapping has its own")
    if isinstance(written.unit, UnsetType):
        return "" if units is None else "day"
    if units is None or written.unit not in units:
        hint = f"use one of {', '.join(units)}" if units else f"{written.kind} has none; leave it out"
        reader.fault("unit", f"`{written.unit}` does not go with {written.kind}; {hint}")
    return written.unit


def _properties(reader: Reader, written: WrittenTrait) -> tuple[PropertyColumn, ...]:
    types = TYPES.get(written.kind)
    located = _located(reader, written)
    declared = None if isinstance(written.as_, UnsetType) else written.as_
    if types is None or not located:
        if declared:
            reader.fault("as", f"{written.kind} has no property here, so it needs no `as`; leave it out")
        return ()
    known = next((each.type for each in located if each.type is not None), None)
    if known and declared and known is not declared:
        reader.fault("as", f"this value is {known}, not {declared}; leave `as` out")
    kind = known or declared or types[0]
    if kind not in types:
        also = ", ".join(dict.fromkeys(types))
        reader.fault("as" if declared else "property", f"{written.kind} works on {also}, and this is {kind}")
    return tuple(sorted(each.column(kind) for each in located))


def _located(reader: Reader, written: WrittenTrait) -> Sequence[Located]:
    """Return what the trait reads of a fact: nothing, one property or the two factors of a product."""
    single: dict[str, str | UnsetType] = {
        "property": written.property, "context": written.context, "at": written.at
    }  # fmt: skip
    given = [key for key, value in single.items() if value is not UNSET]
    if written.kind not in TYPES:
        for key in (*given, *(["multiply"] if written.multiply is not UNSET else [])):
            reader.fault(
                key, f"{written.kind} has no property; say which facts with `where`, or use another kind"
            )
        return ()
    if not isinstance(written.multiply, UnsetType):
        return _factors(reader, written, written.multiply, given)
    if not given and written.kind == Kind.SUM:
        reader.fault("kind", "sum needs `property`, or `multiply` with two properties, and not both")
    elif not given and written.kind not in OPTIONAL:
        reader.fault("kind", f"{written.kind} needs `property`")
    located = read_located(reader, "", required=False, **single)
    return () if located is None else (located,)


def _factors(
    reader: Reader, written: WrittenTrait, paths: Sequence[str], given: Sequence[str]
) -> Sequence[Located]:
    if written.kind != Kind.SUM:
        reader.fault("multiply", f"goes with `kind: sum`, not with {written.kind}")
        return ()
    if given:
        reader.fault("kind", "sum needs `property`, or `multiply` with two properties, and not both")
        return ()
    found = [read_located(reader, f"multiply[{at}]", property=path) for at, path in enumerate(paths)]
    return tuple(each for each in found if each is not None)
