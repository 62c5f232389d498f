from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from tests.unit.web.memory import NODE_KEY, MemoryLog, kim, services_in

from weft.config import ConsentSettings, Settings
from weft.model.access import Scope
from weft.model.audience import Audience, ConsentRule, ConsentState, NotRule
from weft.model.identifier import Identifier
from weft.model.slot import Offer, Slot
from weft.storage.database import transaction
from weft.storage.database_slots import Shown, add_shown, serve_slots, shown_of
from weft.storage.slots_in_force import served
from weft.web.api.app import api_app
from weft.web.slot_api import SlotApi
from weft.web.slot_choice import Chooser

RULE = NotRule(ConsentRule("sms", ConsentState.GRANTED))
HERO = Slot(
    "home_hero",
    "personalisation",
    (Offer("again", "buyers", {"title": "Again?"}),),
    ("open_ticket",),
    {"title": "Welcome"},
)
QUIET = Slot("quiet", "tracking", (Offer("all", "", 1),), explain=False)
ALLOWS = Settings(consent=ConsentSettings(default={"personalisation": "allow"}))


class Edge:
    """The slots on an edge, and on the engine beside it, over one person who is in the audience `buyers`."""

    def __init__(self, folder: Path, runner: Any) -> None:
        self.memory = MemoryLog()
        self.services = services_in(folder, self.memory, ALLOWS)
        self.database = self.services.database
        with transaction(self.database) as connection:
            serve_slots(connection, served([HERO, QUIET], [Audience("buyers", RULE)]))
        chooser = Chooser(self.memory, self.database, ALLOWS.consent.default, NODE_KEY)
        self.app = SlotApi(chooser, self.database, self.services.keys, self.services.tokens)
        self.key = self.services.keys.add("web").key
        self.token = self.services.tokens.create("crm", [Scope.PROFILES])[1]
        self._runner = runner

    def ask(
        self, slot: str, token: str = "", headers: dict[str, str] | None = None, method: str = "GET", **fields: str
    ) -> httpx.Response:  # fmt: skip
        transport = httpx.ASGITransport(self.app)  # pyright: ignore[reportArgumentType]
        shown = {"Authorization": f"Bearer {token}"} if token else {}

        async def get() -> httpx.Response:
            async with httpx.AsyncClient(transport=transport, base_url="http://edge") as client:
                path = f"/v1/slots/{slot}?{urlencode(fields)}"
                return await client.request(method, path, headers={**shown, **(headers or {})})

        return self._runner.run(get())


@pytest.fixture
def edge(tmp_path: Path, runner: Any, monkeypatch: pytest.MonkeyPatch) -> Edge:
    made = Edge(tmp_path, runner)
    people = {Identifier("anonymous_id", "a-1"): kim(), Identifier("user_id", "42"): kim()}
    monkeypatch.setattr(made.memory, "find", people.get)
    return made


def test_a_page_gets_what_to_show_and_the_reason(edge: Edge) -> None:
    answer = edge.ask("home_hero", anonymousId="a-1", writeKey=edge.key)
    assert answer.status_code == 200
    body = answer.json()
    said = body["reason"]["clauses"][0]["sentence"]
    assert (body["show"], body["offer"]) == ({"title": "Again?"}, "again")
    assert body["reason"] == {
        "code": "offer",
        "sentence": f"In the audience buyers: {said}.",
        "clauses": [{"sentence": said, "met": True}],
    }
    assert body.keys() == {"slot", "show", "offer", "reason", "decided_at"}
    assert "Kim" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    korean = edge.ask("home_hero", anonymousId="a-1", writeKey=edge.key, language="ko").json()
    assert korean["reason"]["sentence"].startswith("오디언스 buyers에 속합니다")
    header = {"Accept-Language": "zh-TW,zh;q=0.9"}
    chinese = edge.ask("home_hero", anonymousId="a-1", writeKey=edge.key, headers=header).json()
    assert chinese["reason"]["sentence"].startswith("屬於受眾 buyers")


def test_strangers_get_the_default_and_nothing_without_consent(edge: Edge) -> None:
    stranger = edge.ask("home_hero", anonymousId="nobody", writeKey=edge.key).json()
    assert (stranger["show"], stranger["reason"]["code"]) == ({"title": "Welcome"}, "unknown_person")
    quiet = edge.ask("quiet", anonymousId="a-1", writeKey=edge.key).json()
    assert (quiet["show"], quiet["offer"], quiet["reason"]) == (None, None, {"code": "no_consent"})


def test_a_write_key_knows_people_by_their_anonymous_id_only(edge: Edge) -> None:
    for fields in (
        {"profile": "user_id:42"},
        {"userId": "42"},
        {"anonymousId": "a-1", "profile": "user_id:42"},
    ):
        assert edge.ask("home_hero", writeKey=edge.key, **fields).status_code == 400
    by_token = edge.ask("home_hero", edge.token, profile="user_id:42")
    assert by_token.json()["offer"] == "again"


def test_others_are_refused(edge: Edge) -> None:
    reader = edge.services.tokens.create("reader", [Scope.READ])[1]
    assert edge.ask("home_hero", anonymousId="a-1").status_code == 401
    assert edge.ask("home_hero", anonymousId="a-1", writeKey="wk_none").status_code == 401
    assert edge.ask("home_hero", reader, profile="user_id:42").status_code == 403
    assert edge.ask("home_hero", edge.token, profile="42").status_code == 400
    assert edge.ask("nothing", anonymousId="a-1", writeKey=edge.key).status_code == 404
    assert edge.ask("home_hero", anonymousId="a" * 600, writeKey=edge.key).status_code == 400
    assert edge.ask("home_hero", anonymousId="a-1", writeKey=edge.key, method="POST").status_code == 405


def test_a_page_of_another_origin_may_ask(edge: Edge) -> None:
    origin = {"Origin": "https://shop.example"}
    answer = edge.ask("home_hero", anonymousId="a-1", writeKey=edge.key, headers=origin)
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    asked = {**origin, "Access-Control-Request-Headers": "authorization"}
    preflight = edge.ask("home_hero", headers=asked, method="OPTIONS")
    assert (preflight.status_code, preflight.headers["access-control-allow-headers"]) == (
        200,
        "authorization",
    )


def test_what_was_shown_is_added_up(edge: Edge) -> None:
    shown = Shown("home_hero", 20_000, "offer", "again")
    for day in (0, 0, 1):
        with transaction(edge.database) as connection:
            add_shown(connection, {Shown(shown.slot, 20_000 + day, shown.ground, shown.offer): 2})
    with edge.database.connect() as connection:
        assert shown_of(connection, 20_000) == {"home_hero": {("offer", "again"): 6}}
        assert shown_of(connection, 20_001) == {"home_hero": {("offer", "again"): 2}}


def test_the_engine_says_the_same_for_a_person(
    edge: Edge, runner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import msgspec

    services = msgspec.structs.replace(edge.services, slots=(HERO, QUIET))
    transport = httpx.ASGITransport(api_app(services))  # pyright: ignore[reportArgumentType]

    async def get(path: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://engine") as client:
            return await client.get(path, headers={"Authorization": f"Bearer {services.local_token}"})

    tried = runner.run(get("/api/slots/home_hero/decision?profile=user_id:42"))
    assert tried.status_code == 200, tried.text
    found = tried.json()
    assert (found["ground"], found["offer"], found["audience"]) == ("offer", "again", "buyers")
    assert found["walked"] == [
        {"audience": "open_ticket", "offer": "", "member": False},
        {"audience": "buyers", "offer": "again", "member": True},
    ]
    assert runner.run(get("/api/slots/none/decision?profile=user_id:42")).status_code == 404
    stranger = runner.run(get("/api/slots/home_hero/decision?profile=user_id:nobody")).json()
    assert (stranger["ground"], stranger["show"]) == ("unknown_person", {"title": "Welcome"})
