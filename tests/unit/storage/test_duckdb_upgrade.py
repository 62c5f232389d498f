"""A warehouse of an older Weft goes on with its facts, and who is who is worked out again by the rules in force."""

from pathlib import Path

import pytest
from tests.unit.workers.engine import Engine, event

from weft.errors import Misconfigured
from weft.storage.duckdb_warehouse import Warehouse, write_meta

VERSION_1 = (
    "CREATE TABLE older AS SELECT link_key, left_node, right_node, kind, 1.0::DOUBLE AS confidence, message_id,"
    " first_at, position FROM link",
    "DROP TABLE link",
    "ALTER TABLE older RENAME TO link",
    "CREATE TABLE older AS SELECT profile_id, link_key FROM contested",
    "DROP TABLE contested",
    "ALTER TABLE older RENAME TO contested",
    "CREATE TABLE shared_node (node_id UUID)",
    "DROP TABLE evidence",
    "DROP TABLE generic",
    "DROP TABLE review",
    "DELETE FROM meta WHERE key = 'identity_rules'",
)


@pytest.fixture
def engine(tmp_path: Path):
    made = Engine(tmp_path / "e")
    yield made
    made.close()


def test_version_1_becomes_the_present_one(engine: Engine) -> None:
    rows = [
        event(number, f"user_id:{number}", f"email:{number // 2}@x", f"phone:{number // 3}")
        for number in range(12)
    ]
    engine.take(*rows)
    cursor = engine.warehouse.cursor()
    before = engine.hash(), cursor.execute("SELECT * FROM link ORDER BY ALL").fetchall()
    for statement in VERSION_1:
        cursor.execute(statement)
    write_meta(cursor, "schema_version", "1")
    engine.reopen()
    cursor = engine.warehouse.cursor()
    assert (engine.hash(), cursor.execute("SELECT * FROM link ORDER BY ALL").fetchall()) == before
    engine.take(event(100, "user_id:1", "email:new@x"))
    assert engine.who("email:new@x").profile_id == engine.who("user_id:1").profile_id


@pytest.mark.parametrize("version", ["0", "999", "x"])
def test_another_version_is_told(engine: Engine, version: str) -> None:
    write_meta(engine.warehouse.cursor(), "schema_version", version)
    engine.warehouse.close()
    with pytest.raises(Misconfigured, match="has schema"):
        Warehouse(engine.folder / "warehouse.duckdb", 200)
