"""`weft up` as a user meets it: starting, refusing, restarting, stopping."""

import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.acceptance.running import Running, weft

from weft.workspace import init_workspace


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = init_workspace(tmp_path / "shop")
    (root / "definitions/audiences/buyers.yaml").write_text("name: buyers\nwho: {did: Order}\n")
    return root


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(init_workspace(tmp_path_factory.mktemp("up") / "shop")) as shop:
        yield shop


def order(user: str, n: int = 1) -> dict[str, object]:
    return {"type": "track", "userId": user, "event": "Order", "messageId": f"{user}-{n}"}


def test_it_prints_what_is_needed_and_the_link_signs_in_once(shop: Running) -> None:
    assert re.fullmatch(r"[0-9a-f]{32}", shop.write_key)
    assert httpx.get(f"{shop.edge}/healthz").status_code == 200
    assert httpx.get(f"{shop.api}/healthz").status_code == 200
    with httpx.Client(follow_redirects=True) as browser:
        assert browser.get(shop.link).status_code == 200
        assert browser.get(f"{shop.api}/api/session").json()["csrf"]
    assert httpx.get(shop.link).status_code == 401


def test_a_second_up_says_who_runs_it_and_where(shop: Running) -> None:
    second = weft("up", str(shop.folder), "--port", "0", "--api-port", "0")
    assert second.returncode == 2
    assert str(shop.process.pid) in second.stderr
    assert shop.api in "".join(second.stderr.split())
    assert "Traceback" not in second.stderr
    assert shop.ask("GET", "/readyz").status_code == 200


def test_an_edge_and_an_engine_killed_hard_come_back_and_nothing_is_lost(shop: Running) -> None:
    assert shop.send(order("42", 1)).status_code == 200
    for role in ("edge", "engine"):
        before = shop.children()
        os.kill(before[role], signal.SIGKILL)
        give_up = time.monotonic() + 60
        while shop.children().get(role) in (None, before[role]):
            assert time.monotonic() < give_up
            time.sleep(0.05)
        while True:
            try:
                if shop.send(order("42", 2)).status_code == 200:
                    break
            except httpx.TransportError:
                pass
            assert time.monotonic() < give_up
            time.sleep(0.05)
    assert "process.restart" in shop.log
    while not shop.refresh():
        assert time.monotonic() < give_up
        time.sleep(0.05)
    shop.until("/api/profiles/user_id:42", lambda profile: profile["events"] == 2)


def test_interrupt_drains_and_exits_cleanly(folder: Path) -> None:
    shop = Running(folder)
    for n in range(20):
        assert shop.send(order(f"user-{n}")).status_code == 200
    assert shop.stop(signal.SIGINT) == 0
    assert not (folder / "data" / "run.json").exists()
    listed = weft("events", "tail", "-w", str(folder), "--no-follow", "--last", "100")
    assert listed.returncode == 0, listed.stderr
    with Running(folder) as again:
        again.until("/api/audiences/buyers/members", lambda page: len(page["members"]) == 20)
        assert again.write_key == shop.write_key


@pytest.mark.parametrize(("flag", "what"), [("--port", "edge"), ("--api-port", "api")])
def test_a_port_in_use_is_one_clear_message(folder: Path, flag: str, what: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        other = "--api-port" if flag == "--port" else "--port"
        failed = weft("up", str(folder), flag, str(port), other, "0")
    assert failed.returncode == 2
    assert str(port) in failed.stderr
    assert "use" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert "ready" not in failed.stdout


@pytest.mark.parametrize("store", ["warehouse.duckdb", "database.sqlite", "log.sqlite"])
def test_a_foreign_store_is_one_clear_message_and_stays_as_it_was(folder: Path, store: str) -> None:
    path = folder / "data" / store
    path.write_bytes(b"this is no database" * 500)
    failed = weft("up", str(folder), "--port", "0", "--api-port", "0")
    assert failed.returncode == 2, failed.stderr
    assert Path(store).stem in "".join(failed.stderr.split())
    assert "Traceback" not in failed.stderr
    assert path.read_bytes() == b"this is no database" * 500


def test_unknown_settings_are_told_at_once(folder: Path) -> None:
    (folder / "weft.toml").write_text("[collect]\nprot = 1\n[colect]\nx = 1\n")
    failed = weft("up", str(folder), "--set", "api.prt=1", WEFT__LOG__LEVLE="x")
    assert failed.returncode == 2
    told = " ".join(failed.stderr.split())
    for part in ("collect.prot", "colect.x", "api.prt", "WEFT__LOG__LEVLE", "collect.port"):
        assert part in told


def test_no_workspace_says_how_to_make_one(tmp_path: Path) -> None:
    failed = weft("up", str(tmp_path / "none"))
    assert failed.returncode == 2
    assert "weft init" in failed.stderr


def test_processes_end_with_a_killed_supervisor(folder: Path) -> None:
    shop = Running(folder)
    children = shop.children()
    assert set(children) == {"edge", "engine"}
    shop.process.kill()
    shop.process.wait()
    if shop.process.stdout:
        shop.process.stdout.close()
    give_up = time.monotonic() + 30
    while any(Path(f"/proc/{pid}").exists() for pid in children.values()):
        assert time.monotonic() < give_up
        time.sleep(0.05)
    with Running(folder) as again:
        assert again.ask("GET", "/readyz").status_code == 200
