"""Story 2, the old file: a loyalty file of 2014 is imported, and each of its records is as sure as it can be."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.acceptance.running import Running, weft

RULES = "name: rules\ncountry: KR\n"
SURVIVORSHIP = """
- name: default
  strategy: most_recent
  from:
    member: {name: MEMB_NM, birth_date: BIRTH, phone: TEL, city: ORT}
    order: {city: ship_city, phone: ship_phone, birth_date: born}
"""
TRAITS = "- {name: bought, kind: sum, record: order, property: total}\n"
AUDIENCES = "- {name: spenders, who: {trait: bought, more_than: 100}}\n"
MAPPING = """
kind: records
object: member
identifiers: {loyalty: MEMB_NO}
record_id: MEMB_NO
"""
ORDERS = """
kind: records
object: order
identifiers: {loyalty: card}
record_id: order_no
types: {total: number}
"""
LOYALTY = """MEMB_NO;MEMB_NM;BIRTH;TEL;ORT
7001;KIM MIN-SU;03.02.1980;010 1234 5678;Seoul
7002;Lee Ji Eun;12.07.1985;;
7003;PARK Jihoon;21.11.1972;010 5050 6060;대구
7004;정다은;30.01.1990;;
7005;Kim Min-su;09.09.1975;;
7006;;;;
"""
KNOWN = {
    "u1": {"name": "김민수", "birth_date": "1980-02-03", "phone": "010-1234-5678", "city": "서울"},
    "u2": {"name": "이지은", "birth_date": "1985-07-12", "phone": "010-2222-3333", "city": "부산"},
    "u3": {"name": "박지훈", "birth_date": "1972-11-21", "phone": "010-4444-5555", "city": "서울"},
    "u4": {"name": "정다은", "birth_date": "1961-12-24", "phone": "010-6666-7777", "city": "인천"},
    "u5": {"name": "김민수", "birth_date": "1975-09-09", "phone": "010-8888-9999", "city": "서울"},
}
FIRST, LATER = "2026-01-05T09:00:00Z", "2026-03-05T09:00:00Z"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("story") / "shop"
    assert weft("init", str(folder)).returncode == 0
    for kind, text in (
        ("identity", RULES),
        ("survivorship", SURVIVORSHIP),
        ("traits", TRAITS),
        ("audiences", AUDIENCES),
    ):
        (folder / "definitions" / kind).mkdir(exist_ok=True)
        (folder / "definitions" / kind / "rules.yaml").write_text(text)
    (folder / "loyalty.csv").write_text(LOYALTY, "cp949")
    (folder / "loyalty.yaml").write_text(MAPPING)
    with Running(folder) as running:
        told = [
            {"type": "identify", "userId": who, "messageId": f"k-{who}", "timestamp": FIRST, "traits": traits}
            for who, traits in KNOWN.items()
        ]
        assert running.send(*told).status_code == 200
        for who in KNOWN:
            person(running, f"user_id:{who}")
        words = ("--mapping", str(folder / "loyalty.yaml"), "--encoding", "cp949", "--source", "loyalty")
        done = weft("import", str(folder / "loyalty.csv"), "-w", str(folder), "--yes", *words)
        assert done.returncode == 0, done.stderr
        yield running


def person(shop: Running, identifier: str, done: Any = lambda body: True) -> Any:
    return shop.until(f"/api/profiles/{identifier}", done, 60)


def held(body: Any) -> set[str]:
    return {f"{each['namespace']}:{each['value']}" for each in body["identifiers"]}


def buys(shop: Running, order_no: str, city: str, phone: str, total: int) -> None:
    """Import one more order of card 7005."""
    file, mapping = shop.folder / f"{order_no}.csv", shop.folder / "orders.yaml"
    file.write_text(f"card,order_no,ship_city,ship_phone,total\n7005,{order_no},{city},{phone},{total}\n")
    mapping.write_text(ORDERS)
    words = ("-w", str(shop.folder), "--yes", "--mapping", str(mapping), "--source", "shop")
    done = weft("import", str(file), *words)
    assert done.returncode == 0, done.stderr


def test_sure_ones_join_whatever_script_they_are_written_in(shop: Running) -> None:
    for who, member in (("u1", "7001"), ("u2", "7002"), ("u5", "7005")):
        card = f"loyalty:{member}"
        joined = person(shop, f"user_id:{who}", lambda body, card=card: card in held(body))
        assert {f"user_id:{who}", card} <= held(joined)
        assert person(shop, card)["id"] == joined["id"]


def test_the_doubtful_and_the_rest_stay_apart(shop: Running) -> None:
    person(shop, "user_id:u1", lambda body: "loyalty:7001" in held(body))
    for member in ("7003", "7004", "7006"):
        own = {each for each in held(person(shop, f"loyalty:{member}")) if not each.startswith("phone:")}
        assert own == {f"loyalty:{member}"}
    assert {proposal(shop, "unsure")[side]["value"] for side in ("left", "right")} == {"7003", "u3"}


def test_the_rating_of_a_wrong_join_falls_and_one_click_undoes_it(shop: Running) -> None:
    joined = person(shop, "user_id:u5", lambda body: "loyalty:7005" in held(body))
    context = {"externalIds": [{"type": "loyalty", "id": "7005"}], "consent": {"marketing": True}}
    agreed = {"type": "track", "event": "Card Signed", "timestamp": LATER, "context": context}
    assert shop.send(agreed).status_code == 200
    shop.until("/api/consent/user_id:u5", lambda body: body["records"], 25)
    first = rating(shop)
    assert first >= 0.95

    buys(shop, "o1", "부산", "", 150)
    person(
        shop, "user_id:u5", lambda body: "spenders" in body["audiences"] and body["traits"]["bought"] == 150
    )
    second = falls_below(shop, first)
    assert second < first
    buys(shop, "o2", "부산", "010-5151-6161", 50)
    proposed = proposal(shop, "fallen")
    assert 0.6 <= proposed["history"][-1]["confidence"] < 0.95
    assert held(person(shop, "user_id:u5")) >= {"user_id:u5", "loyalty:7005"}

    click = f"/api/identity/questions/{proposed['key']}"
    preview = shop.ask("POST", click, json={"decision": "keep_apart", "check": True})
    assert preview.status_code == 200, preview.text
    assert held(person(shop, "user_id:u5")) >= {"user_id:u5", "loyalty:7005"}
    assert shop.ask("POST", click, json={"decision": "keep_apart"}).status_code == 200

    his = person(shop, "user_id:u5", lambda body: "loyalty:7005" not in held(body))
    other = person(shop, "loyalty:7005", lambda body: "spenders" in body["audiences"])
    assert (his["id"], his["traits"]["city"], his["traits"]["bought"]) == (joined["id"], "서울", 0)
    assert "spenders" not in his["audiences"]
    assert (other["traits"]["city"], other["traits"]["bought"]) == ("부산", 200)
    assert "birth_date" in other["traits"]
    assert granted(shop, "loyalty:7005") == {"marketing"}
    assert granted(shop, "user_id:u5") == set()

    buys(shop, "o3", "서울", "", 1)
    person(shop, "loyalty:7005", lambda body: body["traits"]["bought"] == 201)
    assert "loyalty:7005" not in held(person(shop, "user_id:u5"))


def rating(shop: Running) -> float:
    links = shop.ask("GET", "/api/identity/profiles/user_id:u5/links").json()["links"]
    return next(each["confidence"] for each in links if each["kind"] == "score")


def falls_below(shop: Running, before: float) -> float:
    def fell(page: Any) -> bool:
        return any(each["kind"] == "score" and each["confidence"] < before for each in page["links"])

    links = shop.until("/api/identity/profiles/user_id:u5/links", fell, 60)["links"]
    return next(each["confidence"] for each in links if each["kind"] == "score")


def proposal(shop: Running, why: str) -> Any:
    """Return the link that is asked about."""

    def asked(page: Any) -> list[str]:
        return [each["key"] for each in page["questions"] if each["why"] == why]

    page = shop.until("/api/identity/questions", asked, 60)
    return shop.ask("GET", f"/api/identity/questions/{asked(page)[0]}").json()["link"]


def granted(shop: Running, identifier: str) -> set[str]:
    records = shop.ask("GET", f"/api/consent/{identifier}").json()["records"]
    return {each["purpose"] for each in records if each["granted"]}
