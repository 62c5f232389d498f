"""`weft doctor`: the verdicts, and what it says on real folders, ports and files."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import msgspec
import pytest

from weft.cli.doctor import doctor, examine
from weft.model.accepted import Accepted
from weft.storage import probe
from weft.storage.database import open_database
from weft.storage.duckdb_warehouse import Warehouse
from weft.storage.sqlite_log import open_log
from weft.web import checks
from weft.web.checks import Check
from weft.workspace import RunFile, open_workspace, write_run_file

NOW = datetime(2026, 11, 21, tzinfo=UTC)
GB = checks.GB
FREE_PORTS = {"WEFT__COLLECT__PORT": "0", "WEFT__API__PORT": "0"}


@pytest.mark.parametrize(
    ("check", "verdict"),
    [
        (checks.disk(100 * GB, 200 * GB), "ok"),
        (checks.disk(9 * GB, 200 * GB), "warning"),
        (checks.disk(GB // 2, 200 * GB), "wrong"),
        (checks.port("collect", "127.0.0.1", 8401, "free"), "ok"),
        (checks.port("collect", "127.0.0.1", 8401, "ours"), "ok"),
        (checks.port("api", "127.0.0.1", 8400, "other"), "wrong"),
        (checks.port("api", "127.0.0.1", 80, "forbidden"), "wrong"),
        (checks.clock(NOW, 0.1, None), "ok"),
        (checks.clock(NOW, 0.1, NOW - timedelta(seconds=1)), "ok"),
        (checks.clock(NOW, 0.1, NOW + timedelta(hours=1)), "wrong"),
        (checks.clock(NOW, -3_600_000.0, None), "warning"),
        (checks.clock(NOW.replace(year=1970), 0.0, None), "wrong"),
        (checks.sync([4.0] * 50), "ok"),
        (checks.sync([0.001] * 50), "warning"),
        (checks.sync([30.0] * 50), "warning"),
        (checks.sync([400.0] * 50), "wrong"),
        (checks.versions("0.1.0", (3, 11, 2), {"duckdb": "1.5.6", "sqlite": "3.40.1"}), "ok"),
        (checks.versions("0.1.0", (3, 14, 0), {"duckdb": "1.5.6", "sqlite": "3.50.1"}), "wrong"),
        (checks.versions("0.1.0", (3, 11, 2), {"duckdb": "1.5.6", "sqlite": "3.31.0"}), "wrong"),
        (checks.files(65_536), "ok"),
        (checks.files(1_024), "warning"),
        (checks.files(256), "wrong"),
        (checks.memory(8 * GB, 6 * GB, 2_000), "ok"),
        (checks.memory(8 * GB, 1 * GB, 2_000), "warning"),
        (checks.memory(2 * GB, 2 * GB, 2_000), "wrong"),
        (checks.backlog(0, 5_000_000), "ok"),
        (checks.backlog(600_000, 5_000_000), "warning"),
        (checks.backlog(5_000_000, 5_000_000), "wrong"),
    ],
)
def test_verdicts(check: Check, verdict: str) -> None:
    assert check.verdict == verdict
    assert bool(check.advice) == (verdict != "ok"), "what is not well comes with what to do"


@pytest.fixture
def workspace(fresh_workspace: Path) -> Path:
    return fresh_workspace


def _by_name(found: Iterator[Check]) -> dict[str, Check]:
    return {check.name: check for check in found}


def test_a_fresh_workspace_is_well(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = _by_name(examine(workspace, FREE_PORTS))
    assert {"disk", "fsync", "versions", "clock", "memory", "workspace", "definitions"} <= found.keys()
    assert [check for check in found.values() if check.verdict == "wrong"] == []
    assert doctor(workspace, json=True) in (0, 1)
    printed = msgspec.json.decode(capsys.readouterr().out)
    assert {check["name"] for check in printed["checks"]} >= found.keys()
    assert printed["healthy"] == all(check["verdict"] != "wrong" for check in printed["checks"])


def test_it_leaves_nothing_behind(workspace: Path) -> None:
    open_database("sqlite:///database.sqlite", workspace / "data").dispose()
    open_log("sqlite:///log.sqlite", workspace / "data").close()
    before = sorted(workspace.rglob("*"))
    list(examine(workspace, FREE_PORTS))
    assert sorted(workspace.rglob("*")) == before


def test_without_a_workspace_it_looks_at_the_machine(tmp_path: Path) -> None:
    found = _by_name(examine(tmp_path / "nowhere", {}))
    assert found["workspace"].verdict == "wrong"
    assert "weft init" in found["workspace"].finding
    assert {"disk", "fsync", "versions", "memory"} <= found.keys()


def test_a_bad_setting_and_a_bad_definition_are_named(workspace: Path) -> None:
    (workspace / "definitions" / "traits" / "orders.yaml").write_text("- kind: count\n")
    definitions = _by_name(examine(workspace, FREE_PORTS))["definitions"]
    assert definitions.verdict == "wrong"
    assert "orders.yaml" in definitions.finding
    (workspace / "definitions" / "traits" / "orders.yaml").write_text("{name: orders, kind: cuont, event: A}")
    definitions = _by_name(examine(workspace, FREE_PORTS))["definitions"]
    assert definitions.verdict == "wrong"
    assert "orders" in definitions.finding
    (workspace / "definitions" / "traits" / "orders.yaml").unlink()
    hook = (
        "{name: hook, type: webhook, purpose: p, channel: c, url: 'https://example.com', secret_env: NOT_SET}"
    )
    (workspace / "definitions" / "destinations" / "hook.yaml").write_text(hook)
    definitions = _by_name(examine(workspace, FREE_PORTS))["definitions"]
    assert definitions.verdict == "wrong"
    assert "NOT_SET" in definitions.finding
    settings = _by_name(examine(workspace, {"WEFT__COLLECT__PROT": "1"}))["workspace"]
    assert settings.verdict == "wrong"
    assert "collect.port" in settings.finding


def test_a_port_of_another_program(workspace: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        number = other.getsockname()[1]
        environ = {"WEFT__COLLECT__PORT": str(number), "WEFT__API__PORT": "0"}
        taken = _by_name(examine(workspace, environ))[f"port {number}"]
        assert taken.verdict == "wrong"
        assert "WEFT__COLLECT__PORT" in taken.advice
        opened = open_workspace(workspace, {}, environ)
        write_run_file(opened, RunFile(os.getpid(), f"http://127.0.0.1:{number}", "token"))
        assert _by_name(examine(workspace, environ))[f"port {number}"].verdict == "ok"


def _accepted(received_at: datetime) -> Accepted:
    return Accepted(int(received_at.timestamp() * 1_000_000), source="web", body=b"[]", count=3)


def test_the_log_says_how_far_behind_the_engine_is(workspace: Path) -> None:
    log = open_log("sqlite:///log.sqlite", workspace / "data")
    log.append([_accepted(datetime.now(UTC))])
    log.append([_accepted(datetime.now(UTC))])
    log.mark_consumed(3)
    found = _by_name(examine(workspace, FREE_PORTS))
    assert found["backlog"].finding.startswith("3 events")
    assert (found["log"].verdict, found["clock"].verdict) == ("ok", "ok")
    log.append([_accepted(datetime.now(UTC) + timedelta(days=1))])
    log.close()
    found = _by_name(examine(workspace, FREE_PORTS))
    assert found["clock"].verdict == "wrong"
    assert "went back" in found["clock"].finding


def test_real_stores_are_read(workspace: Path) -> None:
    data = workspace / "data"
    open_database("sqlite:///database.sqlite", data).dispose()
    Warehouse(data / "warehouse.duckdb", 256).close()
    found = _by_name(examine(workspace, FREE_PORTS))
    assert (found["database"].verdict, found["warehouse"].verdict) == ("ok", "ok")
    assert "schema" in found["database"].finding
    assert "schema" in found["warehouse"].finding


@pytest.mark.parametrize("file", ["log.sqlite", "database.sqlite", "warehouse.duckdb"])
def test_a_foreign_file_is_wrong(workspace: Path, file: str) -> None:
    path = workspace / "data" / file
    path.write_bytes(b"root:x:0:0:root:/root:/bin/bash\n" * 200)
    check = _by_name(examine(workspace, FREE_PORTS))[file.partition(".")[0]]
    assert check.verdict == "wrong"
    assert "backup" in check.advice


def test_a_file_of_another_version_is_wrong(workspace: Path) -> None:
    with duckdb.connect(str(workspace / "data" / "warehouse.duckdb")) as connection:
        connection.execute("CREATE TABLE meta (key TEXT, value TEXT)")
        connection.execute("INSERT INTO meta VALUES ('schema_version', '999')")
    check = _by_name(examine(workspace, FREE_PORTS))["warehouse"]
    assert check.verdict == "wrong"
    assert "999" in check.finding


def test_a_warehouse_held_by_another_process(workspace: Path) -> None:
    path = workspace / "data" / "warehouse.duckdb"
    program = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        looked = probe.probe_duckdb(path)
        assert looked.state == "in_use"
        assert checks.store("warehouse", looked, "1", running=False).verdict == "wrong"
        assert checks.store("warehouse", looked, "1", running=True).verdict == "ok"
        holder.communicate()


def test_a_data_folder_that_cannot_be_written(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        folder = Path("/proc/self")  # nobody makes files there, not even root
    else:
        folder = tmp_path / "locked"
        folder.mkdir(mode=0o500)
    with pytest.raises(OSError):
        probe.sync_ms(folder, rounds=1)


def test_the_table_fits_a_narrow_page(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(workspace / "definitions")
    (workspace / "weft.toml").write_text("[collect]\nprot = 1\nhots = 2\n")
    assert doctor(workspace) == 1
    printed = capsys.readouterr().out
    assert max(len(line) for line in printed.splitlines()) <= 100
    assert "checks are wrong" in printed
