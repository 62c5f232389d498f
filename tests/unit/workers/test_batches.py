from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.workers.engine import KEY, NOW, Engine, event

from weft.storage.database_batches import BatchRun, read_runs
from weft.storage.sql.run import Limits
from weft.workers.batches import Batches
from weft.workers.explaining import Explaining

CITIES = """
SELECT profile_id, count(DISTINCT properties ->> 'city') AS value FROM events
WHERE name = 'Order Completed' GROUP BY profile_id
"""
TRAITS: list[dict[str, Any]] = [
    {"name": "cities", "sql": CITIES, "as": "number", "every": "1d"},
    {"name": "twice", "formula": "cities * 2"},
]
AUDIENCES: list[dict[str, Any]] = [{"name": "travellers", "who": {"trait": "cities", "at_least": 2}}]
LIMITS = Limits(500, 60)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = Engine(tmp_path / "e", TRAITS, AUDIENCES)
    yield made
    made.close()


def batches(engine: Engine) -> Batches:
    return Batches(engine.database, engine.warehouse, engine.compiled, LIMITS, lambda: engine.now)


def buy(engine: Engine, *identifiers: str, city: str) -> None:
    engine.take(event(engine.position + 1, *identifiers, name="Order Completed", city=city))


def last_run(engine: Engine, trait: str = "cities") -> BatchRun:
    with engine.database.connect() as connection:
        return read_runs(connection)[trait]


def run(engine: Engine) -> None:
    assert batches(engine).step() == 1
    engine.projector.step()


def test_a_result_is_a_value_and_moves_members(engine: Engine):
    assert batches(engine).step() == 0  # there is nobody yet
    for city in ("Seoul", "Busan", "Busan"):
        buy(engine, "user_id:1", city=city)
    buy(engine, "user_id:2", city="Seoul")
    engine.take(event(engine.position + 1, "user_id:3"))
    run(engine)
    assert engine.who("user_id:1").traits == {"cities": 2, "twice": 4}
    assert list(engine.who("user_id:1").audiences) == ["travellers"]
    assert (engine.who("user_id:2").traits, engine.who("user_id:3").traits) == ({"cities": 1, "twice": 2}, {})
    assert (last_run(engine).profiles, last_run(engine).people, last_run(engine).unknown) == (2, 3, 0)
    explaining = Explaining(engine.database, engine.warehouse, engine.compiled, KEY)
    rule = engine.compiled.audiences[0].who
    told = explaining.explain(engine.who("user_id:1"), rule, int(NOW.timestamp() * 1e6) + 10**12, past=False)
    assert (told.member, told.clauses[0].value) == (True, 2)
    before = engine.hash()
    engine.rebuilder.run(everybody=True)
    assert engine.hash() == before


def test_it_is_run_again_when_it_is_old_or_people_are_many_more(engine: Engine):
    buy(engine, "user_id:1", city="Seoul")
    run(engine)
    buy(engine, "user_id:1", city="Busan")
    assert batches(engine).step() == 0
    assert engine.who("user_id:1").traits["cities"] == 1  # as of the last run
    engine.now += timedelta(days=1)
    run(engine)
    assert list(engine.who("user_id:1").audiences) == ["travellers"]
    buy(engine, "user_id:2", city="Seoul")  # half of all are new
    run(engine)
    assert engine.who("user_id:2").traits["cities"] == 1


def test_after_a_merge_and_a_split_the_value_of_the_id_that_stays_counts_until_the_next_run(engine: Engine):
    buy(engine, "user_id:1", city="Seoul")
    for city in ("Seoul", "Busan"):
        buy(engine, "anonymous_id:2", city=city)
    run(engine)
    engine.take(event(engine.position + 1, "user_id:1", "anonymous_id:2", type="identify"))
    merged = engine.who("user_id:1")
    assert merged.profile_id == engine.who("anonymous_id:2").profile_id
    assert merged.traits["cities"] == 1  # it is the older one's id
    engine.now += timedelta(days=1)
    run(engine)
    assert engine.who("user_id:1").traits["cities"] == 2
    engine.say("apart", ["user_id:1"], ["anonymous_id:2"])
    assert engine.who("user_id:1").profile_id != engine.who("anonymous_id:2").profile_id
    assert engine.who("user_id:1").traits["cities"] == 2  # what was computed for this id
    assert "cities" not in engine.who("anonymous_id:2").traits
    before = engine.hash()
    engine.rebuilder.run(everybody=True)
    assert engine.hash() == before
    engine.now += timedelta(days=1)
    run(engine)
    assert [engine.who(each).traits["cities"] for each in ("user_id:1", "anonymous_id:2")] == [1, 2]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT profile_id, 1 AS value FROM events", "it gives 1 profiles more than one value"),
        ("SELECT profile_id, 1 // (events - events) + (events || 'x')::INT AS value FROM profiles", "Conversion Error"),
    ],
)  # fmt: skip
def test_a_run_that_fails_is_told_and_the_others_go_on(tmp_path: Path, sql: str, said: str):
    bad = {"name": "a_bad", "sql": sql, "as": "number"}
    engine = Engine(tmp_path / "e", [bad, *TRAITS], AUDIENCES)
    for city in ("Seoul", "Busan"):
        buy(engine, "user_id:1", city=city)
    worker = batches(engine)
    assert [worker.step() for _ in range(3)] == [1, 1, 0]
    engine.projector.step()
    assert said in last_run(engine, "a_bad").fault
    assert engine.who("user_id:1").traits == {"cities": 2, "twice": 4}
    engine.now += timedelta(hours=1)
    assert [worker.step() for _ in range(2)] == [1, 0]  # it is tried again
    engine.close()


def test_a_run_for_which_there_is_no_disk_is_told_and_tried_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    buy(engine, "user_id:1", city="Seoul")
    worker = batches(engine)
    with monkeypatch.context() as broken:
        broken.setattr(engine.warehouse, "path", engine.warehouse.path.parent / "no folder" / "x")
        assert worker.step() == 1
    assert "it could not be run (FileNotFoundError)" in last_run(engine).fault
    engine.now += timedelta(hours=1)
    run(engine)
    assert (last_run(engine).fault, engine.who("user_id:1").traits["cities"]) == ("", 1)


def test_a_history_that_could_fill_the_disk_is_not_copied(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    buy(engine, "user_id:1", city="Seoul")
    worker = batches(engine)
    room = 2 * engine.warehouse.path.stat().st_size
    with monkeypatch.context() as full:
        full.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=room - 1))
        assert worker.step() == 1
    assert "make room" in last_run(engine).fault
    engine.now += timedelta(hours=1)
    run(engine)
    assert last_run(engine).fault == ""


def test_strange_rows_are_passed_over(tmp_path: Path):
    sql = """
    SELECT profile_id, events / 0 AS value FROM profiles
    UNION ALL SELECT '00000000-0000-0000-0000-000000000000'::UUID, 1
    UNION ALL SELECT NULL, 2
    """
    times = ("'infinity'::TIMESTAMP", "'-infinity'::DATE", "TIMESTAMP '10000-01-01'")
    endless: list[dict[str, Any]] = [
        {"name": f"time_{place}", "sql": f"SELECT profile_id, {time} AS value FROM profiles", "as": "time"}
        for place, time in enumerate(times)
    ]
    engine = Engine(tmp_path / "e", [{"name": "odd", "sql": sql, "as": "number"}, *endless], [])
    buy(engine, "user_id:1", city="Seoul")
    worker = batches(engine)
    assert sum(worker.step() for _ in range(5)) == 4
    engine.projector.step()
    assert engine.who("user_id:1").traits == {}  # infinite is missing
    assert (last_run(engine, "odd").profiles, last_run(engine, "odd").unknown) == (0, 2)
    engine.close()


def test_every_view_can_be_read_and_every_type_told(tmp_path: Path):
    traits: list[dict[str, Any]] = [
        {"name": "t_text", "as": "text", "sql": "SELECT profile_id, value FROM identifiers"},
        {"name": "t_list", "as": "list", "sql": "SELECT profile_id, list(record_id) AS value FROM records GROUP BY 1"},
        {"name": "t_time", "as": "time", "sql": "SELECT profile_id, last_seen_at AS value FROM profiles"},
        {"name": "t_flag", "as": "boolean", "sql": "SELECT profile_id, TRUE AS value FROM memberships"},
        {"name": "t_told", "as": "text", "sql": "SELECT * EXCLUDE (name) FROM traits WHERE name = 'country'"},
        {"name": "t_whole", "as": "number", "sql": "SELECT profile_id, length(e::VARCHAR) AS value FROM events e"},
    ]  # fmt: skip
    engine = Engine(tmp_path / "e", traits, [{"name": "korea", "who": {"trait": "country", "is": "KR"}}])
    engine.take(event(1, "user_id:1", type="identify", country="KR"))
    engine.take(event(2, "user_id:1", type="record", name="order", record_id="o1"))
    worker = batches(engine)
    assert sum(worker.step() for _ in range(7)) == 6
    engine.projector.step()
    found = engine.who("user_id:1").traits
    assert {name: found[name] for name in ("t_text", "t_list", "t_time", "t_flag", "t_told")} == {
        "t_text": "1", "t_list": ["o1"], "t_time": "2026-06-01T12:00:00.000Z", "t_flag": True, "t_told": '"KR"',
    }  # fmt: skip
    assert found["t_whole"] > 100
    assert not list(engine.folder.glob("sql-*"))
    engine.close()


def test_what_a_killed_engine_left_of_a_run_is_deleted(engine: Engine):
    left = engine.folder / "sql-left"
    left.mkdir()
    (left / "traits.parquet").write_bytes(b"of people")
    assert batches(engine).step() == 0
    assert not left.exists()


def test_a_trait_that_is_no_more_is_forgotten(engine: Engine):
    buy(engine, "user_id:1", city="Seoul")
    run(engine)
    none = engine.compiled.__class__(traits=(), audiences=())
    Batches(engine.database, engine.warehouse, none, LIMITS, lambda: engine.now).step()
    with engine.database.connect() as connection:
        assert read_runs(connection) == {}
