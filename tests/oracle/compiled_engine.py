"""The compiled expressions on DuckDB, as the workers run them, over the facts of a few people."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import duckdb
import ibis
import pyarrow as pa
from tests.oracle.naive import Fact, Person

from weft.audience.definition import read_audiences
from weft.definitions import Definition
from weft.model.audience import TraitRule
from weft.model.expression import Given, GivenKind
from weft.model.measure import ValueType
from weft.profile.definition import read_traits
from weft.profile.given import told_values
from weft.storage.arrow_frame import clock_table, given_table, zones_of
from weft.storage.defined import define
from weft.storage.ibis_compiled import Compiled, compiled_of
from weft.storage.ibis_property import extract_all
from weft.storage.ibis_statement import select

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def compiled_from(
    traits: Iterable[dict[str, Any]], audiences: Iterable[dict[str, Any]], home: str = "UTC"
) -> Compiled:
    """Compile definitions as they are written; an error in one is an error of the test."""
    bodies = [Definition("traits", body["name"], body, "t.yaml") for body in traits]
    read, problems = read_traits(bodies)
    assert not problems, problems
    bodies += [Definition("audiences", body["name"], body, "a.yaml") for body in audiences]
    rules, more = read_audiences(bodies, read)
    assert not [problem for problem in more if problem.is_error], more
    return compiled_of(define(read, rules, None, home))


def us(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment.replace(tzinfo=UTC) - EPOCH) // (EPOCH.resolution)


class Engine:
    """States of facts, merged and evaluated by the compiled statements."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self.connection = duckdb.connect(config={"threads": 1})
        raw = ibis.table(
            {"message_key": "uuid", "type": "string", "name": "string", "occurred_at": "timestamp(6)",
             "node_id": "uuid", "properties": "string", "context": "string"}, name="raw",
        )  # fmt: skip
        self.fill = select(raw.mutate(**extract_all(compiled.property_columns, raw)))

    def make(self, name: str, query: str) -> None:
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} AS {query}")

    def take(self, name: str, rows: pa.Table) -> None:
        self.connection.register("columns", rows)
        self.make(name, "FROM columns")

    def at(self, now: datetime, thresholds: Mapping[tuple[str, str, float], float] | None = None) -> None:
        """Set the clock, and what the shares of the traits come to."""
        known: dict[str, float] = {}
        for column, rule in self.compiled.thresholds.items():
            assert isinstance(rule, TraitRule)
            (percent,) = rule.condition.operands
            key = (rule.trait, str(rule.condition.operator), float(str(percent)))
            if thresholds and key in thresholds:
                known[column] = thresholds[key]
        self.take("clock", clock_table(self.compiled, us(now), known))

    def states_of(self, batch: list[Fact]) -> list[tuple[Any, str]]:
        """The state of each node as text."""
        columns = pa.table(
            {
                "k": pa.array([str(fact.key) for fact in batch], pa.string()),
                "type": pa.array([fact.type for fact in batch], pa.string()),
                "name": pa.array([fact.name for fact in batch], pa.string()),
                "occurred_at": pa.array([fact.at for fact in batch], pa.timestamp("us")),
                "n": pa.array([str(fact.node) for fact in batch], pa.string()),
                "properties": pa.array([json.dumps(fact.properties) for fact in batch], pa.string()),
                "context": pa.array([json.dumps(fact.context) for fact in batch], pa.string()),
            }
        )
        self.connection.register("columns", columns)
        self.make("raw", "SELECT k::UUID AS message_key, n::UUID AS node_id, * EXCLUDE (k, n) FROM columns")
        self.make("facts", self.fill)
        self.make("states", self.compiled.sql("state_from_facts"))
        return self.connection.execute(self.compiled.sql("encode")).fetchall()

    def merged(self, texts: list[tuple[Any, str]]) -> list[tuple[Any, str]]:
        """One state per node of many."""
        columns = pa.table(
            {
                "n": pa.array([str(node) for node, _ in texts], pa.string()),
                "state": pa.array([text for _, text in texts], pa.string()),
            }
        )
        self.connection.register("columns", columns)
        self.make("texts", "SELECT n::UUID AS node_id, state FROM columns")
        self.make("states", self.compiled.sql("decode"))
        self.make("states", self.compiled.sql("merge_states"))
        return self.connection.execute(self.compiled.sql("encode")).fetchall()

    def evaluate(self, people: list[tuple[Person, list[UUID]]], now: datetime) -> dict[UUID, dict[str, Any]]:
        """Evaluate what `merged` left, for people and their nodes."""

        self.at(now, people[0][0].thresholds)
        given = given_table(
            self.compiled, {person.profile.bytes: (person.zone, self.given(person)) for person, _ in people}
        )
        self.take("given", given)
        self.take("zones", zones_of(self.compiled, given, us(now)))
        placed = [f"('{person.profile}'::UUID, '{node}'::UUID)" for person, nodes in people for node in nodes]
        self.make("placed", f"SELECT * FROM (VALUES {', '.join(placed)}) pair(profile_id, node_id)")
        self.make("kept", "FROM states")
        self.make("states", "FROM placed LEFT JOIN kept USING (node_id)")
        rows = self.connection.execute(self.compiled.sql("evaluate")).to_arrow_table().to_pylist()
        self.make("states", "FROM kept")
        return {UUID(row["profile_id"]): row for row in rows}

    def given(self, person: Person) -> dict[Given, object]:
        """What is given of a person, in the types of the definitions."""
        found = told_values(self.compiled.givens, person.told)
        for given in self.compiled.givens:
            if given.kind is GivenKind.CONSENT and given.name in person.consents:
                found[given] = person.consents[given.name]
            if given.kind is GivenKind.LIST and given.name in person.lists:
                found[given] = True
        assert all(given.type is ValueType.TEXT for given in found if given.kind is GivenKind.CONSENT)
        return found
