"""The statements of a preview as Ibis expressions: the compiled measures and rules, for everybody at one moment."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportOperatorIssue=false
# (Ibis gives a column no more type than `Column`)

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import ibis
import ibis.expr.types as ir
from msgspec import structs

from weft.model.audience import Audience, Leaf, TraitRule
from weft.model.expression import Given
from weft.model.measure import Kind, Measure, Place, PropertyColumn, ValueType
from weft.model.trait import Trait
from weft.storage.defined import define
from weft.storage.duckdb_schema import EVENT
from weft.storage.ibis_compiled import FACTS, Compiled, compiled_of
from weft.storage.ibis_frame import Frame
from weft.storage.ibis_functions import Value, epoch_us, getvariable
from weft.storage.ibis_measure import matches
from weft.storage.ibis_property import TEXT_COLUMNS, column_type, extract_all, typed_all
from weft.storage.ibis_rows import inside, stored
from weft.storage.ibis_rule import membership
from weft.storage.ibis_statement import create_in, drop_in, select, table
from weft.storage.ibis_value import Reading, value_column
from weft.storage.preview.cut import NOBODY, Cut
from weft.storage.preview.near import Near

PLACED = {"node_id": "uuid", "node": "int32", "place": "int32"}
NEAR = "near"
VALUE = "value"
WHOLE_FACT = ("message_key", "properties", "context")
UNLIMITED = (Kind.COUNT, Kind.SUM, Kind.MIN, Kind.MAX, Kind.FIRST, Kind.LAST)
"""Kinds whose state is one value: there is nothing to leave out, and no need to keep a row of each fact."""
WHOLE, ELEMENTS = PropertyColumn("value", ValueType.TEXT), PropertyColumn("*", ValueType.LIST)


class Calendar(NamedTuple):
    """Where everybody is, and the time there."""

    given: ir.Table
    clock: ir.Table
    zones: ir.Table


def extract_sql(columns: Sequence[PropertyColumn]) -> str:
    """Return place and the columns out of `batch`, a table of place, and traits and context as JSON texts."""
    batch = ibis.table({"place": "int32", "traits": "string", "context": "string"}, name="batch")
    facts = batch.select("place", "context", properties=batch["traits"])
    return select(facts.select("place", **extract_all(columns, facts)))


def near_sql(near: Near, present: Collection[str]) -> str:
    """Return the statement that makes a table of `near`: node (a number), occurred_at and the properties."""
    name, columns = near.name, near.columns
    event = _event(columns, present)
    upto: Value = getvariable("near_upto")
    facts = event.filter(matches(near.source, event), event["position"] <= upto.cast("int64"))
    numbered = facts.join(_numbered(), "node_id")
    more = WHOLE_FACT if near.whole else {}
    kept = numbered.select("node", "occurred_at", *more, **_columns(columns, present, numbered))
    return create_in(NEAR, name, kept.order_by("node"))


def drop_near(name: str) -> str:
    """Return the statement that drops a table of `near`."""
    return drop_in(NEAR, name)


def value_sql(cut: Cut, near: Near | None, present: Collection[str], *, behind: bool) -> tuple[str, str]:
    """Return the query of profile_id (a place; NOBODY is among them) and value, and the type of the value.

    It reads `event` (and the table near, if there is one), `superseded`, `placed`, `given`, `clock`, `zones` and the
    variables after, upto and near_upto. present: the columns that `event` has. behind: there are facts that the table
    near has not.
    """
    measure = cut.measure
    compiled = compiled_of(define([Trait(VALUE, measure)], ()))
    calendar = Calendar(
        ibis.table(dict(compiled.given_schema) | {"profile_id": "int32"}, name="given"),
        ibis.table(compiled.clock_schema, name="clock"),
        ibis.table(compiled.zones_schema, name="zones"),
    )
    facts = (
        _facts(cut, compiled, present)
        if near is None
        else _near_facts(cut, near, compiled, present, behind=behind)
    )
    placed = ibis.table(PLACED, name="placed").rename(by=("node_id" if near is None else "node"))
    if measure.kind in UNLIMITED and measure.fading is None:
        mine = facts.join(placed, facts["node_id"] == placed["by"]).mutate(profile_id="place")
        if measure.keeps_rows:
            mine = _counting_now(measure, compiled.placed(mine, *calendar))
            measure = _standing(measure)
            compiled = compiled_of(define([Trait(VALUE, measure)], ()))
        gathered = compiled.gather(mine.drop("node_id").rename(node_id="profile_id"), compiled.measures)
        states = gathered.rename(profile_id="node_id")
    else:
        gathered = compiled.state_from_facts(facts, calendar.clock)
        states = gathered.join(placed, gathered["node_id"] == placed["by"])
        states = compiled.combined(states.rename(profile_id="place"), "profile_id")
    none = calendar.clock.select(
        profile_id=ibis.literal(NOBODY, type="int32"),
        **{name: ibis.null(kind) for name, kind in compiled.state_schema.items() if name != "node_id"},
    )
    values = compiled.values(compiled.placed(states.union(none), *calendar))
    value = values.select("profile_id", value=values[value_column(measure)])
    return select(value), str(value.schema()["value"])


def _counting_now(measure: Measure, facts: ir.Table) -> ir.Table:
    """Return the facts, with their calendar, that a measure counts now."""
    near = facts.mutate(at_us=epoch_us(facts["occurred_at"]))
    compared = [column.column_name for column in measure.compared]
    return near.filter(
        inside(measure, near["at_us"], lambda ordinal: stored(near[compared[ordinal]]), Frame(near))
    )


def _standing(measure: Measure) -> Measure:
    """Return a measure without that of it which depends on the time of reading."""
    still = tuple(item for item in measure.where if not item.condition.relatives)
    return structs.replace(measure, span=None, where=still)


def given_sql(given: Given) -> str:
    """Return place and value of a told trait, in its type, out of `kept`, where it is text."""
    kept = ibis.table({"place": "int32", "value": "string"}, name="kept")
    facts = kept.mutate(properties=kept["value"], context=ibis.literal("{}"))
    if given.type is ValueType.LIST:
        value: Value = extract_all([ELEMENTS], facts)[ELEMENTS.column_name]
    else:
        column = PropertyColumn(WHOLE.path, given.type)
        texts = {TEXT_COLUMNS[Place.PROPERTIES]: ibis.array([facts["value"]])}
        value = typed_all([column], facts, texts)[column.column_name]
    return select(facts.select("place", value=epoch_us(value) if value.type().is_timestamp() else value))


def holds_sql(rule: Leaf, values: Mapping[str, str]) -> str:
    """Return place and whether a condition holds, out of `everybody`, `clock` and `zones`.

    values: the columns of `everybody` beside place, profile_id and zone, with their types.
    """
    placed = _placed(rule, values)
    return select(placed.select("place", holds=membership(rule, Reading(placed))))


def number_sql(rule: TraitRule, values: Mapping[str, str]) -> str:
    """Return place and the number that a rule over a share ranks, out of the same."""
    placed = _placed(rule, values)
    return select(placed.select("place", number=Reading(placed).value(rule.value).cast("float64")))


def _placed(rule: Leaf, values: Mapping[str, str]) -> ir.Table:
    compiled = compiled_of(define((), [Audience("holds", rule)]))
    clock, zones = (
        ibis.table(compiled.clock_schema, name="clock"),
        ibis.table(compiled.zones_schema, name="zones"),
    )
    everybody = ibis.table(
        {"place": "int32", "profile_id": "uuid", "zone": "string"} | dict(values), name="everybody"
    )
    placed: ir.Table = everybody
    if compiled.needs_zones:
        placed = placed.left_join(zones, "zone").drop("zone_right")
    return placed.cross_join(clock)


def _facts(cut: Cut, compiled: Compiled, present: Collection[str]) -> ir.Table:
    """Return the facts of a measure's source, within the cut, with the columns that it reads."""
    event = _event(compiled.property_columns, present)
    facts = _within(cut, event.filter(matches(cut.measure.source, event)))
    if cut.measure.source.type == "record":
        facts = facts.anti_join(table("superseded"), "position")
    return facts.select(*FACTS, **_columns(compiled.property_columns, present, facts))


def _near_facts(
    cut: Cut, near: Near, compiled: Compiled, present: Collection[str], *, behind: bool
) -> ir.Table:
    """Return the same with the numbers of nodes as node_id: from the table near, and from `event` behind it."""
    source, columns = cut.measure.source, compiled.property_columns
    kept = ["node", "occurred_at", *(WHOLE_FACT if near.whole else ())]
    schema = {"node": "int32"} | {name: EVENT[name] for name in kept[1:]}
    schema |= {each.column_name: column_type(each) for each in near.columns}
    facts = _within(cut, ibis.table(schema, name=near.name, catalog=NEAR, database="main"))
    facts = facts.select(*kept, **_columns(columns, schema, facts))
    if behind:
        event = _event(columns, present)
        upto: Value = getvariable("near_upto")
        since = event.filter(matches(source, event), event["position"] > upto.cast("int64"))
        since = _within(cut, since).join(_numbered(), "node_id")
        since = since.select(*kept, **_columns(columns, present, since))
        facts = facts.union(since)
    return facts.select(
        message_key=facts["message_key"] if near.whole else ibis.null("uuid"),
        type=ibis.literal(source.type),
        name=ibis.literal(source.name, type="string"),
        occurred_at=facts["occurred_at"],
        node_id=facts["node"],
        **{each.column_name: facts[each.column_name] for each in columns},
    )


def _within(cut: Cut, facts: ir.Table) -> ir.Table:
    for name, wanted in (("after", cut.after_us), ("upto", cut.upto_us)):
        if (
            wanted is not None
        ):  # a variable, for DuckDB takes it for a constant and leaves out what was before
            limit: Value = getvariable(name)
            limit, at = limit.cast("timestamp(6)"), facts["occurred_at"]
            facts = facts.filter(at > limit if name == "after" else at <= limit)
    return facts


def _event(columns: Iterable[PropertyColumn], present: Collection[str]) -> ir.Table:
    typed = {each.column_name: column_type(each) for each in columns if each.column_name in present}
    return ibis.table(EVENT | typed, name="event")


def _numbered() -> ir.Table:
    return ibis.table({"node_id": "uuid", "node": "int32"}, name="numbered", catalog=NEAR, database="main")


def _columns(
    columns: Iterable[PropertyColumn], present: Collection[str], facts: ir.Table
) -> dict[str, Value]:
    """Return the properties of facts: from their columns, or from the JSON where they have none."""
    missing = [column for column in columns if column.column_name not in present]
    typed: dict[str, Value] = {
        each.column_name: facts[each.column_name] for each in columns if each.column_name in present
    }
    return typed | extract_all(missing, facts)
