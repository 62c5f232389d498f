from typing import Any
from uuid import UUID

import duckdb
import pyarrow as pa
import pytest
from jsonschema import Draft202012Validator

from weft.definitions import Definition
from weft.errors import Misconfigured
from weft.storage.arrow_frame import given_table
from weft.storage.defined import sources_of
from weft.storage.definitions_read import define_workspace, schema_text, schemas, validate
from weft.storage.ibis_compiled import Compiled, compile_definitions, compiled_of

TRAITS: list[dict[str, Any]] = [
    {"name": "orders", "kind": "count", "event": "Order Completed"},
    {"name": "recent", "kind": "count", "event": "Order Completed", "window": "7d"},
    {"name": "revenue", "kind": "sum", "event": "Order Completed", "property": "total"},
    {
        "name": "spent",
        "kind": "sum",
        "event": "Order Completed",
        "multiply": ["price", "quantity"],
        "window": "30d",
    },
    {"name": "seen", "kind": "last", "type": "page", "property": "at", "as": "time"},
    {"name": "pages", "kind": "distinct_count", "type": "page", "property": "path", "window": "1h"},
    {"name": "skus", "kind": "distinct_count", "record": "order", "property": "sku"},
]
AUDIENCES: list[dict[str, Any]] = [
    {"name": "buyers", "who": {"trait": "orders", "at_least": 1}},
    {
        "name": "korean",
        "who": {"any": [{"trait": "country", "is": "KR"}, {"did": "Order Completed", "within": "7d"}]},
    },
    {"name": "rich", "who": {"not": {"trait": "revenue", "less_than": 100.5}}},
]
DEFINITIONS = [
    *(Definition("traits", body["name"], body, "traits.yaml") for body in TRAITS),
    *(Definition("audiences", body["name"], body, "audiences.yaml") for body in AUDIENCES),
]
NODE = UUID(int=1)


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    return compiled_of(define_workspace(DEFINITIONS))


def test_equal_measures_are_computed_once(compiled: Compiled) -> None:
    assert len(compiled.measures) == len(TRAITS)  # `did … within 7d` is the trait `recent`
    assert len(compiled.state_schema) == len(compiled.measures) + 1
    assert [(source.type, source.name) for source in sources_of(compiled.measures)] == [
        ("page", None), ("record", "order"), ("track", "Order Completed"),
    ]  # fmt: skip


def test_the_hash_follows_what_decides_and_nothing_else(compiled: Compiled) -> None:
    assert define_workspace(DEFINITIONS[::-1]).hash == compiled.hash
    assert define_workspace(DEFINITIONS[:-1]).hash != compiled.hash
    assert set(compiled.versions) == {f"{definition.kind}/{definition.name}" for definition in DEFINITIONS}


@pytest.mark.parametrize("name", ["state_from_facts", "merge_states", "evaluate"])
def test_the_same_expressions_compile_for_spark(compiled: Compiled, name: str) -> None:
    sql = compiled.sql(name, "pyspark").lower()
    assert sql.startswith("select")
    assert not any(call in sql for call in ("epoch_us(", "make_timestamp(", "list_distinct(", "list_filter("))
    assert ("unix_micros(" in sql) is (name == "state_from_facts")


def decoded(compiled: Compiled, text: str) -> dict[str, Any]:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE texts AS SELECT ?::UUID AS node_id, ? AS state", [NODE, text])
    connection.execute(f"CREATE TABLE states AS {compiled.sql('decode')}")
    again = connection.execute(compiled.sql("encode")).fetchone()
    assert again is not None
    row = connection.execute("FROM states").to_arrow_table().to_pylist()[0]
    return {name: value for name, value in row.items() if value is not None} | {"text": again[1]}


def column(compiled: Compiled, trait: str) -> str:
    key = next(item.value.key for item in compiled.traits if item.name == trait)
    return next(name for name in compiled.state_schema.names if key in name)


def test_the_state_text_is_exact_and_leaves_out_what_is_not_there(compiled: Compiled) -> None:
    largest = "999999999999999999999999999999.12345678"
    texts = [
        "{}",
        f'{{"{column(compiled, "orders")}":9007199254740993}}',
        *(f'{{"{column(compiled, "revenue")}":"{sum_}"}}' for sum_ in ("0.10000000", largest, "-" + largest)),
        f'{{"{column(compiled, "seen")}":{{"at":-62135596800000000,"key":"{NODE}","v":253402300799999999}}}}',
        f'{{"{column(compiled, "spent")}":[{{"at":1,"v":0.1,"w":1e22}},{{"at":2,"v":-3.0,"w":5e-324}}]}}',
        f'{{"{column(compiled, "pages")}":[{{"at":1,"v":"\\"ñ\\\\\\n"}}]}}',
        f'{{"{column(compiled, "skus")}":["a","b,]\\""]}}',
    ]
    for text in texts:
        assert decoded(compiled, text)["text"] == text


def test_state_of_other_definitions_does_no_harm(compiled: Compiled) -> None:
    name = column(compiled, "orders")
    found = decoded(compiled, f'{{"m_gone_n": 5, "{name}": 2, "m_gone_r": [{{"at": 1}}]}}')
    assert {key: value for key, value in found.items() if key != "text"} == {"node_id": str(NODE), name: 2}


def test_nothing_defined_is_fine() -> None:
    nothing = compile_definitions((), ())
    connection = duckdb.connect()
    connection.execute("CREATE TABLE clock AS SELECT epoch_us(TIMESTAMP '2026-01-01') AS now_us")
    connection.execute(
        "CREATE TABLE states AS SELECT ?::UUID AS profile_id, ?::UUID AS node_id", [NODE, NODE]
    )
    rows = connection.execute(nothing.sql("evaluate")).to_arrow_table()
    assert rows.to_pylist() == [{"profile_id": str(NODE), "due_at": None}]
    assert list(nothing.outcomes(rows)) == [({}, ())]


def test_outcomes_are_the_rows_in_json(compiled: Compiled) -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE clock AS SELECT epoch_us(TIMESTAMP '2026-01-01') AS now_us")
    profile, other = UUID(int=7), UUID(int=8)
    connection.execute("CREATE TABLE texts AS SELECT ?::UUID AS node_id, ? AS state", [NODE, (
        f'{{"{column(compiled, "orders")}":3,"{column(compiled, "revenue")}":"60.07000000",'
        f'"{column(compiled, "seen")}":{{"at":1,"key":"{NODE}","v":1767225600000000}}}}'
    )])  # fmt: skip
    connection.execute(f"CREATE TABLE one AS {compiled.sql('decode')}")
    connection.execute(
        "CREATE TABLE states AS SELECT ?::UUID AS profile_id, * FROM one "
        "UNION ALL BY NAME SELECT ?::UUID AS profile_id",
        [profile, other],
    )
    country = next(iter(compiled.givens))
    given = given_table(compiled, {profile.bytes: ("UTC", {country: "KR"}), other.bytes: ("UTC", {})})
    connection.register("given_rows", given)
    connection.execute("CREATE TABLE given AS FROM given_rows")
    rows: pa.Table = connection.execute(compiled.sql("evaluate")).to_arrow_table().sort_by("profile_id")
    outcomes = list(compiled.outcomes(rows))
    zeros = {"pages": 0, "recent": 0, "skus": 0, "spent": 0}
    full = zeros | {"orders": 3, "revenue": 60.07, "seen": "2026-01-01T00:00:00.000Z"}
    assert outcomes == [(full, ("buyers", "korean")), (zeros | {"orders": 0, "revenue": 0}, ())]
    assert type(outcomes[0][0]["orders"]) is int


def test_every_error_is_told_at_once() -> None:
    bad = [
        Definition("traits", "t", {"name": "t", "kind": "sum", "event": "X"}, "t.yaml"),
        Definition("audiences", "a", {"name": "a", "who": {"did": 3}}, "a.yaml"),
    ]
    with pytest.raises(Misconfigured, match=r"(?s)t\.yaml: t: .*\na\.yaml: a: ") as caught:
        define_workspace(bad)
    assert caught.value.code == "bad_definition"


def test_an_event_that_was_never_seen_is_a_warning() -> None:
    problems = validate(DEFINITIONS, {"Order Complete", "Signed Up"})
    assert not any(problem.is_error for problem in problems)
    assert {problem.name for problem in problems} == {
        "orders",
        "recent",
        "revenue",
        "spent",
        "buyers",
        "korean",
        "rich",
    }
    assert all("did you mean `Order Complete`?" in problem.message for problem in problems)
    assert not validate(DEFINITIONS, {"Order Completed"})
    assert not validate(DEFINITIONS, ())


def test_the_published_schemas_are_those_of_the_code_and_accept_what_the_code_does(
    request: pytest.FixtureRequest,
) -> None:
    folder = request.config.rootpath / "docs" / "reference"
    for name, schema in schemas().items():
        assert (folder / name).read_text("utf-8") == schema_text(schema), f"write {name} again"
        Draft202012Validator.check_schema(schema)
    trait, audience, rules, survivorship = (
        Draft202012Validator(schemas()[f"{name}.schema.json"])
        for name in ("trait", "audience", "identity", "survivorship")
    )
    assert all(trait.is_valid(body) for body in TRAITS)
    assert trait.is_valid(TRAITS)
    assert all(audience.is_valid(body) for body in AUDIENCES)
    assert rules.is_valid({"name": "rules", "namespaces": {"email": {"half_life_days": 30}}})
    assert not rules.is_valid({"name": "rules", "namespaces": {"email": {"half_life": 30}}})
    assert not trait.is_valid({"name": "a", "kind": "cuont", "event": "X"})
    assert not audience.is_valid({"name": "a", "who": {"did": "X", "wihtin": "7d"}})
    rule = {"name": "phone", "strategy": "rule", "where": [{"candidate": "value", "starts_with": "+"}]}
    assert survivorship.is_valid([rule, {"name": "default", "from": {"contact": {"name": "full_name"}}}])
    assert not survivorship.is_valid(rule | {"where": [{"candidate": "age", "is": 1}]})
    assert not survivorship.is_valid({"name": "phone", "stratgy": "longest"})
