"""The engine API and the commands, on a running workspace and on one that does not run."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.acceptance.running import Running, weft

from weft.workspace import init_workspace


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    root = init_workspace(tmp_path_factory.mktemp("api") / "shop")
    (root / "definitions/traits/orders.yaml").write_text("name: orders\nkind: count\nevent: Order\n")
    (root / "definitions/audiences/buyers.yaml").write_text("name: buyers\nwho: {did: Order}\n")
    (root / "definitions/audiences/guests.yaml").write_text("name: guests\nwho: {list: invited}\n")
    with Running(root) as shop:
        shop.send(
            {"type": "identify", "userId": "42", "traits": {"email": "kim@example.com", "name": "Kim"}},
            {"type": "track", "userId": "42", "event": "Order", "properties": {"revenue": 10}},
            {"type": "track", "event": "Nobody"},
        )
        shop.until("/api/profiles/user_id:42", lambda profile: profile["audiences"])
        yield shop


def command(shop: Running, *arguments: str) -> str:
    done = weft(*arguments, "-w", str(shop.folder))
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_commands_speak_to_the_running_engine(shop: Running) -> None:
    assert "buyers" in command(shop, "audience", "list")
    members = json.loads(command(shop, "audience", "members", "buyers", "--json"))
    assert len(members) == 1
    shown = json.loads(command(shop, "profile", "show", "email:KIM@example.com", "--json"))
    assert shown["traits"]["orders"] == 1
    assert shown["id"] == members[0]["profile_id"]
    assert [event["type"] for event in shown["timeline"]] == ["track", "identify"]
    assert "no_identifier" in command(shop, "quarantine", "list")
    tailed = command(shop, "events", "tail", "--no-follow", "--json").splitlines()
    assert [json.loads(line)["name"] for line in tailed] == ["", "Order"]


def test_who_is_on_an_uploaded_list_is_in_its_audience_and_leaves_with_the_next(
    shop: Running, tmp_path: Path
) -> None:
    guests = tmp_path / "guests.csv"
    guests.write_text("name,e-mail\nKim,KIM@example.com\nLee,lee@example.com\n")
    upload = ("list", "upload", "invited", str(guests), "--namespace", "email", "--column", "e-mail")
    assert "would have 2 identifiers: 2 new" in command(shop, *upload, "--check")
    assert "nothing" not in command(shop, *upload)
    shop.until("/api/profiles/user_id:42", lambda profile: "guests" in profile["audiences"])
    assert "2 identifiers, of 1 people" in command(shop, "list", "show", "invited")
    (found,) = json.loads(command(shop, "list", "show", "--json"))
    assert found["used_by"] == [{"kind": "audiences", "name": "guests"}]
    guests.write_text("lee@example.com\nnobody\n")
    done = weft("list", "upload", "invited", str(guests), "--namespace", "email", "-w", str(shop.folder))
    assert done.returncode != 0
    assert "line 2: `nobody`" in done.stderr
    assert "1 faulty line" in command(shop, *upload[:6], "--leave-out")
    shop.until("/api/profiles/user_id:42", lambda profile: "guests" not in profile["audiences"])
    refused = weft("list", "remove", "invited", "--yes", "-w", str(shop.folder))
    assert "audiences/guests" in refused.stderr


def test_rules_are_tried_by_command_and_nothing_changes(shop: Running, tmp_path: Path) -> None:
    stricter, wrong = tmp_path / "stricter.yaml", tmp_path / "wrong.yaml"
    stricter.write_text("name: rules\nnamespaces:\n  email: {bits: 1}\n")
    wrong.write_text("name: rules\nmerge: 2\nnamespaces:\n  email: {bitz: 1}\n")
    shown = command(shop, "identity", "rules", "--dry-run", str(stricter))
    assert shown.startswith("splits 1 into 2")
    assert "user_id:42" in shown
    assert "email:kim@example.com" in shown
    would = json.loads(command(shop, "identity", "rules", "--dry-run", str(stricter), "--json"))
    assert (would["before"], would["after"], would["splitting"]) == (1, 2, 1)
    assert shop.ask("GET", "/api/identity/rules").json()["definition"] == {}
    assert "merge from 0.95 on, ask from 0.6 on" in command(shop, "identity", "rules")
    for file, *says in (
        (wrong, "expected `float` < 1.0", "`bitz` is no key here; did you mean `bits`?"),
        (tmp_path / "none.yaml", "No such file or directory"),
    ):
        refused = weft("identity", "rules", "--dry-run", str(file), "-w", str(shop.folder))
        assert (refused.returncode, refused.stdout) == (1, "")
        told = " ".join(refused.stderr.replace("│", " ").split())
        assert [each for each in says if each not in told] == [], told


def test_a_person_is_taken_apart_and_put_together_by_command(shop: Running) -> None:
    ends = ("user_id:42", "email:kim@example.com")

    def explained() -> dict[str, Any]:
        return json.loads(command(shop, "identity", "explain", *ends, "--json"))

    def served() -> dict[str, Any]:
        return shop.ask("GET", f"/api/profiles/{ends[1]}").json()

    before = served()
    assert explained()["same"]
    assert ends[1] in command(shop, "identity", "links", ends[0])
    assert "1 identifier would move" in command(shop, "identity", "split", ends[1], "--check")
    assert explained()["same"]
    said = json.loads(command(shop, "identity", "split", ends[1], "--reason", "her sister's", "--json"))
    assert not explained()["same"]
    assert "her sister's" in command(shop, "identity", "edges")
    number = str(said["edges"][0]["number"])
    assert "takes it back" not in command(shop, "identity", "retract", number, "--check")
    command(shop, "identity", "retract", number)
    assert explained()["same"]
    after = served()
    assert after.pop("merged_from") == [
        said["after"][1]["profile_id"]
    ]  # links to who was there meanwhile still lead here
    assert after == {name: value for name, value in before.items() if name != "merged_from"}
    assert "nothing to decide" in command(shop, "identity", "questions")


def test_a_source_from_its_making_to_its_end(shop: Running) -> None:
    key = command(shop, "source", "add", "kiosk").removeprefix("write key: ").strip()
    event = {"type": "track", "userId": "k1", "event": "Touch"}

    def status() -> int:
        return httpx.post(f"{shop.edge}/v1/track", json=event, headers={"X-Write-Key": key}).status_code

    assert status() == 200
    assert key in command(shop, "source", "list")
    command(shop, "source", "revoke", key)
    for _ in range(100):
        if status() == 401:
            break
        threading.Event().wait(0.05)
    assert status() == 401
    assert "revoked" in command(shop, "source", "list")


def test_what_is_wrong_is_one_panel_and_an_exit_code(shop: Running) -> None:
    for arguments, code in (
        (("profile", "show", "user_id:nobody"), 1),
        (("audience", "members", "buyrs"), 1),
        (("source", "add", "Not A Name"), 1),
        (("source", "rotate", "nope"), 1),
    ):
        failed = weft(*arguments, "-w", str(shop.folder))
        assert failed.returncode == code, failed.stderr
        assert "This cannot be done as asked" in failed.stderr
        assert "Traceback" not in failed.stderr
    assert weft("audience", "list", "-w", str(shop.folder / "none")).returncode == 2


def test_live_events_are_streamed(shop: Running) -> None:
    headers = {"Authorization": f"Bearer {shop.token}"}
    with httpx.stream("GET", f"{shop.api}/api/events/stream", headers=headers, timeout=30) as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith(":")
        shop.send({"type": "track", "userId": "live", "event": "Seen Live"})
        for line in lines:
            if line.startswith("data: "):
                event = json.loads(line.removeprefix("data: "))
                if event["name"] == "Seen Live":
                    break
    assert event["source"] == "default"


def test_the_profile_api_serves_events_through_the_engine(shop: Running) -> None:
    token = command(shop, "token", "new", "crm").split("token: ")[1].strip()
    path = f"{shop.edge}/v1/spaces/shop/collections/users/profiles/user_id:42"
    first = httpx.get(f"{path}/events", params={"limit": 1}, auth=(token, "")).json()
    assert [event["event"] for event in first["data"]] == ["Order"]
    assert first["cursor"]["has_more"] is True
    second = httpx.get(
        f"{path}/events", params={"limit": 1, "next": first["cursor"]["next"]}, auth=(token, "")
    ).json()
    assert [event["type"] for event in second["data"]] == ["identify"]
    traits = httpx.get(f"{path}/traits", auth=(token, "")).json()["traits"]
    assert (traits["orders"], traits["buyers"], traits["name"]) == (1, True, "Kim")
    assert httpx.get(f"{shop.api}/api/overview", auth=(token, "")).status_code == 403


def test_an_edge_carries_none_of_the_engine(shop: Running) -> None:
    maps = Path(f"/proc/{shop.children()['edge']}/maps").read_text()
    for heavy in ("duckdb", "pyarrow", "pandas", "numpy"):
        assert f"/{heavy}/" not in maps
        assert f"/_{heavy}" not in maps
    up = Path(f"/proc/{shop.process.pid}/maps").read_text()
    assert "sqlite" not in up.replace("_sqlite3", "")
    assert "duckdb" not in up


def test_commands_work_without_an_engine(tmp_path: Path) -> None:
    root = str(init_workspace(tmp_path / "shop"))
    made = weft("source", "add", "web", "-w", root)
    assert made.returncode == 0, made.stderr
    listed = weft("source", "list", "--json", WEFT_WORKSPACE=root)
    assert [source["name"] for source in json.loads(listed.stdout)] == ["web"]
    tail = weft("events", "tail", "-w", root)
    assert tail.returncode == 2
    assert "weft up" in tail.stderr
