from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace
from tests.unit.web.memory import KIM_ID, NODE_KEY, MemoryLog, services_in

from weft.config import ApiSettings, ConsentSettings, Settings
from weft.model.access import Scope
from weft.web.profile_api import profile_api

BASE = "/v1/spaces/shop/collections/users/profiles/"


class Edge:
    def __init__(self, folder: Path, runner: Any, settings: Settings) -> None:
        self.memory = MemoryLog()
        self.services = services_in(folder, self.memory, settings)
        app: Any = profile_api(
            profiles=self.memory,
            tokens=self.services.tokens,
            database=self.services.database,
            settings=settings,
            node_key=NODE_KEY,
            engine_url=lambda: None,
        )
        self.secret = self.services.tokens.create("crm", [Scope.PROFILES])[1]
        self._runner = runner
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://edge")

    def get(self, path: str, secret: str | None = "", method: str = "GET") -> httpx.Response:
        headers = {}
        if secret is not None:
            pair = f"{secret or self.secret}:".encode()
            headers["Authorization"] = f"Basic {b64encode(pair).decode()}"
        return self._runner.run(self._client.request(method, path, headers=headers))

    def kim(self, rest: str) -> dict[str, Any]:
        answer = self.get(f"{BASE}user_id:42/{rest}")
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def make_edge(tmp_path: Path, runner: Any) -> Callable[[Settings], Edge]:
    return lambda settings: Edge(tmp_path, runner, settings)


@pytest.fixture
def edge(make_edge: Callable[[Settings], Edge]) -> Edge:
    return make_edge(Settings())


def test_traits_with_audiences_as_booleans(edge) -> None:
    body = edge.kim("traits")
    assert body["traits"] == {"name": "Kim", "orders": 3, "country": "KR", "buyers": True}
    assert body["cursor"] == {
        "url": BASE.replace(":", "%3A") + "user_id%3A42/traits",
        "has_more": False,
        "next": "",
        "limit": 10,
    }
    assert body["as_of"] == "1970-01-01T00:00:04.000Z"


def test_traits_can_be_chosen_by_name_and_by_class(edge) -> None:
    assert edge.kim("traits?include=name,orders,nothing")["traits"] == {"name": "Kim", "orders": 3}
    assert edge.kim("traits?class=computed")["traits"] == {"orders": 3}
    assert edge.kim("traits?class=audience,computed")["traits"] == {"buyers": True, "orders": 3}
    assert edge.kim("traits?class=identify")["traits"] == {"country": "KR", "name": "Kim"}


def test_verbose_says_where_each_trait_came_from(edge) -> None:
    assert edge.kim("traits?verbose=true&include=orders")["metadata"] == {
        "orders": {"class": "computed", "source": "computed:abc"}
    }
    assert "metadata" not in edge.kim("traits")


def test_pages_follow_the_cursor_to_the_end(edge) -> None:
    seen: dict[str, Any] = {}
    after = ""
    pages = 0
    while True:
        body = edge.kim(f"traits?limit=3&next={after}")
        seen |= body["traits"]
        pages += 1
        after = body["cursor"]["next"]
        if not body["cursor"]["has_more"]:
            break
    assert pages == 2
    assert set(seen) == {"buyers", "country", "name", "orders"}


def test_external_ids_with_confidence(edge) -> None:
    body = edge.kim("external_ids")
    assert [(each["type"], each["id"], each["confidence"]) for each in body["data"]] == [
        ("email", "kim@example.com", 1.0),
        ("user_id", "42", 1.0),
    ]
    assert [each["type"] for each in edge.kim("external_ids?include=email")["data"]] == ["email"]


def test_metadata_and_links(edge) -> None:
    assert edge.kim("metadata")["metadata"] == {
        "profile_id": str(KIM_ID),
        "created_at": "1970-01-01T00:00:01.000Z",
        "updated_at": "1970-01-01T00:00:03.000Z",
        "events": 5,
        "timezone": None,
        "position": 7,
    }
    assert edge.kim("links")["data"] == []


def test_consent_is_what_the_gate_would_say(make_edge) -> None:
    from tests.unit.web.memory import KIM

    from weft.model.consent import ConsentRecord
    from weft.model.identifier import node_id
    from weft.storage.database import transaction
    from weft.storage.database_consent import record_consent

    edge = make_edge(replace(Settings(), consent=ConsentSettings({"service": "allow", "marketing": "allow"})))
    no = ConsentRecord(node_id(NODE_KEY, KIM), "marketing", False, 1, "web", "m1")
    with transaction(edge.services.database) as connection:
        record_consent(connection, [no])
    body = edge.kim("consent")
    assert body["consent"]["marketing"] == {"allowed": False, "because": "refused"}
    assert body["consent"]["service"] == {"allowed": True, "because": "default:allow"}
    assert body["suppressed"] == []


@pytest.mark.parametrize("name", ["user_id:42", "email:KIM@example.com", f"profile_id:{KIM_ID}"])
def test_a_profile_by_any_of_its_names(edge, name) -> None:
    assert edge.get(f"{BASE}{name}/metadata").status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (BASE + "user_id:43/traits", 404, "not_found"),
        (BASE + "email:nonsense/traits", 404, "not_found"),
        (BASE + "user_id:42/nonsense", 404, "not_found"),
        (BASE.replace("users", "accounts") + "user_id:42/traits", 404, "not_found"),
        ("/v1/spaces/shop", 404, "not_found"),
        (BASE + "42/traits", 400, "rejected"),
        (BASE + "profile_id:x/traits", 400, "rejected"),
        (BASE + "user_id:42/traits?limit=0", 400, "rejected"),
        (BASE + "user_id:42/traits?limit=201", 400, "rejected"),
        (BASE + "user_id:42/traits?limit=x", 400, "rejected"),
        (BASE + "user_id:42/traits?verbose=1", 400, "rejected"),
        (BASE + "user_id:42/traits?class=x", 400, "rejected"),
        (BASE + "user_id:42/traits?nonsense=1", 400, "rejected"),
        (BASE + "user_id:42/events", 503, "transient"),
    ],
)
def test_errors_have_a_code_a_message_and_a_request_id(edge, path, status, code) -> None:
    answer = edge.get(path)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert error["code"] == code
    assert error["message"]
    assert len(answer.headers["request-id"]) == 32
    assert answer.headers["content-type"] == "application/json"


def test_only_a_token_with_the_scope_comes_in(edge) -> None:
    path = BASE + "user_id:42/traits"
    assert edge.get(path, secret=None).status_code == 401
    assert edge.get(path, secret="weft_nonsense").status_code == 401
    other = edge.services.tokens.create("bi", [Scope.READ])[1]
    assert edge.get(path, secret=other).status_code == 403
    assert edge.get(path, method="POST").status_code == 405


def test_a_token_over_its_rate_waits(make_edge) -> None:
    edge = make_edge(replace(Settings(), api=ApiSettings(profile_requests_per_second=2)))
    answers = [edge.get(BASE + "user_id:42/metadata") for _ in range(5)]
    assert [a.status_code for a in answers[:2]] == [200, 200]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_what_nobody_foresaw_is_500_without_details(edge) -> None:
    edge.memory.failure = RuntimeError("kim@example.com")
    answer = edge.get(BASE + "user_id:42/traits")
    assert answer.status_code == 500
    assert "kim" not in answer.text
