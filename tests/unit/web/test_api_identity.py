"""Stewards merge and split through the API, over a real tick and a real projection."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.unit.web.memory import LOCAL_TOKEN, MemoryLog, services_in
from tests.unit.workers.engine import KEY, RULES, Engine, event

from weft.clock import us_of
from weft.model.identifier import Identifier, node_id
from weft.model.term_counts import Frequencies
from weft.storage.database import transaction
from weft.storage.database_frequencies import Counted, add_frequencies
from weft.storage.database_steward import StewardEdges
from weft.storage.duckdb_evidence_read import EvidenceReader
from weft.storage.duckdb_foresee import RulesPreview
from weft.storage.duckdb_ownership import Ownership
from weft.storage.duckdb_quality import QualityReader
from weft.storage.duckdb_questions import Questions
from weft.storage.duckdb_tick import Batch
from weft.web.api.app import api_app
from weft.workers.identity_days import IdentityDays
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
        self.ownership = Ownership(engine.warehouse, RULES)
        services = msgspec.structs.replace(
            services_in(folder / "api", MemoryLog()),
            database=engine.database,
            profiles=engine.profiles,
            node_key=KEY,
            rules=RULES,
            evidence=EvidenceReader(engine.warehouse, RULES),
            stewarding=stewarding,
            ownership=self.ownership,
            questions=Questions(engine.warehouse),
            quality=QualityReader(engine.warehouse, RULES),
            clock=lambda: us_of(engine.now),
            foreseeing=RulesPreview(engine.warehouse, KEY, RULES, StewardEdges(engine.database)),
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
            event(3, "phone:55512", "email:a@x.example"),
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


def test_a_change_is_shown_while_profiles_have_yet_to_follow_the_one_before(shop: Shop) -> None:
    engine = shop.engine
    engine.note(engine.edge("split", ["phone:55512"], ["user_id:1", "email:a@x.example"]))
    engine.store.apply(Batch(engine.position, engine.now), lambda _: [])  # and nothing is projected
    looked = shop.post("link", left="user_id:1", right="phone:55512", check=True)
    assert looked["moved"]
    [after] = looked["after"]
    held = {f"{each['namespace']}:{each['value']}" for each in after["identifiers"]}
    assert held == {"user_id:1", "email:a@x.example", "phone:55512"}


def test_who_is_kept_apart_is_apart_whatever_else_makes_them_one(shop: Shop) -> None:
    shop.engine.take(event(9, "user_id:3"))
    for left, right in (("user_id:1", "user_id:2"), ("user_id:2", "user_id:3"), ("user_id:3", "user_id:1")):
        shop.post("link", left=left, right=right)
    assert shop.id("user_id:1") == shop.id("user_id:2") == shop.id("user_id:3")
    said = shop.post("unlink", left="user_id:2", right="user_id:3")
    assert [each["kind"] for each in said["edges"]] == ["retract", "apart"]
    assert shop.id("user_id:2") != shop.id("user_id:3") == shop.id("user_id:1")


def test_nobody_is_linked_with_herself(shop: Shop) -> None:
    refused = shop.post("link", 400, left="user_id:1", right="user_id:1")
    assert "name two" in refused["detail"]
    assert shop.ask("GET", "edges") == []


def test_why_two_are_one(shop: Shop) -> None:
    told = shop.ask("GET", "explain", params={"left": "user_id:1", "right": "phone:55512"})
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
    looked = shop.post("split", identifiers=["phone:55512"], check=True)
    assert len(looked["after"]) == 2
    shop.post("split", identifiers=["phone:55512"])
    assert shop.id("phone:55512") != shop.id("user_id:1")
    links = shop.ask("GET", "profiles/phone:55512/links")["links"]
    assert [(each["refused"], each["steward"]) for each in links] == [("apart", 1)]
    shop.engine.take(event(9, "user_id:1", "phone:55512"))
    page = shop.ask("GET", "questions")
    [asked] = page["questions"]
    assert (asked["why"], page["total"]) == ("after_split", 1)
    shop.post(f"questions/{asked['key']}", decision="keep_apart")
    page = shop.ask("GET", "questions")
    assert (page["questions"], page["total"]) == ([], 0)
    told = shop.ask("GET", "explain", params={"left": "user_id:1", "right": "phone:55512"})
    assert [each["kind"] for each in told["edges"]] == ["split", "apart"]
    merged = shop.post("link", left="phone:55512", right="user_id:1")
    assert [each["kind"] for each in merged["edges"]] == ["retract", "retract", "same"]
    assert shop.id("phone:55512") == shop.id("user_id:1")


def test_an_answer_names_everybody_on_both_sides_and_is_held_against_the_confidence(shop: Shop) -> None:
    shop.post("split", identifiers=["phone:55512"])
    shop.engine.take(event(9, "user_id:1", "phone:55512"), event(10, "phone:55512", "crm:7"))
    [asked] = shop.ask("GET", "questions")["questions"]
    said = shop.post(f"questions/{asked['key']}", decision="keep_apart", reason="his father's phone")
    [edge] = said["edges"]
    sides = [sorted(each["value"] for each in edge[side]) for side in ("left", "right")]
    assert sorted(sides) == [["1", "a@x.example"], ["55512", "7"]]
    assert edge["reason"] == "his father's phone"
    quality = shop.ask("GET", "quality")
    [told] = quality["calibration"]["bins"]
    assert (told["answers"], told["observed"], quality["calibration"]["ece"]) == (1, 0.0, None)
    assert told["predicted"] == pytest.approx(asked["confidence"])
    shop.post("retract", number=edge["number"])
    quality = shop.ask("GET", "quality")
    assert quality["calibration"]["answers"] == 0
    assert quality["frequencies"] is None


def test_when_values_were_last_counted_is_told(shop: Shop) -> None:
    for at_us, nodes in ((1_000_000, 200), (2_000_000, 400)):
        with transaction(shop.engine.database) as connection:
            add_frequencies(connection, Counted("m", at_us, Frequencies(nodes, nodes - 1, {})))
    told = {"at": "1970-01-01T00:00:02.000Z", "nodes": 400, "people": 399}
    assert shop.ask("GET", "quality")["frequencies"] == told


def test_who_had_the_tablet_when_and_by_which_log_in(shop: Shop) -> None:
    tablet, hour = "anonymous_id:tablet", timedelta(hours=1)
    start = shop.engine.now
    shop.engine.take(
        event(20, "user_id:1", tablet, at=start),
        event(21, "user_id:2", tablet, at=start + 2 * hour),
        event(22, tablet, at=start + hour),
        event(23, tablet, at=start + 3 * hour),
        event(24, tablet, at=start - hour),
    )
    page = shop.ask("GET", "profiles/user_id:1/links")
    stays = [(each["owner"]["value"], each["profile_id"], each["until"] is None) for each in page["stays"]]
    assert stays == [("1", shop.id("user_id:1"), False), ("2", shop.id("user_id:2"), True)]
    logged_in = {}
    for hours in (-1, 1, 3):
        found = shop.ownership.log_in(
            node_id(KEY, Identifier("anonymous_id", "tablet")), us_of(start + hours * hour)
        )
        assert found is not None
        logged_in[hours] = found.owner.value, found.at_us - us_of(start)
    assert logged_in == {-1: ("1", 0), 1: ("1", 0), 3: ("2", 2 * 3_600_000_000)}


def test_links_are_limited_and_say_how_many_there_are(shop: Shop) -> None:
    page = shop.ask("GET", "profiles/user_id:1/links", params={"limit": 1})
    assert (len(page["links"]), page["total"], page["merge"], page["review"]) == (1, 2, 0.95, 0.6)
    assert page["links"][0]["reason"].startswith(
        ("user_id:1 and", "email:a@x.example and", "phone:55512 and")
    )


def test_quality_is_held_against_a_week_ago_or_the_oldest_day(shop: Shop) -> None:
    engine = shop.engine
    days = IdentityDays(engine.database, engine.warehouse, RULES, lambda: us_of(engine.now))
    days.step()
    days.step()
    assert shop.ask("GET", "quality")["before"] is None
    before = shop.ask("GET", "quality")["now"]
    engine.now += timedelta(days=2)
    shop.post("link", left="user_id:1", right="user_id:2")
    days.step()
    found = shop.ask("GET", "quality")
    assert found["before"] == before
    assert (found["now"]["people"], found["now"]["merged"]) == (before["people"] - 1, before["merged"] + 1)
    engine.now += timedelta(days=7)
    assert shop.ask("GET", "quality")["before"]["people"] == found["now"]["people"]


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("split", {"identifiers": ["user_id:1", "user_id:2"]}, 400, "not in the profile"),
        ("split", {"identifiers": ["user_id:2"]}, 400, "leave at least one out"),
        ("split", {"identifiers": ["user_id:77"]}, 404, "not known"),
        ("link", {"left": "nobody", "right": "user_id:1"}, 400, "Name a profile"),
        ("unlink", {"left": "user_id:1", "right": "user_id:1"}, 400, "same identifier"),
        ("retract", {"number": 5}, 404, "no edge 5 in force"),
        ("questions/00000000-0000-0000-0000-000000000000", {"decision": "merge"}, 404, "no such question"),
    ],
)
def test_what_cannot_be_is_told(shop: Shop, path: str, body: dict[str, Any], status: int, said: str) -> None:
    assert said in shop.post(path, status, **body)["detail"]


def test_a_dry_run_of_rules_says_who_would_be_whom_and_changes_nobody(shop: Shop) -> None:
    before = shop.engine.served()
    found = shop.post("rules/preview", namespaces={"email": {"blocked": ["a@*"]}})
    would = found["would"]
    assert found["faults"] == []
    assert (would["splitting"], would["parts"], would["after"] - would["before"]) == (1, 3, 2)
    assert would["blocked"] == {"new": 1, "gone": 0}
    [split] = would["splits"]
    assert split["whole"]["profile_id"] == shop.id("user_id:1")
    assert [each["exists"] for each in split["parties"]].count(True) == 1
    assert {each["why"] for each in split["ties"]} == {"blocked"}
    assert would["causes"] == [{"why": "blocked", "namespace": "email", "merging": 0, "splitting": 1}]
    assert shop.engine.served() == before


def test_a_dry_run_tells_every_fault_with_its_place(shop: Shop) -> None:
    found = shop.post("rules/preview", merge=2, namespaces={"email": {"bits": -1, "blokced": []}, "A B": {}})
    assert found["would"] is None
    assert [each["at"] for each in found["faults"]] == [
        "merge",
        "namespaces.email",
        "namespaces.email.bits",
        "namespaces.A B",
    ]
    assert "did you mean `blocked`" in found["faults"][1]["message"]


def test_rules_become_a_file_and_nobody_overwrites_anothers(shop: Shop) -> None:
    shown = shop.ask("GET", "rules")
    assert (shown["definition"], shown["version"]) == ({}, "")
    assert shown["in_force"]["namespaces"]["user_id"]["most_profiles"] == 3
    assert shown["defaults"]["namespaces"]["user_id"]["most_profiles"] == 10
    body = {"merge": 0.9, "namespaces": {"phone": {"half_life_days": 730}}}
    checked = shop.ask("PUT", "rules?version=&check=true", json=body)
    assert checked["written"] is False
    saved = shop.ask("PUT", "rules?version=", json=body)
    assert (saved["path"], saved["written"]) == ("definitions/identity/rules.yaml", True)
    again = shop.ask("PUT", "rules?version=", 400, json=body)
    assert again["code"] == "name_taken"
    late = shop.ask("PUT", "rules?version=other", 400, json=body)
    assert late["code"] == "changed_meanwhile"
    bad = shop.ask("PUT", f"rules?version={saved['version']}", 400, json={"merge": 2, "others": 5})
    assert "merge" in bad["detail"]
    assert "others" in bad["detail"]
