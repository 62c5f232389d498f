"""Stewards merge and split through the API, over a real tick and a real projection."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.unit.web.memory import LOCAL_TOKEN, MemoryLog, services_in
from tests.unit.workers.engine import KEY, RULES, Engine, event

from weft.storage.duckdb_evidence_read import EvidenceReader
from weft.web.api.app import api_app
from weft.workers.stewarding import Stewarding


class Shop:
    """The API over an engine that a test drives by hand."""

    def __init__(self, folder: Path, runner: asyncio.Runner) -> None:
        (folder / "api").mkdir()
        self.engine = engine = Engine(folder / "e")
        stewarding = Stewarding(
            engine.database,
            engine.warehouse,
            engine.store,
            engine.compiled,
            lambda: engine.now,
            engine.projector.step,
        )
        services = msgspec.structs.replace(
            services_in(folder / "api", MemoryLog()),
            database=engine.database,
            profiles=engine.profiles,
            node_key=KEY,
            rules=RULES,
            evidence=EvidenceReader(engine.warehouse, RULES),
            stewarding=stewarding,
        )
        application: Any = api_app(services)
        transport = httpx.ASGITransport(application)
        headers = {"Authorization": f"Bearer {LOCAL_TOKEN}"}
        self._client = httpx.AsyncClient(transport=transport, base_url="http://weft", headers=headers)
        self._runner = runner

    def ask(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        answer = self._runner.run(self._client.request(method, f"/api/identity/{path}", **options))
        assert answer.status_code == status, answer.text
        return answer.json()

    def post(self, path: str, status: int = 200, **body: Any) -> Any:
        return self.ask("POST", path, status, json=body)

    def id(self, name: str) -> str:
        return str(self.engine.who(name).profile_id)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with asyncio.Runner() as runner:
        made = Shop(tmp_path, runner)
        made.engine.take(
            event(1, "user_id:1", "email:a@x.example", type="identify", country="KR"),
            event(2, "user_id:2", name="Order Completed", revenue=5, consent='{"marketing": true}'),
            event(3, "phone:12345", "email:a@x.example"),
        )
        yield made
        made.engine.close()


def test_a_merge_is_shown_before_it_is_made_and_can_be_taken_back(shop: Shop) -> None:
    before = shop.engine.served()
    pair = {"left": "user_id:1", "right": "user_id:2", "reason": "she said so"}
    looked = shop.post("link", **pair, check=True)
    assert shop.engine.served() == before
    assert not looked["edges"]
    assert (looked["moved"], len(looked["before"]), len(looked["after"])) == (1, 2, 1)
    [after] = looked["after"]
    assert after["traits"]["revenue"] == 5
    assert after["audiences"] == ["korea"]
    assert [each["purpose"] for each in after["consents"]] == ["marketing"]
    made = shop.post("link", **pair)
    assert made["after"] == looked["after"]
    assert [(each["kind"], each["by"], each["reason"]) for each in made["edges"]] == [
        ("same", "this machine", "she said so")
    ]
    assert shop.id("user_id:1") == shop.id("user_id:2") == after["profile_id"]
    undone = shop.post("unlink", left="user_id:1", right="user_id:2")
    assert [each["kind"] for each in undone["edges"]] == ["retract"]
    assert shop.engine.served() == before
    assert [each["in_force"] for each in shop.ask("GET", "edges")] == [False, False]


def test_why_two_are_one(shop: Shop) -> None:
    told = shop.ask("GET", "explain", params={"left": "user_id:1", "right": "phone:12345"})
    assert told["same"]
    assert [(each["left"]["namespace"], each["right"]["namespace"]) for each in told["path"]]
    assert len(told["path"]) == 2
    for each in told["path"]:
        assert each["confidence"] >= told["confidence"] > 0.9
        [evidence] = each["history"]
        assert sum(evidence["fields"].values()) == evidence["bits"]
    apart = shop.ask("GET", "explain", params={"left": "user_id:1", "right": "user_id:2"})
    assert (apart["same"], apart["path"], apart["between"]) == (False, [], [])


def test_a_split_and_what_it_says_of_links_to_come(shop: Shop) -> None:
    looked = shop.post("split", identifiers=["phone:12345"], check=True)
    assert len(looked["after"]) == 2
    shop.post("split", identifiers=["phone:12345"])
    assert shop.id("phone:12345") != shop.id("user_id:1")
    links = shop.ask("GET", "profiles/phone:12345/links")
    assert [(each["refused"], each["steward"]) for each in links] == [("apart", 1)]
    shop.engine.take(event(9, "user_id:1", "phone:12345"))
    [asked] = shop.ask("GET", "reviews")
    assert asked["why"] == "after_split"
    shop.post(f"reviews/{asked['link']['key']}", decision="keep_apart")
    assert shop.ask("GET", "reviews") == []
    told = shop.ask("GET", "explain", params={"left": "user_id:1", "right": "phone:12345"})
    assert [each["kind"] for each in told["edges"]] == ["split", "apart"]
    merged = shop.post("link", left="phone:12345", right="user_id:1")
    assert [each["kind"] for each in merged["edges"]] == ["retract", "retract", "same"]
    assert shop.id("phone:12345") == shop.id("user_id:1")


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("split", {"identifiers": ["user_id:1", "user_id:2"]}, 400, "not in the profile"),
        ("split", {"identifiers": ["user_id:2"]}, 400, "leave at least one out"),
        ("split", {"identifiers": ["user_id:77"]}, 404, "not known"),
        ("link", {"left": "nobody", "right": "user_id:1"}, 400, "Name a profile"),
        ("unlink", {"left": "user_id:1", "right": "user_id:1"}, 400, "same identifier"),
        ("retract", {"number": 5}, 404, "no edge 5 in force"),
        ("reviews/00000000-0000-0000-0000-000000000000", {"decision": "merge"}, 404, "no such link"),
    ],
)
def test_what_cannot_be_is_told(shop: Shop, path: str, body: dict[str, Any], status: int, said: str) -> None:
    assert said in shop.post(path, status, **body)["detail"]
