"""What definitions would do to audiences, held against doing it."""

from pathlib import Path
from typing import Any

import pytest
from tests.unit.workers.engine import Engine, event

from weft.definitions import Definition
from weft.errors import Rejected
from weft.storage.database import transaction
from weft.storage.database_batches import BatchRun, write_run
from weft.storage.definitions_read import define_workspace
from weft.storage.duckdb_foresee_definitions import DefinitionsForeseen, DefinitionsPreview
from weft.storage.sql.run import Limits

BUYERS = {"name": "buyers", "who": {"did": "Order Completed", "at_least": 2, "within": "30d"}}


@pytest.fixture
def engine(tmp_path: Path):
    engine = Engine(tmp_path / "first", [], [BUYERS])
    orders = [
        event(10 * who + each, f"user_id:{who}", name="Order Completed", total=who, colour="red")
        for who in range(1, 6)
        for each in range(who)
    ]
    engine.take(*orders)
    yield engine
    engine.close()


def foresee(
    engine: Engine, *bodies: dict[str, Any], most: int = 10, seconds: int = 60
) -> DefinitionsForeseen:
    kinds = {True: "audiences", False: "traits"}
    written = [Definition(kinds["who" in body], body["name"], body, "x") for body in bodies]
    preview = DefinitionsPreview(engine.warehouse, engine.database, lambda: engine.now, Limits(500, seconds))
    shares: list[float] = []
    found = preview.foresee(define_workspace(written), most, shares.append)
    assert shares[-1] == 1.0
    return found


def test_a_changed_rule_says_who_enters_and_leaves(engine: Engine) -> None:
    few = {"name": "buyers", "who": {"did": "Order Completed", "at_least": 1, "at_most": 3}}
    (moving,) = foresee(engine, few).audiences
    assert (moving.before, moving.after, moving.entering, moving.leaving) == (4, 3, 1, 2)
    assert moving.enters == [engine.who("user_id:1").profile_id.bytes]
    assert sorted(moving.leaves) == sorted(engine.who(f"user_id:{who}").profile_id.bytes for who in (4, 5))


def test_the_sql_of_a_trait_is_run_to_see_whom_it_moves(engine: Engine) -> None:
    sql = "SELECT profile_id, count(*) AS value FROM events GROUP BY profile_id"
    bought = {"name": "bought", "sql": sql, "as": "number"}
    found = foresee(engine, bought, {"name": "often", "who": {"trait": "bought", "at_least": 4}})
    assert (found.values, found.audiences[0].entering) == ({"bought": 5}, 2)
    with pytest.raises(
        Rejected, match="traits/bought: its SQL has no result: it gives 4 profiles more than one"
    ):
        foresee(engine, bought | {"sql": "SELECT profile_id, 1 AS value FROM events"})


def test_the_sql_of_all_traits_together_has_the_time_of_one(engine: Engine) -> None:
    endless = "SELECT profile_id, count(*) AS value FROM events, range(1000000000) GROUP BY profile_id"
    traits = [{"name": name, "sql": endless, "as": "number"} for name in ("first", "second")]
    with pytest.raises(Rejected, match="traits/first: its SQL has no result: it took more than 1 s"):
        foresee(engine, *traits, seconds=1)
    with pytest.raises(Rejected, match="the SQL traits before it took 0 s; change fewer at once"):
        foresee(engine, *traits, seconds=0)


def test_sql_that_is_as_it_was_is_not_run_again_and_keeps_no_plan_back_where_it_failed(
    engine: Engine,
) -> None:
    bad = {"name": "bad", "sql": "SELECT profile_id, 1 AS value FROM events", "as": "number"}
    (trait,) = define_workspace([Definition("traits", "bad", bad, "x")]).traits
    with transaction(engine.database) as connection:
        write_run(connection, "bad", BatchRun(trait.version, 0, "it took more than 60 s"))
    found = foresee(engine, bad, {"name": "seen", "kind": "count", "event": "Order Completed"})
    assert found.values == {"seen": 5}


def test_it_reads_properties_that_no_definition_reads_yet_and_changes_nothing(engine: Engine) -> None:
    columns = engine.warehouse.columns("event")
    statements = sorted((engine.folder / "statements").iterdir())
    kept = [each.read_bytes() for each in statements]
    spent = {"name": "spent", "kind": "sum", "event": "Order Completed", "property": "total"}
    red = {"property": "colour", "is": "red"}
    rich = {
        "name": "rich",
        "who": {"all": [{"trait": "spent", "at_least": 9}, {"did": "Order Completed", "where": [red]}]},
    }
    found = foresee(engine, spent, rich, most=1)
    (moving,) = found.audiences
    assert (found.people, found.values) == (5, {"spent": 5})
    assert (moving.before, moving.after, moving.entering, len(moving.enters)) == (0, 3, 3, 1)
    assert engine.warehouse.columns("event") == columns
    assert [each.read_bytes() for each in statements] == kept
    assert engine.memberships.sizes() == {"buyers": 4}


def test_what_it_says_is_what_then_happens(engine: Engine, tmp_path: Path) -> None:
    few = {"name": "buyers", "who": {"did": "Order Completed", "at_most": 2}}
    (moving,) = foresee(engine, few).audiences
    second = Engine(tmp_path / "second", [], [few])
    second.close()
    engine.compiled = second.compiled
    told = len(engine.said())
    engine.reopen()
    engine.rebuilder.run(everybody=True)
    said = engine.said()[told:]
    assert said.count(("entered", "buyers")) == moving.entering == 1
    assert said.count(("exited", "buyers")) == moving.leaving == 3
    assert engine.memberships.sizes() == {"buyers": moving.after}
