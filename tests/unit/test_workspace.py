import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from weft.errors import Misconfigured
from weft.workspace import (
    RunFile,
    await_run_file,
    init_workspace,
    locked,
    open_workspace,
    read_run_file,
    remove_run_file,
    write_run_file,
)


def test_init_makes_a_workspace_that_opens(tmp_path: Path) -> None:
    root = init_workspace(tmp_path / "shop")
    workspace = open_workspace(root, {}, {})
    assert workspace.settings.workspace.name == "shop"
    assert workspace.origins["workspace.name"] == "weft.toml"
    assert len(workspace.node_key) == 64
    key = root / "data" / "keys" / "node.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert {p.name for p in (root / "definitions").iterdir()} == {
        "traits",
        "audiences",
        "plans",
        "destinations",
    }


def test_init_twice_harms_nothing(tmp_path: Path) -> None:
    root = init_workspace(tmp_path)
    (root / "weft.toml").write_text('[workspace]\nname = "mine"\n')
    with pytest.raises(Misconfigured, match="weft up"):
        init_workspace(root)
    assert open_workspace(root, {}, {}).settings.workspace.name == "mine"


def test_the_key_stays_and_a_fresh_clone_gets_one(tmp_path: Path) -> None:
    root = init_workspace(tmp_path)
    first = open_workspace(root, {}, {}).node_key
    assert open_workspace(root, {}, {}).node_key == first
    (root / "data" / "keys" / "node.key").unlink()
    assert open_workspace(root, {}, {}).node_key != first


def test_a_lost_key_is_not_replaced_once_there_are_facts(tmp_path: Path) -> None:
    root = init_workspace(tmp_path)
    (root / "data" / "database.sqlite").touch()
    (root / "data" / "keys" / "node.key").write_text("short")
    with pytest.raises(Misconfigured, match="Restore it from a backup"):
        open_workspace(root, {}, {})
    (root / "data" / "keys" / "node.key").unlink()
    with pytest.raises(Misconfigured, match="Restore it from a backup"):
        open_workspace(root, {}, {})


HOLD = """
import sys, time
from pathlib import Path
from weft.workspace import locked, open_workspace
with locked(open_workspace(Path(sys.argv[1]), {}, {})):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_lock_names_its_holder_and_dies_with_it(tmp_path: Path) -> None:
    workspace = open_workspace(init_workspace(tmp_path), {}, {})
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE)
    assert holder.stdout
    try:
        assert holder.stdout.readline() == b"held\n"
        write_run_file(workspace, RunFile(holder.pid, "http://127.0.0.1:8400", "t"))
        with pytest.raises(Misconfigured) as raised, locked(workspace):
            pass
        assert str(holder.pid) in str(raised.value)
        assert "http://127.0.0.1:8400" in str(raised.value)
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
    assert read_run_file(workspace) is None
    with locked(workspace) as descriptor:
        assert os.pread(descriptor, 20, 0).decode() == str(os.getpid())


def test_an_engine_that_starts_again_is_waited_for(tmp_path: Path) -> None:
    workspace = open_workspace(init_workspace(tmp_path), {}, {})
    began = time.monotonic()
    assert await_run_file(workspace, 30.0) is None  # nobody runs it
    assert time.monotonic() - began < 10
    run = RunFile(os.getpid(), "http://127.0.0.1:8400", "t")
    with locked(workspace):
        assert await_run_file(workspace, 0.2) is None
        later = threading.Timer(0.3, write_run_file, (workspace, run))
        later.start()
        assert await_run_file(workspace, 30.0) == run
        later.join()


def test_the_run_file_is_private(tmp_path: Path) -> None:
    workspace = open_workspace(init_workspace(tmp_path), {}, {})
    assert read_run_file(workspace) is None
    run = RunFile(os.getpid(), "http://127.0.0.1:8400", "secret")
    write_run_file(workspace, run)
    write_run_file(workspace, run)
    assert read_run_file(workspace) == run
    assert stat.S_IMODE((workspace.data / "run.json").stat().st_mode) == 0o600
    remove_run_file(workspace)
    assert read_run_file(workspace) is None
