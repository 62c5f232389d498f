from pathlib import Path

from weft.storage.duckdb_warehouse import Warehouse, read_meta, write_meta


def reopened(path: Path) -> str | None:
    again = Warehouse(path, 200)
    try:
        return read_meta(again.cursor(), "position")
    finally:
        again.close()


def test_a_closed_warehouse_leaves_nothing_to_replay(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "warehouse.duckdb", 200)
    # it outlives close(), and with it DuckDB would leave the file as it is
    held = warehouse.cursor().cursor()
    write_meta(held, "position", "7")
    log = tmp_path / "warehouse.duckdb.wal"
    assert log.exists()
    warehouse.close()
    assert not log.exists()
    assert reopened(tmp_path / "warehouse.duckdb") == "7"


def test_it_closes_while_a_transaction_is_open(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "warehouse.duckdb", 200)
    cursor = warehouse.cursor()
    write_meta(cursor, "position", "7")
    cursor.execute("BEGIN")
    write_meta(cursor, "position", "8")
    warehouse.close()
    assert reopened(tmp_path / "warehouse.duckdb") == "7"
