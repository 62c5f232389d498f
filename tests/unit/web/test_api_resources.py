import msgspec
import pytest
from tests.unit.web.memory import KIM_ID

from weft.definitions import Definition
from weft.model.quarantine import Quarantined
from weft.web.api.destinations import list_destinations


def test_every_resource_answers(api) -> None:
    for path in (
        "/api/overview",
        "/api/sources",
        "/api/events",
        "/api/people?q=kim",
        "/api/profiles/user_id:42",
        "/api/profiles/user_id:42/traits",
        "/api/profiles/user_id:42/audiences",
        "/api/profiles/user_id:42/deliveries",
        "/api/audiences/buyers/sizes",
        "/api/destination-kinds",
        "/api/audiences",
        "/api/audiences/buyers/members",
        "/api/signals",
        "/api/quarantine",
        "/api/quarantine/counts",
        "/api/catalogue",
        "/api/catalogue/volumes",
        "/api/traits",
        "/api/plans",
        "/api/destinations",
        "/api/deliveries?state=dead",
        "/api/denials",
        "/api/consent/user_id:42",
        "/api/tokens",
        "/api/settings",
    ):
        answer = api.ask("GET", path)
        assert answer.status_code == 200, (path, answer.text)
        assert answer.headers["content-type"] == "application/json"
        assert len(answer.headers["request-id"]) == 32


def test_a_profile_by_identifier_and_by_id(api) -> None:
    found = api.ask("GET", "/api/profiles/email:Kim@Example.com").json()
    assert found == api.ask("GET", f"/api/profiles/{KIM_ID}").json()
    assert found["id"] == str(KIM_ID)
    assert found["traits"] == {"name": "Kim", "orders": 3, "country": "KR"}
    assert found["audiences"] == {"buyers": "1970-01-01T00:00:02.000Z"}
    assert found["trait_sources"]["orders"] == "computed:abc"


def test_a_timeline_comes_in_pages(api) -> None:
    seen = []
    path = "/api/profiles/user_id:42/events?limit=3"
    before = ""
    while True:
        page = api.ask("GET", path + before).json()
        seen += [event["position"] for event in page["events"]]
        if page["next"] is None:
            break
        before = f"&before={page['next']}"
    assert seen == [7, 6, 5, 4, 3, 2, 1]
    event = api.ask("GET", path).json()["events"][0]
    assert event["properties"] == {"revenue": 10}


def test_signals_can_be_followed(api) -> None:
    numbers = [signal["number"] for signal in api.ask("GET", "/api/signals?after=1").json()]
    assert numbers == [2, 3]


def test_sources_and_keys(api) -> None:
    first = api.ask("POST", "/api/sources", json={"name": "shop"})
    assert first.status_code == 201
    second = api.ask("POST", "/api/sources/shop/keys").json()["key"]
    api.ask("DELETE", f"/api/keys/{first.json()['key']}")
    (source,) = api.ask("GET", "/api/sources").json()
    assert [(key["key"] == second, key["revoked_at"] is None) for key in source["keys"]] == [
        (True, True),
        (False, False),
    ]
    assert api.services.keys.source_of(second) == "shop"


def test_only_what_would_pass_today_is_sent_again(api) -> None:
    good = Quarantined(
        7, "no_identifier", "", 20, "shop", "Order", '{"userId":"42","event":"Order"}', "track", False
    )
    api.memory.refused.insert(0, good)
    trial = api.ask("POST", "/api/quarantine/trial", json={}).json()
    assert trial == {"checked": 4, "passing": 1, "positions": [7]}
    assert api.memory.appended == []
    assert api.ask("POST", "/api/quarantine/replay", json={"passing": True}).json() == {"events": 1}
    assert [each.body for each in api.memory.appended] == [good.body.encode()]
    assert [each.position for each in api.memory.refused] == [8, 9, 10]


def test_single_refused_events_are_sent_again(api) -> None:
    assert api.ask("POST", "/api/quarantine/replay", json={"positions": [9, 77]}).json() == {"events": 1}
    assert [each.position for each in api.memory.refused] == [8, 10]


def test_volumes_stand_under_their_days(api) -> None:
    found = api.ask("GET", "/api/catalogue/volumes").json()
    assert len(found["days"]) == 14
    assert found["days"][-1] == "1970-01-01T00:00:00.000Z"
    assert found["events"] == [{"type": "track", "name": "Order", "counts": [0] * 13 + [7]}]


def test_a_destination_tells_its_secrets_names_and_never_their_values(api, monkeypatch) -> None:
    monkeypatch.setenv("CRM_SECRET", "whsec_hidden")
    crm = Definition(
        "destinations",
        "crm",
        {"name": "crm", "type": "webhook", "secret_env": "CRM_SECRET", "enabled": False},
        "crm.yaml",
    )
    api.services = msgspec.structs.replace(api.services, definitions=(crm,))
    (found,) = list_destinations.fn(api.services)
    assert (found.enabled, found.secrets) == (False, {"CRM_SECRET": True})
    assert b"whsec_hidden" not in msgspec.json.encode(found)


def test_quarantine_is_replayed_once_as_it_was_sent(api) -> None:
    assert api.ask("GET", "/api/quarantine/counts").json() == {"no_identifier": 3}
    assert api.ask("POST", "/api/quarantine/replay", json={"reason": "bot"}).json() == {"events": 0}
    assert api.ask("POST", "/api/quarantine/replay", json={"reason": "no_identifier"}).json() == {"events": 3}
    assert [(a.body, a.source, a.received_at_us, a.default_type) for a in api.memory.appended] == [
        (b'{"event":"Order"}', "shop", position, "track") for position in (8, 9, 10)
    ]
    assert api.ask("POST", "/api/quarantine/replay", json={}).json() == {"events": 0}


def test_consent_is_recorded_with_its_proof_and_never_twice(api) -> None:
    said = {"purpose": "marketing", "granted": True, "proof": "form-1"}
    for _ in range(2):
        answer = api.ask("POST", "/api/consent/user_id:42", json=said)
        assert answer.status_code == 201
    (record,) = answer.json()["records"]
    assert (record["purpose"], record["granted"], record["message_id"]) == ("marketing", True, "form-1")


def test_a_suppression_holds_until_it_is_lifted(api) -> None:
    path = "/api/consent/user_id:42/suppressions"
    made = api.ask("POST", path, json={"reason": "complaint", "channel": "email"}).json()
    assert [(s["channel"], s["reason"]) for s in made["suppressions"]] == [("email", "complaint")]
    assert api.ask("DELETE", path).json()["suppressions"] == made["suppressions"]
    assert api.ask("DELETE", path + "?channel=email").json()["suppressions"] == []


def test_settings_hide_passwords(make_api, tmp_path) -> None:
    from msgspec.structs import replace

    from weft.config import Settings, StorageSettings

    settings = replace(Settings(), storage=StorageSettings(database="postgresql://weft:hunter2@db/weft"))
    views = {each["name"]: each for each in make_api(settings).ask("GET", "/api/settings").json()}
    assert views["storage.database"]["value"] == "postgresql://weft:***@db/weft"
    assert views["collect.port"]["variable"] == "WEFT__COLLECT__PORT"


def test_the_overview_counts(api) -> None:
    overview = api.ask("GET", "/api/overview").json()
    assert overview["audiences"] == {"buyers": 1}
    assert overview["quarantine"] == {"no_identifier": 3}
    assert (overview["events_accepted"], overview["events_behind"]) == (10, 0)


def test_health_needs_no_token_and_tells_the_sick_worker(api) -> None:
    from msgspec.structs import replace

    from weft.web.api.health import readyz
    from weft.web.api.services import WorkerStatus

    assert api.ask("GET", "/healthz", token=None).json() == {"alive": True}
    assert api.ask("GET", "/readyz", token=None).status_code == 200
    sick = replace(api.services, workers=lambda: [WorkerStatus("tick", False, 0, 4)])
    answer = readyz.fn(sick)
    assert answer.status_code == 503
    assert answer.content.workers == {"tick": False}


def test_metrics_are_for_prometheus(api) -> None:
    api.ask("GET", "/api/overview")
    text = api.ask("GET", "/metrics", token=None).text
    assert 'weft_worker_healthy{worker="tick"} 1.0' in text
    assert 'weft_quarantined_events{reason="no_identifier"} 3.0' in text
    assert 'weft_api_requests_total{method="GET",route="/api/overview",status="200"} 1.0' in text
    assert "user_id:42" not in text


@pytest.mark.parametrize(
    "path",
    ["/api/nothing", "/api", "/assets/nothing.js", "/api/audiences/none/members", "/api/profiles/user_id:9"],
)
def test_what_is_not_there_is_a_problem(api, path) -> None:
    answer = api.ask("GET", path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "not_found"
    assert problem["request_id"] == answer.headers["request-id"]
