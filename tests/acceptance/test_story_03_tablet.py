"""Stories 1 and 3: what was browsed before the log-in becomes hers; three people on one tablet stay three.

Told over the wire as the SDKs send it: while somebody is logged in, some events carry the id of the browser alone.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.running import Running, weft

TABLET = "kitchen-tablet"
BEGAN = datetime.now(UTC) - timedelta(hours=6)
DAY = (
    (0, "", "Makita"),  # before anybody logged in: the mother's, who is next
    (10, "mother", ""),
    (11, "", "Bosch"),
    (12, "mother", "Hilti"),
    (30, "father", ""),
    (31, "", "Stihl"),
    (40, "father", "Signed Out"),
    (45, "", "Lego"),  # nobody is logged in: the child's, who is next
    (50, "child", ""),
    (51, "", "Playmobil"),
    (70, "mother", ""),
    (71, "", "Festool"),
)
"""(minute, who is known, what is looked at; "" for the log-in itself)."""
BRANDS = {
    "mother": {"Makita", "Bosch", "Hilti", "Festool"},
    "father": {"Stihl"},
    "child": {"Lego", "Playmobil"},
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder: Path = tmp_path_factory.mktemp("home") / "shop"
    assert weft("init", str(folder)).returncode == 0
    with Running(folder) as running:
        yield running


def sent(place: str, minute: int, who: str, what: str) -> dict[str, Any]:
    """An event as an SDK sends it."""
    event: dict[str, Any] = {
        "anonymousId": f"{TABLET}-{place}",
        "messageId": f"{place}-{minute}",
        "timestamp": (BEGAN + timedelta(minutes=minute)).isoformat(),
    }
    if who:
        event["userId"] = f"{who}-{place}"
    if not what:
        return event | {"type": "identify", "traits": {"name": who}}
    if what == "Signed Out":
        return event | {"type": "track", "event": what}
    return event | {"type": "track", "event": "Product Viewed", "properties": {"brand": what}}


def brands(site: Running, name: str, wanted: set[str]) -> set[str]:
    """What a profile looked at, as its timeline says, at the latest when that is wanted."""

    def looked_at(page: Any) -> set[str]:
        return {each["properties"]["brand"] for each in page["events"] if "brand" in each["properties"]}

    return looked_at(
        site.until(f"/api/profiles/{name}/events?limit=100", lambda page: looked_at(page) == wanted)
    )


@pytest.mark.parametrize("order", ["one by one", "shuffled", "backwards"])
def test_each_persons_browsing_stays_their_own(site: Running, order: str) -> None:
    place = order.replace(" ", "-")
    events = [sent(place, *each) for each in DAY]
    if order == "shuffled":
        random.Random(3).shuffle(events)
    if order == "backwards":
        events.reverse()
    for event in events:
        assert site.send(event).status_code == 200
    for who, wanted in BRANDS.items():
        assert brands(site, f"user_id:{who}-{place}", wanted) == wanted
    ids = {who: site.ask("GET", f"/api/profiles/user_id:{who}-{place}").json()["id"] for who in BRANDS}
    assert len(set(ids.values())) == 3
    device = site.ask("GET", f"/api/profiles/anonymous_id:{TABLET}-{place}").json()
    assert device["id"] == ids["mother"]  # she logged in last
    named = [(each["namespace"], each["value"]) for each in device["identifiers"]]
    assert sorted(named) == [("anonymous_id", f"{TABLET}-{place}"), ("user_id", f"mother-{place}")]


def test_what_she_browsed_before_the_log_in_is_hers_and_the_profile_says_why(site: Running) -> None:
    drills = [
        {"type": "track", "event": "Product Viewed", "anonymousId": "phone", "properties": {"brand": brand}}
        for brand in ("Makita", "Bosch", "Hilti")
    ]
    assert site.send(*drills).status_code == 200
    unknown = site.until("/api/profiles/anonymous_id:phone", lambda body: body["events"] == 3)
    assert unknown["known"] is False
    login = {"type": "identify", "userId": "kim", "anonymousId": "phone", "traits": {"name": "Kim"}}
    assert site.send(login).status_code == 200
    known = site.until("/api/profiles/user_id:kim", lambda body: body["events"] == 4)
    assert known["id"] == unknown["id"]
    wanted = {"Makita", "Bosch", "Hilti"}
    assert brands(site, "user_id:kim", wanted) == wanted
    (device,) = [each for each in known["identifiers"] if each["namespace"] == "anonymous_id"]
    assert (device["value"], device["events"]) == ("phone", 3)
