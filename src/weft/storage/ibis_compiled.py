"""The one compiler: traits and audiences become Ibis expressions; every engine and every mode runs the same."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from operator import or_
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis.backends.sql import compilers
from ibis.expr.schema import Schema
from sqlglot import exp

from weft.model.audience import Audience
from weft.model.expression import Given
from weft.model.expression import Value as Written
from weft.model.measure import Measure, ValueType
from weft.model.trait import Trait
from weft.storage import ibis_state
from weft.storage.defined import Defined, define, sources_of
from weft.storage.frame_columns import floor_column, zone_columns
from weft.storage.ibis_counted import text_of
from weft.storage.ibis_frame import OFFSETS, Frame, earliest
from weft.storage.ibis_functions import SPARK_NAMES, Value, balanced, epoch_us, make_timestamp, spark_options
from weft.storage.ibis_measure import (
    combine,
    due,
    fresh,
    gather,
    matches,
    read,
    state_column,
    state_type,
    tidy,
    within,
)
from weft.storage.ibis_property import column_type
from weft.storage.ibis_rows import STATE_TYPES
from weft.storage.ibis_rule import due_leaf, membership
from weft.storage.ibis_value import Reading, value_column

FACTS = {
    "message_key": "uuid",
    "type": "string",
    "name": "string",
    "occurred_at": "timestamp(6)",
    "node_id": "uuid",
}
TEXTS = ibis.schema({"node_id": "uuid", "state": "string"})


class Compiled(Defined, frozen=True, dict=True):
    """What a set of definitions compiles to.

    clock: a table of one row, when it is read. zones: one row a time zone. given: one row a profile.
    """

    @cached_property
    def state_schema(self) -> Schema:
        """node_id and one column a measure."""
        columns = {state_column(measure): state_type(measure) for measure in self.measures}
        return ibis.schema({"node_id": "uuid"} | columns)

    @cached_property
    def clock_schema(self) -> Schema:
        """now_us (microseconds since 1970 UTC), the floors of calendar windows, the thresholds of shares."""
        floors = {floor_column(boundary): "int64" for boundary in self.floors}
        return ibis.schema({"now_us": "int64"} | floors | dict.fromkeys(self.thresholds, "float64"))

    @cached_property
    def zones_schema(self) -> Schema:
        """zone (IANA name), the boundaries of its calendar, and of local time what is needed."""
        columns = {boundary.column_name: "int64" for boundary in self.boundaries}
        for zone in self.local_zones:
            names = zone_columns(zone)
            columns |= dict.fromkeys((names.weekday, names.hour, names.next_hour, names.next_part), "int64")
            columns[names.offsets] = OFFSETS
        return ibis.schema({"zone": "string"} | columns)

    @cached_property
    def given_schema(self) -> Schema:
        """profile_id, zone (IANA name, known to `zones`), and one column for each given value."""
        columns = {given.column_name: STATE_TYPES[given.type] for given in self.givens}
        return ibis.schema({"profile_id": "uuid", "zone": "string"} | columns)

    def state_from_facts(
        self, facts: ir.Table, clock: ir.Table, measures: Sequence[Measure] | None = None
    ) -> ir.Table:
        """Return the state of each node that has any fact that a measure (None: any of them all) reads."""
        measures = self.measures if measures is None else measures
        return _tidied(self.gather(facts, measures), clock, measures)

    def gather(self, facts: ir.Table, measures: Sequence[Measure]) -> ir.Table:
        """Return what `merge_states` makes the state of each node from: lists are not sorted yet."""
        if not measures:
            return facts.filter(False).select("node_id").distinct()
        wanted: Value = balanced(or_, [matches(source, facts) for source in sources_of(measures)])
        columns = [*FACTS, *(column.column_name for column in self.property_columns)]
        near = facts.filter(wanted).select(*columns)
        near = near.mutate(at_us=epoch_us(near["occurred_at"]))
        return near.group_by("node_id").agg(**{state_column(item): gather(item, near) for item in measures})

    def merge_states(self, states: ir.Table, clock: ir.Table) -> ir.Table:
        """Return one state per node of any number of them; rows that left their window are gone."""
        return _tidied(self.combined(states, "node_id"), clock, self.measures)

    def combined(self, states: ir.Table, key: str) -> ir.Table:
        """Return one state per key (node_id or profile_id) of any number of them; lists are not sorted."""
        columns = {state_column(item): combine(item, states[state_column(item)]) for item in self.measures}
        return states.group_by(key).agg(**columns) if columns else states.select(key).distinct()

    def evaluate(self, states: ir.Table, given: ir.Table, clock: ir.Table, zones: ir.Table) -> ir.Table:
        """Return one row per profile: profile_id, `t_<trait>`, `a_<audience>` (never NULL) and due_at.

        states: profile_id and the state columns, one row per node; one of NULLs for a profile without state.
        due_at: a moment after now, not later than the first at which a value changes by itself, or NULL.
        """
        values = self.values(self.placed(self.combined(states, "profile_id"), given, clock, zones))
        reading = Reading(values)
        moments = [values["due_us"]]
        values_of = [
            value for trait in self.traits for value in (trait.value, trait.beside) if value is not None
        ]
        moments += [moment for value in values_of for moment in reading.due(value)]
        moments += [moment for leaf in self.leaves for moment in due_leaf(leaf, reading)]
        return values.select(
            "profile_id",
            **{f"t_{trait.name}": _told(trait, reading) for trait in self.traits},
            **{f"a_{audience.name}": membership(audience.who, reading) for audience in self.audiences},
            due_at=make_timestamp(earliest(moments)),
        )

    def placed(self, profiles: ir.Table, given: ir.Table, clock: ir.Table, zones: ir.Table) -> ir.Table:
        """Return rows by profile_id with what is given of each, when they are read, and the calendar there."""
        if self.givens or self.needs_zones:
            profiles = profiles.left_join(given, "profile_id").drop("profile_id_right")
        if self.needs_zones:
            profiles = profiles.left_join(zones, "zone").drop("zone_right")
        return profiles.cross_join(clock)

    def values(self, placed: ir.Table) -> ir.Table:
        """Return what `placed` has beside the states, `v_<key>` for each measure, and due_us."""
        kept = [name for name in placed.columns if name not in self._state_columns]
        frame = Frame(placed)
        moments = [due(item, placed[state_column(item)], frame) for item in self.measures]
        now = placed.select(
            *kept,
            **{item.key: within(item, placed[state_column(item)], frame) for item in self.measures},
            due_us=_or_null(earliest(moments)),
        )  # a step of its own, so that no row is filtered twice
        frame = Frame(now)
        return now.select(
            *kept,
            "due_us",
            **{value_column(item): read(item, now[item.key], frame) for item in self.measures},
        )

    def encode(self, states: ir.Table) -> ir.Table:
        """Return node_id and the state as JSON text. DuckDB only."""
        return ibis_state.encode(states, self.measures)

    def decode(self, texts: ir.Table) -> ir.Table:
        """Return node_id and the state columns of node_id and JSON text.

        Unknown or missing measures do no harm.
        """
        return ibis_state.decode(texts, self.measures)

    def facts_schema(self) -> Schema:
        """Return the columns that `facts` must have at least."""
        columns = {column.column_name: column_type(column) for column in self.property_columns}
        return ibis.schema(FACTS | columns)

    def sql(self, name: str, dialect: str = "duckdb") -> str:
        """Return the SQL of an expression over `facts`, `states`, `texts`, `given`, `clock`, `zones`; kept once made.

        name: state_from_facts, merge_states, evaluate (`states` with a profile_id), encode, decode (`texts`).
        """
        key = (name, dialect)
        if key not in self._sql:
            self._sql[key] = to_sql(self._named(name), dialect)
        return self._sql[key]

    @cached_property
    def _state_columns(self) -> frozenset[str]:
        return frozenset(map(state_column, self.measures))

    @cached_property
    def _sql(self) -> dict[tuple[str, str], str]:
        return {}

    def _named(self, name: str) -> ir.Table:
        clock = ibis.table(self.clock_schema, name="clock")
        states = ibis.table(self.state_schema, name="states")
        match name:
            case "state_from_facts":
                return self.state_from_facts(ibis.table(self.facts_schema(), name="facts"), clock)
            case "merge_states":
                return self.merge_states(states, clock)
            case "evaluate":
                placed = ibis.table(
                    ibis.schema({"profile_id": "uuid"} | dict(self.state_schema)), name="states"
                )
                return self.evaluate(
                    placed,
                    ibis.table(self.given_schema, name="given"),
                    clock,
                    ibis.table(self.zones_schema, name="zones"),
                )
            case "encode":
                return self.encode(states)
            case "decode":
                return self.decode(ibis.table(TEXTS, name="texts"))
            case _:
                raise KeyError(name)


def compile_definitions(traits: Iterable[Trait], audiences: Iterable[Audience]) -> Compiled:
    """Put traits and audiences together; the SQL is made on first use."""
    return compiled_of(define(traits, audiences))


def compiled_of(defined: Defined) -> Compiled:
    """Return the expressions of a set of definitions."""
    return Compiled(defined.traits, defined.audiences, defined.survival, defined.home)


def to_sql(expression: ir.Table, dialect: str) -> str:
    """Return the SQL of an expression in a dialect, with the functions called as that engine calls them."""
    if dialect == "pyspark":
        spark_options()
    compiler: Any = getattr(compilers, dialect).compiler
    tree: exp.Expr = compiler.to_sqlglot(expression)
    if dialect == "pyspark":
        tree = tree.transform(_spark_call)
    return tree.sql("spark" if dialect == "pyspark" else dialect)


def _spark_call(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.TimestampFromParts):  # what sqlglot takes DuckDB's make_timestamp for
        return exp.Anonymous(this=SPARK_NAMES["make_timestamp"], expressions=list(node.args.values())[:1])
    if isinstance(node, exp.Anonymous):
        node.set("this", SPARK_NAMES.get(str(node.this).lower(), node.this))
    return node


def _told(trait: Trait, reading: Reading) -> Value:
    """Return a trait's value; of a context trait a struct of what is told of it, NULL where it has no value."""
    value, measure = _served(reading, trait.value), trait.value
    if not isinstance(measure, Measure) or measure.fading is None:
        return value
    found = reading.row[value_column(measure)]
    beside = ibis.null("string") if trait.beside is None else text_of(reading.value(trait.beside))
    told = {"value": value, "at_us": found["at"], "share": found["share"], "beside": beside}
    return ibis.cases((value.notnull(), ibis.struct(told)))


def _or_null(moment: Value | None) -> Value:
    return ibis.null("int64") if moment is None else moment


def _tidied(states: ir.Table, clock: ir.Table, measures: Sequence[Measure]) -> ir.Table:
    columns = [(item, state_column(item)) for item in measures]
    placed = states.cross_join(clock)
    frame = Frame(placed)
    # two steps, so that no row is filtered twice
    kept = placed.select("node_id", **{name: fresh(item, placed[name], frame) for item, name in columns})
    return kept.select("node_id", **{name: tidy(item, kept[name]) for item, name in columns})


def _served(reading: Reading, value: Written) -> Value:
    """Return a value as it is served: what is given as microseconds is a time."""
    found = reading.value(value)
    given = isinstance(value, Given) and value.type is ValueType.TIME
    return make_timestamp(found) if given else found
