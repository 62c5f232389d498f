"""Story 10: what he wants now is context that fades, who he is stays; content follows the one, value the other.

Nobody can wait for Monday here, so the habits are dated: what one person did at such a time as now in earlier weeks,
another did at another time of the week.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import yaml
from tests.acceptance.running import Running, weft

TRAITS = """\
- name: place
  kind: last
  event: Product Viewed
  context: geo.city
  half_life: 2h
  beside: address.city
- name: habit
  kind: most_frequent
  event: Article Read
  property: topic
  half_life: 28d
  like_now: [weekday, part_of_day]
  beside: interest
- name: intent
  kind: most_frequent
  event: Product Viewed
  property: category
  half_life: 1s
  window: last_session
- {name: interest, kind: most_frequent, event: Article Read, property: topic}
- {name: spent, kind: sum, event: Order Completed, property: total}
"""
PLACE = yaml.safe_load(TRAITS)[0]
AUDIENCES = """\
- name: show_grills
  description: What the page shows now
  who: {trait: context.intent, is: grill}
- name: away
  who: {trait: context.place.conflict, is: true}
- name: valuable
  description: What he is worth, wherever he is and whatever he looks at
  who: {trait: spent, at_least: 500}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Running]:
    folder = tmp_path / "shop"
    assert weft("init", str(folder)).returncode == 0
    (folder / "definitions" / "traits" / "moment.yaml").write_text(TRAITS, "utf-8")
    (folder / "definitions" / "audiences" / "moment.yaml").write_text(AUDIENCES, "utf-8")
    with Running(folder) as running:
        yield running


def zone_amid(now: datetime) -> str:
    """A zone in which no part of the day ends within the next hour."""
    zones = [f"Etc/GMT+{west}" for west in range(6)]
    return next(zone for zone in zones if now.astimezone(ZoneInfo(zone)).hour % 6 == 2)


def history(
    person: str, zone: str, now: datetime, at_such_a_time: str, else_: str
) -> Iterator[dict[str, Any]]:
    """Two weeks of reading: more often at another time of the week than at such a time as now."""
    for week in (1, 2):
        for topic, days, times in ((at_such_a_time, 0, 2), (else_, 3, 4)):
            for minute in range(times):
                yield {
                    "type": "track",
                    "event": "Article Read",
                    "userId": person,
                    "messageId": f"{person}-{week}-{topic}-{minute}",
                    "timestamp": (now - timedelta(weeks=week, days=days, minutes=minute)).isoformat(),
                    "properties": {"topic": topic},
                    "context": {"timezone": zone},
                }


def view(number: int, category: str, city: str, zone: str) -> dict[str, Any]:
    context = {"geo": {"city": city}, "timezone": zone}
    return {
        "type": "track",
        "event": "Product Viewed",
        "userId": "7",
        "messageId": f"v{number}",
        "properties": {"category": category},
        "context": context,
    }


def test_monday_and_friday(shop: Running) -> None:
    now = datetime.now(UTC)
    zone = zone_amid(now)
    told = {"trade": "builder", "address": {"city": "Seoul"}}
    shop.send(
        {"type": "identify", "userId": "7", "messageId": "i", "traits": told},
        {
            "type": "track",
            "event": "Order Completed",
            "userId": "7",
            "messageId": "o",
            "properties": {"total": 900},
        },
        *history("7", zone, now, "barbecue", "safety"),
        *history("8", zone, now, "safety", "barbecue"),
    )
    friday = shop.until("/api/profiles/user_id:7", lambda found: "habit" in found["context"])
    monday = shop.until("/api/profiles/user_id:8", lambda found: "habit" in found["context"])
    assert (friday["context"]["habit"]["value"], friday["traits"]["interest"]) == ("barbecue", "safety")
    assert (monday["context"]["habit"]["value"], monday["traits"]["interest"]) == ("safety", "barbecue")
    assert (friday["context"]["habit"]["known"], friday["context"]["habit"]["conflict"]) == ("safety", True)
    assert friday["timezone"] == zone  # nobody told it: his events did

    # near the coast, looking for a grill
    shop.send(
        *(view(number, "grill", "Busan", zone) for number in range(3)), view(3, "gloves", "Busan", zone)
    )
    seen = shop.until(
        "/api/profiles/user_id:7",
        lambda found: {"show_grills", "away", "valuable"} <= found["audiences"].keys(),
    )
    place, intent = seen["context"]["place"], seen["context"]["intent"]
    assert (place["value"], place["beside"], place["known"], place["conflict"]) == (
        "Busan", "address.city", "Seoul", True,
    )  # fmt: skip
    assert place["strength"] > 0.9
    assert intent["value"] == "grill"
    assert 0.5 < intent["share"] < 1
    assert seen["traits"]["address"] == {"city": "Seoul"}  # nothing of it was overwritten
    assert seen["traits"]["trade"] == "builder"
    assert "place" not in seen["traits"]
    asked = {"who": {"trait": "context.place", "is": "Busan"}, "person": seen["id"]}
    (clause,) = shop.ask("POST", "/api/audiences/explain", json=asked).json()["clauses"]
    assert (clause["holds"], clause["value"], clause["type"]) == (True, "Busan", "text")
    form = {"definition": PLACE, "people": 2}
    people = shop.ask("POST", "/api/traits/read", json=form).json()["people"]
    assert [each["value"] for each in people] == ["Busan", None]

    # time alone: what he wanted is gone, what he is worth and where he is are not
    later = shop.until("/api/profiles/user_id:7", lambda found: "show_grills" not in found["audiences"])
    assert later["audiences"].keys() == {"away", "valuable"}
    assert "intent" not in later["context"]
    assert later["context"]["place"]["value"] == "Busan"
    assert later["context"]["place"]["strength"] < place["strength"]
    left = shop.ask("GET", "/api/audiences/show_grills/movements").json()["exited"]
    assert left["causes"] == {"time": 1}

    token = shop.ask("POST", "/api/tokens", json={"name": "page", "scopes": ["profiles"]}).json()["secret"]
    api = f"{shop.edge}/v1/spaces/shop/collections/users/profiles/user_id:7/traits"
    body = httpx.get(api, auth=(token, "")).json()
    assert (body["context"]["place"]["value"], body["traits"]["address"]) == ("Busan", {"city": "Seoul"})
    assert body["context"]["place"]["conflict"] is True
    why = shop.ask("GET", "/api/audiences/away/explain/user_id:7").json()
    assert (why["member"], len(why["clauses"][0]["facts"][0]["newest"])) == (True, 4)
