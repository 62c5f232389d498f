"""Random definitions over random facts, cut into random batches, against the slow and obvious computation."""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import duckdb
import ibis
import pyarrow as pa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.oracle.naive_definitions import Fact, Naive

from weft.audience.definition import read_audiences
from weft.definitions import Definition
from weft.profile.definition import read_traits
from weft.storage.ibis_compiled import Compiled, compile_definitions
from weft.storage.ibis_property import extract_all
from weft.storage.ibis_statement import select

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456)
PROFILES = {
    UUID(int=100): [UUID(int=1), UUID(int=2)],
    UUID(int=101): [UUID(int=3)],
    UUID(int=102): [UUID(int=4)],
}
WINDOWS = ["90s", "1h", "7d", "30d"]
EVENTS = ["Order Completed", "Product Viewed"]
PATHS = ["total", "quantity", "$current_url", "a/b", "c~d", "item.sku", "items.0.price", "paid", "when"]
VALUES = st.sampled_from(
    [0, 1, 2, -3, 2.5, 19.99, 0.1, -3.1415, 1000000.01, 123456789012.3456, True, False, None, "12.5", "abc", "ab\"'ñ",
     "true", "", "2026-01-05T00:00:00Z", "2026-02-01T09:30:00.25+09:00", "2025-12-31", {"x": 1}, [1, "z"]]
)  # fmt: skip
NUMBERS = st.sampled_from([0, 1, 2, 2.5, 19.99, -3.1415, 39.98])
TIMES = st.sampled_from(["2026-01-05", "2026-02-01T00:30:00.250+00:00", "2025-06-01T00:00:00Z"])
TEXTS = st.sampled_from(["abc", "a", "", "12.5", "ñ", "true", "2.5", "'"])


@st.composite
def comparisons(draw: st.DrawFn, kind: str | None = None) -> dict[str, Any]:
    kind = kind or draw(st.sampled_from(["number", "text", "time", "boolean", "exists"]))
    if kind == "exists":
        return {"exists": draw(st.booleans())}
    if kind == "boolean":
        return {draw(st.sampled_from(["is", "is_not"])): draw(st.booleans())}
    if kind == "text":
        operator = draw(st.sampled_from(["is", "is_not", "contains", "starts_with", "one_of"]))
        operand = draw(st.lists(TEXTS, min_size=1, max_size=3)) if operator == "one_of" else draw(TEXTS)
        return {operator: operand}
    pool = NUMBERS if kind == "number" else TIMES
    operator = draw(
        st.sampled_from(["more_than", "at_least", "less_than", "at_most", "between", "is", "is_not"])
    )
    typed = {"as": "time"} if kind == "time" and operator in ("is", "is_not") else {}
    if operator == "between":
        bounds = sorted([draw(pool), draw(pool)])
        return {"between": bounds}
    return {operator: draw(pool)} | typed


@st.composite
def sources(draw: st.DrawFn) -> dict[str, Any]:
    return draw(
        st.one_of(
            st.sampled_from(EVENTS).map(lambda name: {"event": name}),
            st.sampled_from(["page", "identify", "track"]).map(lambda kind: {"type": kind}),
            st.just({"record": "order"}),
        )
    )


@st.composite
def wheres(draw: st.DrawFn) -> dict[str, Any]:
    conditions = draw(st.lists(st.tuples(st.sampled_from(PATHS), comparisons()), max_size=2))
    return (
        {"where": [{"property": path} | comparison for path, comparison in conditions]} if conditions else {}
    )


@st.composite
def traits(draw: st.DrawFn, name: str) -> dict[str, Any]:
    kind = draw(st.sampled_from(["count", "sum", "first", "last", "distinct_count"]))
    body = {"name": name, "kind": kind} | draw(sources()) | draw(wheres())
    if kind == "sum" and draw(st.booleans()):
        body["multiply"] = draw(
            st.lists(st.sampled_from([*PATHS[:2], "items.0.price"]), min_size=2, max_size=2)
        )
    elif kind != "count":
        body["property"] = draw(st.sampled_from(PATHS))
    if kind in ("first", "last", "distinct_count"):
        body["as"] = draw(st.sampled_from(["number", "text", "boolean", "time"]))
    if draw(st.booleans()):
        body["window"] = draw(st.sampled_from(WINDOWS))
    return body


def rules(known: list[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    @st.composite
    def did(draw: st.DrawFn) -> dict[str, Any]:
        source = draw(sources())
        rule: dict[str, Any] = {"did": source.get("event", source)} | draw(wheres())
        if draw(st.booleans()):
            rule["within"] = draw(st.sampled_from(WINDOWS))
        if draw(st.booleans()):
            rule["at_least"] = draw(st.integers(0, 3))
        if draw(st.booleans()):
            rule["at_most"] = rule.get("at_least", 1) + draw(st.integers(0, 2))
        return rule

    @st.composite
    def trait(draw: st.DrawFn) -> dict[str, Any]:
        body = draw(st.sampled_from([*known, {"name": "item.sku"}, {"name": "paid"}, {"name": "when"}]))
        if "kind" not in body:
            return {"trait": body["name"]} | draw(comparisons())
        kind = body["as"] if body["kind"] in ("first", "last") else "number"
        condition = draw(comparisons(draw(st.sampled_from([kind, kind, "exists"]))))
        condition.pop("as", None)
        return {"trait": body["name"]} | condition

    return st.recursive(
        did() | trait(),
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map(lambda items: {"all": items}),
            st.lists(inner, min_size=1, max_size=3).map(lambda items: {"any": items}),
            inner.map(lambda item: {"not": item}),
        ),
        max_leaves=5,
    )


@st.composite
def moments(draw: st.DrawFn) -> datetime:
    """Times at the very edges of the windows, and elsewhere."""
    microseconds = timedelta(microseconds=draw(st.sampled_from([-1, 0, 1])))
    length = draw(st.sampled_from([0, 90, 3600, 7 * 86400, 30 * 86400, -30, 45, 400 * 86400]))
    return NOW - timedelta(seconds=length) + microseconds


@st.composite
def facts(draw: st.DrawFn) -> list[Fact]:
    found: list[Fact] = []
    for ordinal in range(draw(st.integers(0, 25))):
        named = [*(("track", event) for event in EVENTS), ("record", "order")]
        kind, name = draw(st.sampled_from([*named, ("page", "Home"), ("identify", "")]))
        properties = {
            path: draw(VALUES)
            for path in draw(st.sets(st.sampled_from(PATHS), max_size=4))
            if "." not in path
        }
        properties |= draw(
            st.sampled_from([{}, {"item": {"sku": "abc"}}, {"items": [{"price": 19.99}]}, {"item": "no"}])
        )
        key = UUID(int=draw(st.integers(0, 2**127)) * 1000 + ordinal & 2**128 - 1)
        node = UUID(int=draw(st.integers(1, 3)))
        found.append(Fact(key, node, kind, name, draw(moments()), properties))
    return found


def compiled_from(trait_bodies: list[dict[str, Any]], audience_bodies: list[dict[str, Any]]) -> Compiled:
    read, problems = read_traits(Definition("traits", body["name"], body, "t.yaml") for body in trait_bodies)
    assert not problems
    audiences, problems = read_audiences(
        (Definition("audiences", body["name"], body, "a.yaml") for body in audience_bodies), read
    )
    assert not [problem for problem in problems if problem.is_error]
    return compile_definitions(read, audiences)


class Engine:
    """The compiled expressions on DuckDB, as the workers run them."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self.connection = duckdb.connect()
        raw = ibis.table(
            {"message_key": "uuid", "type": "string", "name": "string", "occurred_at": "timestamp(6)",
             "node_id": "uuid", "properties": "string"}, name="raw",
        )  # fmt: skip
        self.fill = select(raw.mutate(**extract_all(compiled.property_columns, raw["properties"])))

    def make(self, name: str, query: str) -> None:
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} AS {query}")

    def at(self, now: datetime) -> None:
        self.connection.execute("CREATE OR REPLACE TABLE clock AS SELECT ?::TIMESTAMP AS now", [now])

    def states_of(self, batch: list[Fact]) -> list[tuple[Any, str]]:
        columns = pa.table(
            {
                "k": pa.array([str(fact.key) for fact in batch], pa.string()),
                "type": pa.array([fact.type for fact in batch], pa.string()),
                "name": pa.array([fact.name for fact in batch], pa.string()),
                "occurred_at": pa.array([fact.at for fact in batch], pa.timestamp("us")),
                "n": pa.array([str(fact.node) for fact in batch], pa.string()),
                "properties": pa.array([json.dumps(fact.properties) for fact in batch], pa.string()),
            }
        )
        self.connection.register("columns", columns)
        self.make("raw", "SELECT k::UUID AS message_key, n::UUID AS node_id, * EXCLUDE (k, n) FROM columns")
        self.make("facts", self.fill)
        self.make("states", self.compiled.sql("state_from_facts"))
        return self.connection.execute(self.compiled.sql("encode")).fetchall()

    def merged(self, texts: list[tuple[Any, str]]) -> list[tuple[Any, str]]:
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

    def evaluate(self, now: datetime) -> dict[UUID, dict[str, Any]]:
        """Evaluate what `merged` left, for every profile."""
        self.at(now)
        pairs = [
            f"('{profile}'::UUID, '{node}'::UUID)" for profile, nodes in PROFILES.items() for node in nodes
        ]
        self.make("placed", f"SELECT * FROM (VALUES {', '.join(pairs)}) pair(profile_id, node_id)")
        self.make("kept", "FROM states")
        self.make("states", "FROM placed LEFT JOIN kept USING (node_id)")
        rows = self.connection.execute(self.compiled.sql("evaluate")).to_arrow_table().to_pylist()
        self.make("states", "FROM kept")
        return {UUID(row["profile_id"]): row for row in rows}


def check(engine: Engine, naive: Naive, found: list[Fact], now: datetime) -> None:
    rows = engine.evaluate(now)
    assert set(rows) == set(PROFILES)
    for profile, nodes in PROFILES.items():
        own = [fact for fact in found if fact.node in nodes]
        values, members = naive.evaluate(own, now)
        row = rows[profile]
        assert {name: row[f"t_{name}"] for name in values} == values
        assert {name: row[f"a_{name}"] for name in members} == members
        assert row["due_at"] == naive.due(own, now)


@given(data=st.data())
@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
def test_batches_in_any_order_equal_the_obvious_computation(data: st.DataObject) -> None:
    trait_bodies = [data.draw(traits(f"trait_{ordinal}")) for ordinal in range(data.draw(st.integers(0, 4)))]
    audience_bodies = [
        {"name": f"audience_{ordinal}", "who": data.draw(rules(trait_bodies))}
        for ordinal in range(data.draw(st.integers(0, 3)))
    ]
    found = data.draw(facts())
    batches = data.draw(st.integers(1, 4))
    random = Random(data.draw(st.integers(0, 9)))
    engine = Engine(compiled_from(trait_bodies, audience_bodies))
    naive = Naive(trait_bodies, audience_bodies)
    engine.at(NOW)
    whole = dict(engine.states_of(found))
    parts = [found[start::batches] for start in range(batches)]
    texts = [state for part in parts for state in engine.states_of(part)]
    random.shuffle(texts)
    middle = random.randint(0, len(texts))
    texts = engine.merged(texts[:middle]) + texts[middle:]
    assert dict(engine.merged(texts)) == whole
    check(engine, naive, found, NOW)
    due = min((moment for row in engine.evaluate(NOW).values() if (moment := row["due_at"])), default=None)
    if due is not None:
        check(engine, naive, found, due - timedelta(microseconds=1))
        check(engine, naive, found, due)


def test_a_count_changes_at_its_due_moment_and_not_before() -> None:
    bodies = [{"name": "recent", "kind": "count", "event": "Order Completed", "window": "7d"}]
    engine = Engine(compiled_from(bodies, []))
    engine.at(NOW)
    at = NOW - timedelta(days=3)
    ahead = NOW + timedelta(days=1)
    batch = [Fact(UUID(int=9), UUID(int=1), "track", "Order Completed", time, {}) for time in (at, ahead)]
    engine.merged(engine.states_of(batch))
    seen: list[tuple[datetime, int]] = []
    now: datetime | None = NOW
    while now is not None:
        row = engine.evaluate(now)[UUID(int=100)]
        before = engine.evaluate(now - timedelta(microseconds=1))[UUID(int=100)]
        seen.append((now, row["t_recent"]))
        if now != NOW:
            assert before["t_recent"] == seen[-2][1] != row["t_recent"]
        now = row["due_at"]
    week = timedelta(days=7)
    assert seen == [(NOW, 1), (ahead, 2), (at + week, 1), (ahead + week, 0)]


def test_a_million_cents_add_up_exactly() -> None:
    bodies = [{"name": "revenue", "kind": "sum", "record": "order", "multiply": ["quantity", "unit_price"]}]
    engine = Engine(compiled_from(bodies, []))
    engine.at(NOW)
    random = Random(7)
    lines = [
        (random.randint(-80_995, 80_995), round(random.uniform(0, 13_541.33), random.randint(0, 4)))
        for _ in range(5_000)
    ]
    batch = [
        Fact(
            UUID(int=ordinal),
            UUID(int=1),
            "record",
            "order",
            NOW,
            {"quantity": quantity, "unit_price": price},
        )
        for ordinal, (quantity, price) in enumerate(lines)
    ]
    engine.merged(engine.states_of(batch[:1_234]) + engine.states_of(batch[1_234:]))
    exact = sum(Decimal(quantity) * Decimal(repr(price)) for quantity, price in lines)
    assert engine.evaluate(NOW)[UUID(int=100)]["t_revenue"] == exact
