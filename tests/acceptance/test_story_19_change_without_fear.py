"""Story 19: an engineer changes an audience in a file, sees who would enter and leave, does it, and can go back."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.acceptance.running import WEFT, Running, weft

SPENT = "name: spent\nkind: sum\nevent: Order Completed\nproperty: total\n"
BIG = "# who gets a call\nname: big_spenders\nwho: {trait: spent, at_least: 100}\n"
REPEAT = "name: repeat\nwho: {did: Order Completed, at_least: 2}\n"
CRM = """\
name: crm
type: webhook
purpose: marketing
url: https://127.0.0.1:9
secret_env: WEFT_STORY_SECRET
when: {entered: [big_spenders], exited: [big_spenders]}
"""
PEOPLE = {"Minsu Kim": [60, 60], "Yuna Lee": [80], "Mei Chen": [150], "Anna Weber": [20]}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setenv("WEFT_STORY_SECRET", "whsec_" + "QUJD" * 8)
    folder = tmp_path / "shop"
    assert weft("init", str(folder)).returncode == 0
    for path, text in (
        ("traits/spent", SPENT),
        ("audiences/big", BIG),
        ("audiences/repeat", REPEAT),
        ("destinations/crm", CRM),
    ):
        (folder / "definitions" / f"{path}.yaml").write_text(text, "utf-8")
    with Running(folder) as running:
        for number, (name, totals) in enumerate(PEOPLE.items(), 1):
            who = {"userId": str(number)}
            running.send({"type": "identify", "messageId": f"i{number}", "traits": {"name": name}, **who})
            running.send(
                *(
                    {
                        "type": "track",
                        "event": "Order Completed",
                        "messageId": f"o{number}-{each}",
                        "properties": {"total": total},
                        **who,
                    }
                    for each, total in enumerate(totals)
                )
            )
        running.until("/api/audiences", lambda found: sizes(found) == {"big_spenders": 2, "repeat": 1})
        yield running


def sizes(found: list[dict[str, Any]]) -> dict[str, int]:
    return {each["name"]: each["size"] for each in found}


def command(shop: Running, *words: str, code: int = 0) -> Any:
    """Give a command of Weft; return what it prints as JSON."""
    run = weft(*words, "-w", str(shop.folder), "--json")
    assert run.returncode == code, (words, run.stdout, run.stderr)
    return json.loads(run.stdout)


def write(checkout: Path, path: str, text: str) -> None:
    (checkout / path).write_text(text, "utf-8")


def test_change_without_fear(shop: Running, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    command(shop, "export", str(checkout))
    assert (checkout / "audiences" / "big.yaml").read_text("utf-8") == BIG
    assert command(shop, "plan", str(checkout), "--detailed-exitcode")["changes"] == []

    write(checkout, "audiences/big.yaml", BIG.replace("at_least: 100", "between: [70, 130]"))
    write(checkout, "traits/orders.yaml", "name: orders\nkind: count\nevent: Order Completed\n")
    (checkout / "audiences" / "repeat.yaml").unlink()
    plan = command(shop, "plan", str(checkout), "--detailed-exitcode", code=2)
    assert [(e["what"], e["name"]) for e in plan["changes"]] == [
        ("changed", "big_spenders"),
        ("deleted", "repeat"),
        ("added", "orders"),
    ]
    assert plan["changes"][0]["differences"] == [
        {"at": "who.at_least", "before": 100},
        {"at": "who.between", "after": [70, 130]},
    ]
    big, repeat = plan["audiences"]
    assert [big[key] for key in ("before", "after", "entering", "leaving")] == [2, 2, 1, 1]
    assert [each["name"]["full"] for each in big["enters"]] == ["Yuna Lee"]
    assert [each["name"]["full"] for each in big["leaves"]] == ["Mei Chen"]
    assert [repeat[key] for key in ("what", "before", "after", "leaving")] == ["deleted", 1, 0, 0]
    assert plan["traits"] == [{"name": "orders", "what": "added", "profiles": 4}]
    assert plan["destinations"] == [
        {"destination": "crm", "audience": "big_spenders", "entered": 1, "exited": 1}
    ]
    shown = weft("plan", str(checkout), "-w", str(shop.folder)).stdout
    assert "enter big_spenders: Yuna Lee (user_id:2)" in shown
    assert sizes(shop.ask("GET", "/api/audiences").json()) == {"big_spenders": 2, "repeat": 1}

    _names_nobody_to_who_may_not_see_people(shop, (checkout / "audiences" / "big.yaml").read_text("utf-8"))

    before = len(shop.ask("GET", "/api/signals").json())
    asked = weft("apply", str(checkout), "-w", str(shop.folder))  # with nobody to answer
    assert asked.returncode == 1
    assert "--yes" in asked.stderr
    assert len(command(shop, "apply", str(checkout), "--yes")["changes"]) == 3
    shop.refresh()
    assert command(shop, "plan", str(checkout), "--detailed-exitcode")["changes"] == []
    shop.until("/api/audiences", lambda found: sizes(found) == {"big_spenders": 2})
    shop.until("/api/signals", lambda found: len(found) == before + 2)
    signals = shop.ask("GET", "/api/signals").json()[before:]
    assert sorted((each["kind"], each["subject"]) for each in signals) == [
        ("entered", "big_spenders"),
        ("exited", "big_spenders"),
    ]

    _goes_back(shop, checkout)


def _names_nobody_to_who_may_not_see_people(shop: Running, big: str) -> None:
    wanted = {"traits/spent.yaml": SPENT, "audiences/big.yaml": big}
    secret = shop.ask("POST", "/api/tokens", json={"name": "ci", "scopes": ["read"]}).json()["secret"]
    with httpx.Client(base_url=shop.api, headers={"Authorization": f"Bearer {secret}"}, timeout=90) as ci:
        job = ci.post("/api/definitions/plan", json={"files": wanted}).json()
        while job["plan"] is None:
            job = ci.get(f"/api/definitions/plan/{job['id']}").json()
    found = next(each for each in job["plan"]["audiences"] if each["name"] == "big_spenders")
    assert [found[key] for key in ("entering", "leaving", "enters", "leaves")] == [1, 1, [], []]


def _goes_back(shop: Running, checkout: Path) -> None:
    versions = command(shop, "versions", "audiences", "big_spenders")
    assert [(each["number"], each["how"]) for each in versions] == [(2, "apply"), (1, "files")]
    assert versions[0]["who"] != ""
    back = weft("rollback", "audiences", "big_spenders", "1", "--yes", "-w", str(shop.folder))
    assert back.returncode == 0, back.stderr
    shop.refresh()
    shop.until(
        "/api/audiences",
        lambda found: (
            sizes(found) == {"big_spenders": 2} and found[0]["definition"]["who"]["at_least"] == 100
        ),
    )
    (change,) = command(shop, "plan", str(checkout), "--detailed-exitcode", code=2)["changes"]
    assert change["name"] == "big_spenders"
    command(shop, "export", str(checkout))
    text = (checkout / "audiences" / "big.yaml").read_text("utf-8")
    assert text.startswith("# who gets a call\n")
    assert command(shop, "plan", str(checkout), "--detailed-exitcode")["changes"] == []


def test_a_plan_that_has_been_overtaken_is_refused(shop: Running, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    command(shop, "export", str(checkout))
    write(checkout, "audiences/big.yaml", BIG.replace("100", "50"))
    files = {"audiences/big.yaml": BIG.replace("100", "50")}
    state = command(shop, "plan", str(checkout))["state"]
    rule = {"who": {"did": "Order Completed", "at_least": 3}}
    assert shop.ask("PUT", "/api/audiences/repeat", json=rule).is_success
    late = shop.ask("POST", "/api/definitions/apply", json={"files": files, "state": state})
    assert (late.status_code, late.json()["code"]) == (400, "changed_meanwhile")


def test_what_is_wrong_in_the_folder_is_told_at_once(shop: Running, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    command(shop, "export", str(checkout))
    write(checkout, "audiences/big.yaml", "name: big_spenders\nwho: {trait: spent, at_laest: 1}\n")
    write(checkout, "traits/spent.yaml", "name: spent\nkind: smu\n")
    wrong = weft("plan", str(checkout), "-w", str(shop.folder), "--detailed-exitcode")
    assert wrong.returncode == 1
    assert "traits/spent.yaml: spent: kind" in " ".join(wrong.stderr.split())
    assert "at_laest" in wrong.stderr
    nowhere = weft("plan", str(tmp_path), "-w", str(shop.folder))
    assert nowhere.returncode == 1


def test_a_definition_that_fails_does_not_stop_the_others(shop: Running) -> None:
    definitions = shop.folder / "definitions"
    (definitions / "audiences" / "big.yaml").write_text("name: big_spenders\nwho: [", "utf-8")
    (definitions / "audiences" / "never.yaml").write_text(
        "name: never\nwho: {trait: spent, at_laest: 1}", "utf-8"
    )
    (definitions / "audiences" / "small.yaml").write_text(
        "name: small\nwho: {trait: spent, less_than: 50}", "utf-8"
    )
    (broken, never) = shop.until("/api/definitions/set-aside", lambda found: len(found) == 2)
    assert (broken["path"], broken["kept"]) == ("definitions/audiences/big.yaml", True)
    assert (never["name"], never["kept"]) == ("never", False)
    assert "at_least" in never["reasons"][0]
    wanted = {"big_spenders": 2, "repeat": 1, "small": 1}
    shop.until("/api/audiences", lambda found: sizes(found) == wanted)
    told = {each["kind"]: each for each in shop.ask("GET", "/api/signals").json()}
    assert set(told) == {"entered"}
    needed = shop.ask("GET", "/api/overview").json()["attention"]
    assert [each["subject"] for each in needed if each["kind"] == "set_aside"] != []
    assert weft("doctor", "-w", str(shop.folder)).returncode == 1
    (definitions / "audiences" / "big.yaml").write_text(BIG, "utf-8")
    (definitions / "audiences" / "never.yaml").unlink()
    shop.until("/api/definitions/set-aside", lambda found: found == [])
    assert {each["kind"] for each in shop.ask("GET", "/api/signals").json()} == {"entered"}
    assert [each["number"] for each in command(shop, "versions", "audiences", "big_spenders")] == [1]


def test_killed_in_the_middle_of_an_apply_it_is_the_old_or_the_new(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    assert weft("init", str(shop)).returncode == 0
    folders = [tmp_path / name for name in ("even", "odd")]
    for number, folder in enumerate(folders):
        (folder / "audiences").mkdir(parents=True)
        for each in range(80):
            rule = f"name: a{each}\nwho: {{did: Order, at_least: {number + 1}}}\n"
            (folder / "audiences" / f"a{each}.yaml").write_text(rule, "utf-8")
    assert weft("apply", str(folders[0]), "-w", str(shop), "--yes").returncode == 0
    journal = shop / "definitions" / ".change.json"
    cut = 0
    for turn in range(1, 5):
        wanted = folders[turn % 2]
        process = subprocess.Popen(
            [*WEFT, "apply", str(wanted), "-w", str(shop), "--yes"], stdout=subprocess.DEVNULL
        )
        while process.poll() is None and not journal.exists():
            time.sleep(0.0005)
        time.sleep(0.002 * turn)
        process.kill()
        process.wait()
        cut += journal.exists()
        out = tmp_path / "out"
        shutil.rmtree(out, ignore_errors=True)
        assert weft("export", str(out), "-w", str(shop)).returncode == 0
        assert not journal.exists()
        texts = {path.name: path.read_text("utf-8") for path in (out / "audiences").iterdir()}
        assert texts == {path.name: path.read_text("utf-8") for path in (wanted / "audiences").iterdir()}
    assert cut > 0
