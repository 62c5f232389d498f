import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from weft.storage import kept_sql
from weft.storage.kept_sql import kept


class PairSql(NamedTuple):
    one: str
    two: str


MADE = PairSql("SELECT 1", "SELECT 2")
OTHER = PairSql("SELECT 3", "SELECT 4")


def never() -> PairSql:
    raise AssertionError("it is there")


def test_statements_are_made_once(tmp_path: Path) -> None:
    assert kept(tmp_path / "sql", PairSql, ["a"], lambda: MADE) == MADE
    assert kept(tmp_path / "sql", PairSql, ["a"], never) == MADE


def test_statements_about_something_else_take_their_place(tmp_path: Path) -> None:
    kept(tmp_path, PairSql, ["a"], lambda: MADE)
    assert kept(tmp_path, PairSql, ["b"], lambda: OTHER) == OTHER
    assert kept(tmp_path, PairSql, ["b"], never) == OTHER
    assert kept(tmp_path, PairSql, ["a"], lambda: MADE) == MADE
    assert [path.name for path in tmp_path.iterdir()] == ["PairSql.json"]


def test_a_damaged_file_is_made_again(tmp_path: Path) -> None:
    kept(tmp_path, PairSql, ["a"], lambda: MADE)
    path = tmp_path / "PairSql.json"
    whole = path.read_bytes()
    for damaged in (b"", whole[:-3], whole.replace(b"SELECT 1", b"SELECT 9"), b"{}\n" + whole):
        path.write_bytes(damaged)
        assert kept(tmp_path, PairSql, ["a"], lambda: OTHER) == OTHER
        assert kept(tmp_path, PairSql, ["a"], never) == OTHER


def test_a_folder_that_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    blocked = tmp_path / "sql"
    blocked.write_text("a file")
    assert kept(blocked, PairSql, ["a"], lambda: MADE) == MADE


def test_other_code_makes_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(tmp_path, PairSql, ["a"], lambda: MADE)
    monkeypatch.setattr(kept_sql, "_code", lambda: b"edited")
    assert kept(tmp_path, PairSql, ["a"], lambda: OTHER) == OTHER


def test_the_code_is_every_file_that_compiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "storage").mkdir()
    maker = tmp_path / "storage" / "maker.py"
    monkeypatch.setattr(kept_sql, "PACKAGE", tmp_path)
    maker.write_text("a")
    one = kept_sql.code_hash()
    maker.write_text("b")
    assert kept_sql.code_hash() != one


START = """
import sys
from datetime import datetime
from pathlib import Path
from weft.definitions import Definition
from weft.identity.rules import Rules
from weft.storage.definitions_read import define_workspace
from weft.storage.duckdb_evaluate import Evaluator
from weft.storage.duckdb_rebuild import RebuildStore
from weft.storage.duckdb_tick import TickStore
from weft.storage.duckdb_warehouse import Warehouse

folder = Path(sys.argv[1])
trait = {"name": "orders", "kind": "sum", "event": "Order", "property": "total"}
defined = define_workspace([Definition("traits", "orders", trait, "t")])
warehouse = Warehouse(folder / "warehouse.duckdb", 200)
warehouse.add_properties(defined.property_columns)
store = TickStore(warehouse, folder, "k", Rules(), defined.property_columns, lambda after: ())
store.recall(datetime(2026, 1, 1))
Evaluator(warehouse, defined)
RebuildStore(warehouse, defined)
print("ibis" in sys.modules or "sqlglot" in sys.modules)
"""


def test_the_second_start_needs_no_compiler(tmp_path: Path) -> None:
    def start() -> str:
        command = [sys.executable, "-c", START, str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert start() == "True"
    assert start() == "False"
    kept_files = sorted(path.name for path in (tmp_path / "statements").iterdir())
    assert kept_files == [
        "EvaluateSql.json",
        "IdentitySql.json",
        "RebuildSql.json",
        "SchemaSql.json",
        "StaySql.json",
        "TickSql.json",
    ]


def test_no_secret_is_kept(tmp_path: Path) -> None:
    key = "0123456789abcdef" * 4
    code = START.replace('"k"', f'"{key}"')
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, check=True)
    kept_text = b"".join(path.read_bytes() for path in (tmp_path / "statements").iterdir())
    assert b"node_key" in kept_text
    assert key.encode() not in kept_text
