"""The one compiler: traits and audiences become Ibis expressions; every engine and every mode runs the same."""

from collections.abc import Iterable, Sequence
from functools import cached_property, reduce
from operator import or_
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis.backends.sql import compilers
from ibis.expr.schema import Schema
from sqlglot import exp

from weft.model.audience import Audience
from weft.model.measure import Measure
from weft.model.trait import Trait
from weft.storage import ibis_state
from weft.storage.defined import Defined, define, sources_of
from weft.storage.ibis_condition import membership
from weft.storage.ibis_functions import SPARK_NAMES, Value, epoch_us, make_timestamp, spark_options
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

CLOCK = ibis.schema({"now": "timestamp(6)"})
FACTS = {
    "message_key": "uuid",
    "type": "string",
    "name": "string",
    "occurred_at": "timestamp(6)",
    "node_id": "uuid",
}
TEXTS = ibis.schema({"node_id": "uuid", "state": "string"})


class Compiled(Defined, frozen=True, dict=True):
    """What a set of definitions compiles to. `clock` is always a table of one row: now (UTC)."""

    @cached_property
    def state_schema(self) -> Schema:
        """node_id and one column a measure."""
        columns = {state_column(measure): state_type(measure) for measure in self.measures}
        return ibis.schema({"node_id": "uuid"} | columns)

    def state_from_facts(
        self, facts: ir.Table, clock: ir.Table, measures: Sequence[Measure] | None = None
    ) -> ir.Table:
        """Return the state of each node that has any fact that a measure (None: any of them all) reads."""
        measures = self.measures if measures is None else measures
        return _tidied(self.gather(facts, clock, measures), measures)

    def gather(self, facts: ir.Table, clock: ir.Table, measures: Sequence[Measure]) -> ir.Table:
        """Return now_us and what `merge_states` makes the state of each node from: lists are not sorted yet."""
        if not measures:
            return facts.filter(False).select("node_id").distinct().cross_join(_now(clock))
        wanted: Value = reduce(or_, (matches(source, facts) for source in sources_of(measures)))
        columns = [*FACTS, *(column.column_name for column in self.property_columns)]
        near = facts.filter(wanted).select(*columns).cross_join(_now(clock))
        near = near.mutate(at_us=epoch_us(near["occurred_at"]))
        return near.group_by("node_id").agg(
            now_us=near["now_us"].max(), **{state_column(item): gather(item, near) for item in measures}
        )

    def merge_states(self, states: ir.Table, clock: ir.Table) -> ir.Table:
        """Return one state per node of any number of them; rows that left their window are gone."""
        return _tidied(self._combined(states, "node_id").cross_join(_now(clock)), self.measures)

    def evaluate(self, states: ir.Table, clock: ir.Table) -> ir.Table:
        """Return one row per profile: profile_id, `t_<trait>`, `a_<audience>` (never NULL) and due_at.

        states: profile_id and the state columns, one row per node; one of NULLs for a profile without state.
        due_at: the first moment after now at which a windowed value might change by itself, or NULL.
        """
        combined = self._combined(states, "profile_id").cross_join(_now(clock))
        now_us = combined["now_us"]
        moments = [due(item, combined[state_column(item)], now_us) for item in self.measures]
        now = combined.select(
            "profile_id",
            **{item.key: within(item, combined[state_column(item)], now_us) for item in self.measures},
            due_us=_earliest(moments),
        )  # a step of its own, so that no row is filtered twice
        values = now.select(
            "profile_id", "due_us", **{f"v_{item.key}": read(item, now[item.key]) for item in self.measures}
        )
        return values.select(
            "profile_id",
            **{f"t_{trait.name}": values[f"v_{trait.measure.key}"] for trait in self.traits},
            **{
                f"a_{audience.name}": membership(audience.who, lambda measure: values[f"v_{measure.key}"])
                for audience in self.audiences
            },
            due_at=make_timestamp(values["due_us"]),
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
        """Return the SQL of an expression over `facts`, `states`, `texts` and `clock`; kept once made.

        name: state_from_facts, merge_states, evaluate (`states` with a profile_id), encode, decode (`texts`).
        """
        key = (name, dialect)
        if key not in self._sql:
            self._sql[key] = to_sql(self._named(name), dialect)
        return self._sql[key]

    @cached_property
    def _sql(self) -> dict[tuple[str, str], str]:
        return {}

    def _named(self, name: str) -> ir.Table:
        clock = ibis.table(CLOCK, name="clock")
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
                return self.evaluate(placed, clock)
            case "encode":
                return self.encode(states)
            case "decode":
                return self.decode(ibis.table(TEXTS, name="texts"))
            case _:
                raise KeyError(name)

    def _combined(self, states: ir.Table, key: str) -> ir.Table:
        columns = {state_column(item): combine(item, states[state_column(item)]) for item in self.measures}
        return states.group_by(key).agg(**columns) if columns else states.select(key).distinct()


def compile_definitions(traits: Iterable[Trait], audiences: Iterable[Audience]) -> Compiled:
    """Put traits and audiences together; the SQL is made on first use."""
    return compiled_of(define(traits, audiences))


def compiled_of(defined: Defined) -> Compiled:
    """Return the expressions of a set of definitions."""
    return Compiled(defined.traits, defined.audiences, defined.survival)


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


def _earliest(moments: Iterable[Value | None]) -> Value:
    known = [moment for moment in moments if moment is not None]
    if not known:
        return ibis.null("int64")
    return ibis.least(*known) if len(known) > 1 else known[0]  # Spark's least takes two or more


def _now(clock: ir.Table) -> ir.Table:
    return clock.select(now_us=epoch_us(clock["now"]))


def _tidied(states: ir.Table, measures: Sequence[Measure]) -> ir.Table:
    columns = [(item, state_column(item)) for item in measures]
    now_us = states["now_us"]
    # two steps, so that no row is filtered twice
    kept = states.select("node_id", **{name: fresh(item, states[name], now_us) for item, name in columns})
    return kept.select("node_id", **{name: tidy(item, kept[name]) for item, name in columns})
