"""Story 4, its audience part: while a ticket is open she is in `not_now`, and a while after it is solved she is out."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.acceptance.running import Running, weft

QUIET_SECONDS = 20
NOT_NOW = f"""\
name: not_now
description: Nobody sells her anything while her ticket is open, and for a while after
who:
  any:
    - did: {{record: ticket}}
      where: [{{property: status, is_not: solved}}]
    - did: {{record: ticket}}
      where: [{{property: solved_at, more_than: now-{QUIET_SECONDS}s}}]
"""
WELCOME = """\
name: welcome
who:
  all:
    - not: {audience: not_now}
    - {trait: name, exists: true}
"""
PERSON = "user_id:7"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Running]:
    folder = tmp_path / "shop"
    assert weft("init", str(folder)).returncode == 0
    for name, text in (("not_now", NOT_NOW), ("welcome", WELCOME)):
        (folder / "definitions" / "audiences" / f"{name}.yaml").write_text(text, "utf-8")
    with (folder / "weft.toml").open("a", encoding="utf-8") as file:
        file.write('\n[collect.records]\ndefault = "allow"\n')
    with Running(folder) as running:
        yield running


def audiences(shop: Running, wanted: set[str]) -> None:
    shop.until(f"/api/profiles/{PERSON}", lambda found: found["audiences"].keys() == wanted)


def ticket(number: int, **properties: Any) -> dict[str, Any]:
    return {
        "type": "record",
        "name": "ticket",
        "recordId": "T1",
        "messageId": f"t{number}",
        "userId": "7",
        "properties": {"subject": "broken saw", **properties},
    }


def test_not_now(shop: Running) -> None:
    shop.send({"type": "identify", "userId": "7", "messageId": "i", "traits": {"name": "Yuna Lee"}})
    audiences(shop, {"welcome"})
    shop.send(ticket(1, status="open"))
    audiences(shop, {"not_now"})

    solved = datetime.now(UTC)
    shop.send(ticket(2, status="solved", solved_at=solved.isoformat()))
    why = shop.until(
        f"/api/audiences/not_now/explain/{PERSON}", lambda found: not found["clauses"][1]["holds"]
    )
    assert [clause["holds"] for clause in why["clauses"]] == [True, False, True]
    (fact,) = why["clauses"][2]["facts"][0]["newest"]
    assert (fact["name"], fact["properties"]["status"]) == ("ticket", "solved")
    back = datetime.fromisoformat(why["changes_at"])
    assert abs(back - solved - timedelta(seconds=QUIET_SECONDS)) < timedelta(milliseconds=2)

    audiences(shop, {"welcome"})  # nothing is sent: time alone brings her back
    left = shop.ask("GET", "/api/audiences/not_now/movements").json()["exited"]
    assert left["causes"] == {"time": 1}
    late = datetime.fromisoformat(left["newest"][0]["at"]) - back
    assert late >= timedelta(0)

    moves = shop.ask("GET", f"/api/profiles/{PERSON}/memberships").json()
    seen = [(each["audience"], each["entered"], each["cause"]) for each in reversed(moves)]
    assert seen[0] == ("welcome", True, "fact")
    assert set(seen[1:3]) == {("not_now", True, "fact"), ("welcome", False, "fact")}
    assert set(seen[3:]) == {("not_now", False, "time"), ("welcome", True, "time")}

    then = (back - timedelta(seconds=1)).isoformat()
    past = shop.ask("GET", f"/api/audiences/not_now/explain/{PERSON}", params={"at": then}).json()
    assert (past["member"], past["recorded"]) == (True, True)
    who = shop.ask("GET", f"/api/profiles/{PERSON}", params={"as_of": then}).json()
    assert who["audiences"].keys() == {"not_now"}
    assert who["traits"]["name"] == "Yuna Lee"
    token = shop.ask("POST", "/api/tokens", json={"name": "page", "scopes": ["profiles"]}).json()["secret"]
    api = f"{shop.edge}/v1/spaces/shop/collections/users/profiles/{PERSON}"
    for moment, wanted in ((then, "not_now"), ("", "welcome")):
        answer = httpx.get(f"{api}/traits", params={"as_of": moment} if moment else {}, auth=(token, ""))
        assert answer.status_code == 200, answer.text
        traits = answer.json()["traits"]
        assert {each for each in ("not_now", "welcome") if each in traits} == {wanted}
        assert traits["name"] == "Yuna Lee"
    refused = [
        httpx.get(f"{api}/{path}", auth=(token, ""))
        for path in ("traits?as_of=soon", "links?as_of=2026-01-01")
    ]
    assert [each.status_code for each in refused] == [400, 400]
