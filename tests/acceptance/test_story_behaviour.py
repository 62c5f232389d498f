"""What people do makes a link more or less sure: told by an SDK, seen over the API.

A loyalty card and an account of the shop have a name and a city in common, which is too little. Then both log in on one
tablet; an order goes to the same address; and in the end they are in Seoul and in New York within the hour.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.acceptance.running import Running, weft

CARD, ACCOUNT = "loyalty:7001", "user_id:u1"
SURVIVORSHIP = """
name: default
from:
  Order Completed: {street: shipping_address.address1, postcode: shipping_address.postal_code}
"""
HOME = {"address1": "세종대로 110-7", "postal_code": "04524"}
SEOUL, NEW_YORK = {"latitude": 37.57, "longitude": 126.98}, {"latitude": 40.71, "longitude": -74.01}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("behaviour") / "shop"
    assert weft("init", str(folder)).returncode == 0
    for kind, text in (("identity", "name: rules\ncountry: KR\n"), ("survivorship", SURVIVORSHIP)):
        (folder / "definitions" / kind).mkdir(exist_ok=True)
        (folder / "definitions" / kind / "rules.yaml").write_text(text)
    with Running(folder) as running:
        yield running


def sent(who: str, minute: str, type_: str = "track", **more: Any) -> dict[str, Any]:
    """An event of an account, as an SDK sends it."""
    namespace, value = who.split(":")
    context = more.pop("context", {})
    if namespace == "user_id":
        more["userId"] = value
    else:
        context = {**context, "externalIds": [{"type": namespace, "id": value}]}
    time = f"2026-03-05T{minute}:00Z"
    return {"type": type_, "timestamp": time, "messageId": f"{who}-{minute}", "context": context, **more}


def link(shop: Running, done: Any) -> Any:
    """Wait until the link of the two is as it should be."""

    def there(found: Any) -> bool:
        return any(done(each) for each in between(found))

    path = f"/api/identity/explain?left={CARD}&right={ACCOUNT}"
    return next(each for each in between(shop.until(path, there, 60)) if done(each))


def between(found: Any) -> list[Any]:
    return [*found["between"], *(each for each in found["path"] if each["kind"] == "score")]


def last(found: Any) -> dict[str, float]:
    """What the last score of a link is made of; it sums to the score."""
    score = found["history"][-1]
    assert sum(score["fields"].values()) == pytest.approx(score["bits"], abs=0.01)
    return score["fields"]


def test_what_they_do_raises_and_lowers_the_link(shop: Running) -> None:
    told = {"name": "김민수", "city": "서울", "street": HOME["address1"], "postcode": HOME["postal_code"]}
    shop.send(
        sent(ACCOUNT, "09:00", "identify", traits=told),
        sent(CARD, "09:01", "identify", traits={"name": "Kim Min-su", "city": "Seoul"}),
    )
    for who in (ACCOUNT, CARD):
        shop.until(f"/api/profiles/{who}", lambda body: "city" in body["traits"])
    assert not between(shop.ask("GET", f"/api/identity/explain?left={CARD}&right={ACCOUNT}").json())

    shop.send(
        sent(ACCOUNT, "10:00", event="Product Viewed", anonymousId="tablet"),
        sent(CARD, "11:00", event="Product Viewed", anonymousId="tablet"),
    )
    asked = link(shop, lambda each: "shared_device" in last(each))
    assert 0.6 <= asked["confidence"] < 0.95
    asking = shop.until("/api/identity/questions", lambda page: page["questions"])
    assert [each["why"] for each in asking["questions"]] == ["unsure"]

    shop.send(sent(CARD, "12:00", event="Order Completed", properties={"shipping_address": HOME}))
    joined = link(shop, lambda each: "street" in last(each))
    assert joined["confidence"] >= 0.95
    one = shop.until(f"/api/profiles/{CARD}", lambda body: len(body["identifiers"]) >= 2)
    assert one["id"] == profile_id(shop, ACCOUNT)

    shop.send(
        sent(ACCOUNT, "13:00", event="App Opened", context={"location": SEOUL}),
        sent(CARD, "13:40", event="App Opened", context={"location": NEW_YORK}),
    )
    doubted = link(shop, lambda each: "two_places" in last(each))
    assert doubted["confidence"] < joined["confidence"]

    shop.send(sent(CARD, "14:00", "identify", traits={"birth_date": "1991-05-30"}))
    shop.send(sent(ACCOUNT, "14:01", "identify", traits={"birth_date": "1980-02-03"}))
    parted = link(shop, lambda each: last(each).get("birth_date", 0) < 0)
    assert parted["confidence"] < 0.6
    history = [each["confidence"] for each in parted["history"]]
    assert len(history) >= 4
    shop.until(f"/api/profiles/{CARD}", lambda body: body["id"] != profile_id(shop, ACCOUNT))
    assert one["id"] in (profile_id(shop, CARD), profile_id(shop, ACCOUNT))


def profile_id(shop: Running, who: str) -> str:
    return shop.ask("GET", f"/api/profiles/{who}").json()["id"]
