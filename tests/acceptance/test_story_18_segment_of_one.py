"""Story 18: a page asks who is in front of it and gets what to show this person now, with the reason, or nothing."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.acceptance.running import Running, weft

DEFINITIONS = {
    "audiences/drills.yaml": """\
name: drill_lookers
who:
  all:
    - {did: Product Viewed, where: [{property: type, is: drill}], within: 7d}
    - not: {did: Order Completed, within: 7d}
""",
    "audiences/ticket.yaml": """\
name: open_ticket
who: {did: {record: ticket}, where: [{property: status, is_not: solved}]}
""",
    "slots/hero.yaml": """\
name: home_hero
purpose: personalisation
held_back: [{audience: open_ticket}]
offers:
  - {name: drill_week, audience: drill_lookers, show: {title: Drill week}}
default: {title: Welcome}
""",
}
ME = {"anonymousId": "7e0f1c9a-page"}
PAGE = "https://shop.example"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Running]:
    folder = tmp_path / "shop"
    assert weft("init", str(folder)).returncode == 0
    for path, text in DEFINITIONS.items():
        (folder / "definitions" / path).parent.mkdir(exist_ok=True)
        (folder / "definitions" / path).write_text(text, "utf-8")
    with (folder / "weft.toml").open("a", encoding="utf-8") as file:
        file.write('\n[collect.records]\ndefault = "allow"\n')
    with Running(folder, "--set", "consent.default.personalisation=allow") as running:
        yield running


def ask(shop: Running, **fields: str) -> httpx.Response:
    """Ask as a page of another origin does: with the write key, which is no secret."""
    wanted = {**ME, "writeKey": shop.write_key, **fields}
    return httpx.get(f"{shop.edge}/v1/slots/home_hero", params=wanted, headers={"Origin": PAGE}, timeout=90)


def until(shop: Running, code: str, **fields: str) -> dict[str, Any]:
    give_up = time.monotonic() + 90
    while (answer := ask(shop, **fields).json())["reason"]["code"] != code:
        assert time.monotonic() < give_up, (answer, shop.log[-3000:])
        time.sleep(0.02)
    return answer


def test_a_segment_of_one(shop: Running) -> None:
    first = ask(shop)
    assert first.headers["access-control-allow-origin"] == PAGE
    assert first.json()["show"] == {"title": "Welcome"}
    assert first.json()["reason"]["code"] == "unknown_person"

    shop.send({"type": "track", "event": "Product Viewed", "properties": {"type": "drill"}, **ME})
    mine = until(shop, "offer")
    assert (mine["show"], mine["offer"]) == ({"title": "Drill week"}, "drill_week")
    assert [each["met"] for each in mine["reason"]["clauses"]] == [True, True]
    assert mine["reason"]["clauses"][0]["sentence"] in mine["reason"]["sentence"]
    assert "Product Viewed" in mine["reason"]["sentence"]
    assert until(shop, "offer", language="ko")["reason"]["sentence"].startswith("오디언스 drill_lookers")

    ticket = {"type": "record", "name": "ticket", "recordId": "T1", "properties": {"status": "open"}, **ME}
    shop.send({**ticket, "messageId": "t1"})
    nothing = until(shop, "held_back")
    assert (nothing["show"], nothing["offer"]) == (None, None)
    assert "open_ticket" in nothing["reason"]["sentence"]

    shop.send({**ticket, "messageId": "t2", "properties": {"status": "solved"}})
    until(shop, "offer")
    shop.send({"type": "track", "event": "Order Completed", **ME})
    assert until(shop, "default")["show"] == {"title": "Welcome"}

    choice = {"type": "track", "event": "Consent Preference Updated", **ME}
    consent = {"context": {"consent": {"categoryPreferences": {"personalisation": False}}}}
    shop.send({**choice, **consent})
    assert until(shop, "no_consent")["show"] is None

    assert ask(shop, profile="user_id:7").status_code == 400  # a page cannot ask about somebody else
    spaces = f"{shop.edge}/v1/spaces/shop/collections/users/profiles/anonymous_id:{ME['anonymousId']}/traits"
    assert httpx.get(spaces, auth=(shop.write_key, "")).status_code == 401  # nor read the profile
    (slot,) = shop.until("/api/slots", lambda found: found[0]["offers"][0]["shown"]["today"] > 0)
    assert slot["offers"][0]["sentence"]["en"].startswith("did Product Viewed")
    tried = shop.ask("GET", f"/api/slots/home_hero/decision?profile=anonymous_id:{ME['anonymousId']}").json()
    assert (tried["ground"], [each["member"] for each in tried["walked"]]) == ("no_consent", [False, False])
    refused = shop.ask("DELETE", "/api/audiences/drill_lookers")
    assert (refused.status_code, refused.json()["code"]) == (400, "in_use")
