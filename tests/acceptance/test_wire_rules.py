"""Each numbered rule of the collection wire, against a real edge process."""

import base64
import gzip
import json
import resource
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from tests.acceptance.edge_process import KEY, SOURCE, Edge, edge, write_keys

TRACK = {"type": "track", "event": "Seen", "userId": "u1"}
PATHS = {"track": "t", "identify": "i", "page": "p", "screen": "s", "group": "g", "alias": "a"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    with edge(tmp_path_factory.mktemp("edge")) as running:
        yield running


def last(site: Edge) -> dict[str, object]:
    return site.rows()[-1]


def test_rule_1_the_answer_is_exactly_200_and_the_event_is_in_the_log(site: Edge) -> None:
    for path in ("/v1/track", "/v1/batch", "/v1/import", "/v1/import/", "/beacon/v1/batch"):
        answer = site.post(path, TRACK if path.endswith("track") else {"batch": [TRACK]})
        assert answer.status_code == 200
        assert answer.json() == {"success": True, "accepted": 1, "quarantined": []}
    assert [row["name"] for row in site.rows()[-5:]] == ["Seen"] * 5


def test_rule_2_errors_have_code_and_message(site: Edge) -> None:
    for body in (b"", b"no json", b"[]", b"{}", b'{"batch": 5}', b'{"batch": [{}'):
        answer = site.post("/v1/batch", body)
        assert answer.status_code == 400, body
        assert set(answer.json()) == {"success", "code", "message"}
    assert site.http.get("/v1/batch").status_code == 405
    assert set(site.http.get("/nothing").json()) >= {"code", "message"}


def test_rule_3_one_bad_event_costs_only_itself(site: Edge) -> None:
    before = len(site.rows())
    bad: list[object] = [
        7,
        None,
        {"type": "nonsense", "userId": 1},
        {"type": "track", "userId": "u"},
        {"type": "track", "event": "x"},
        {"type": "track", "event": {}, "userId": "u"},
    ]
    answer = site.post("/v1/batch", {"batch": [TRACK, *bad, TRACK]})
    assert answer.status_code == 200
    assert answer.json()["accepted"] == 2
    assert [(q["index"], q["reason"]) for q in answer.json()["quarantined"]] == [
        (1, "not_an_object"),
        (2, "not_an_object"),
        (3, "unknown_type"),
        (4, "no_event_name"),
        (5, "no_identifier"),
        (6, "bad_field"),
    ]
    assert len(site.rows()) == before + 2


def test_rule_3_holds_for_nan_which_is_no_json(site: Edge) -> None:
    body = json.dumps({"batch": [TRACK, {**TRACK, "properties": {"v": float("nan")}}, TRACK]}).encode()
    answer = site.post("/v1/batch", body)
    assert answer.json()["accepted"] == 2
    assert answer.json()["quarantined"][0]["reason"] == "bad_number"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "x/y", ""])
@pytest.mark.parametrize("encoding", ["", "gzip", "deflate", "raw-deflate"])
def test_rule_4_content_type_is_ignored_and_content_encoding_honoured(
    site: Edge, content_type: str, encoding: str
) -> None:
    body = json.dumps({"batch": [TRACK]}).encode()
    packed = {
        "": body,
        "gzip": gzip.compress(body),
        "deflate": zlib.compress(body),
        "raw-deflate": zlib.compress(body)[2:-4],
    }[encoding]
    headers = {"content-type": content_type}
    if encoding:
        headers["content-encoding"] = encoding.removeprefix("raw-")
    answer = site.http.post("/v1/batch", content=packed, headers=headers, auth=(KEY, ""))
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)


def test_rule_5_the_key_comes_from_anywhere(site: Edge) -> None:
    token = base64.b64encode(f"{KEY}:".encode()).decode()
    ways: list[tuple[dict[str, str], dict[str, str], dict[str, object]]] = [
        ({"authorization": f"Basic {token}"}, {}, {}),
        ({"authorization": f"Bearer {KEY}"}, {}, {}),
        ({"x-write-key": KEY}, {}, {}),
        ({}, {"writeKey": KEY}, {}),
        ({}, {}, {"writeKey": KEY}),
    ]
    for headers, query, extra in ways:
        for path, body in (("/v1/track", TRACK), ("/v1/batch", {"batch": [TRACK]})):
            answer = site.http.post(path, json={**body, **extra}, headers=headers, params=query)
            assert answer.status_code == 200, (headers, query, extra)
            assert site.accepted()[-1].source == SOURCE


@pytest.mark.parametrize("header", ["Basic !!!", "Basic", "Bearer other", "Digest x", "Basic /////w=="])
def test_rule_5_an_unknown_key_is_401(site: Edge, header: str) -> None:
    answer = site.http.post("/v1/track", json=TRACK, headers={"authorization": header})
    assert answer.status_code == 401
    assert answer.json()["code"] == "unknown_key"


def test_rule_5_a_null_anonymous_id_is_absent(site: Edge) -> None:
    site.post("/v1/track", {**TRACK, "anonymousId": None})
    assert last(site)["ids"] == {"user_id": "u1"}


def test_rule_5_a_revoked_key_stops_within_two_seconds(tmp_path: Path) -> None:
    with edge(tmp_path, keys={"old": "a", "new": "b"}) as own:
        assert own.post("/v1/track", TRACK, key="old").status_code == 200
        write_keys(tmp_path, {"new": "b"})
        deadline = time.monotonic() + 2
        while own.post("/v1/track", TRACK, key="old").status_code == 200 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert own.post("/v1/track", TRACK, key="old").status_code == 401
        assert own.post("/v1/track", TRACK, key="new").status_code == 200


def test_rule_6_preflight_mirrors_the_asked_headers(site: Edge) -> None:
    asked = {
        "origin": "https://shop.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,x-retry-count",
    }
    for path in ("/v1/batch", "/v1/t", "/v1/m", f"/v1/projects/{KEY}/settings"):
        answer = site.http.options(path, headers=asked)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-headers"] == asked["access-control-request-headers"]
        assert answer.headers["access-control-allow-origin"] == asked["origin"]
        assert "POST" in answer.headers["access-control-allow-methods"]
    answer = site.post("/v1/track", TRACK, origin="https://shop.example")
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"


def test_rule_7_settings(site: Edge) -> None:
    answer = site.http.get(f"/v1/projects/{KEY}/settings", headers={"origin": "https://shop.example"})
    assert answer.json() == {
        "integrations": {"Segment.io": {"apiKey": KEY}},
        "plan": {"track": {"__default": {"enabled": True}}},
    }
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert site.http.get("/v1/projects/nobody/settings").status_code == 401


def test_rule_8_back_pressure_is_429_with_a_whole_number(tmp_path: Path) -> None:
    with edge(tmp_path, behind_events=1_000) as own:
        for _ in range(3):
            own.post("/v1/batch", {"batch": [TRACK] * 400})
        deadline = time.monotonic() + 5
        answer = own.post("/v1/track", TRACK)
        while answer.status_code == 200 and time.monotonic() < deadline:
            time.sleep(0.1)
            answer = own.post("/v1/track", TRACK)
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) > 0
        assert set(answer.json()) >= {"code", "message"}


def test_rule_8_a_full_disk_is_503_and_recovers_by_itself(tmp_path: Path) -> None:
    """A limit on the size of the edge's files stands in for the disk: writes fail in the same place."""
    with edge(tmp_path) as own:
        own.post("/v1/track", TRACK)
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.prlimit(own.process.pid, resource.RLIMIT_FSIZE, (4_096, hard))
        answer = own.post("/v1/track", TRACK)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert own.http.get("/readyz").status_code == 503
        resource.prlimit(own.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        assert own.post("/v1/track", TRACK).status_code == 200
        assert own.http.get("/readyz").status_code == 200
        assert len(own.rows()) == 2


def test_rule_9_clock_skew_is_corrected(site: Edge) -> None:
    now = datetime.now(UTC)
    wrong = timedelta(days=400)
    body = {
        "batch": [
            {**TRACK, "originalTimestamp": (now - wrong - timedelta(hours=1)).isoformat()},
            {**TRACK, "timestamp": (now - wrong - timedelta(hours=2)).isoformat()},
        ],
        "sentAt": (now - wrong).isoformat(),
    }
    site.post("/v1/batch", body)
    rows = site.rows()[-2:]
    for row, hours in zip(rows, (1, 2), strict=True):
        ago = row["received_at"] - row["occurred_at"]
        assert abs(ago - timedelta(hours=hours)) < timedelta(milliseconds=1)


def test_rule_9_an_import_is_not_corrected(site: Edge) -> None:
    body = {"batch": [{**TRACK, "timestamp": "2020-02-03T04:05:06.789Z"}], "sentAt": "2021-01-01T00:00:00Z"}
    site.post("/v1/import", body)
    assert last(site)["occurred_at"] == datetime(2020, 2, 3, 4, 5, 6, 789_000)


def test_rule_10_batch_context_and_integrations_merge_into_each_event(site: Edge) -> None:
    body = {
        "batch": [TRACK, {**TRACK, "context": {"locale": "de", "own": 1}, "integrations": {"A": False}}],
        "context": {"locale": "en", "app": {"name": "x"}},
        "integrations": {"All": True},
    }
    site.post("/v1/batch", body)
    first, second = (row["context"] for row in site.rows()[-2:])
    assert first == {"locale": "en", "app": {"name": "x"}, "integrations": {"All": True}}
    assert second == {
        "locale": "de",
        "app": {"name": "x"},
        "own": 1,
        "integrations": {"All": True, "A": False},
    }


@pytest.mark.parametrize("kind", PATHS)
def test_rule_11_every_type_has_a_long_and_a_short_path(site: Edge, kind: str) -> None:
    body = {"userId": "u1", "event": "E", "name": "N", "groupId": "G", "previousId": "old"}
    names = {"track": "E", "page": "N", "screen": "N", "group": "G"}
    for path in (f"/v1/{kind}", f"/v1/{PATHS[kind]}"):
        assert site.post(path, body).json()["accepted"] == 1
        assert (last(site)["type"], last(site)["name"]) == (kind, names.get(kind, ""))


def test_rule_11_short_batch_metrics_and_beacon(site: Edge) -> None:
    assert site.post("/v1/b", {"batch": [TRACK]}).json()["accepted"] == 1
    assert site.http.post("/v1/m", content=b'{"series":[]}').status_code == 200
    beacon = site.http.post(
        f"/beacon/v1/batch?writeKey={KEY}",
        content=json.dumps({"batch": [TRACK]}),
        headers={"content-type": "text/plain"},
    )
    assert beacon.json()["accepted"] == 1


def test_rule_11_the_pixel(site: Edge) -> None:
    query = {
        "writeKey": KEY,
        "userId": "p1",
        "event": "Mail opened",
        "properties": '{"mail": 7}',
        "context.locale": "fr",
    }
    answer = site.http.get("/pixel/v1/track", params=query)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
    row = last(site)
    assert (row["name"], row["properties"], row["context"]["locale"]) == ("Mail opened", {"mail": 7}, "fr")
    data = base64.b64encode(json.dumps({**TRACK, "writeKey": KEY, "type": "page", "name": "Home"}).encode())
    assert site.http.get("/pixel/v1/page", params={"data": data.decode()}).status_code == 200
    assert last(site)["name"] == "Home"


def test_rule_12_a_message_keeps_its_id_and_one_without_gets_a_stable_one(site: Edge) -> None:
    site.post("/v1/track", {**TRACK, "messageId": "m-1"})
    assert last(site)["message_id"] == "m-1"
    site.post("/v1/track", TRACK)
    row = last(site)
    assert row["message_id"].startswith(f"weft-{row['position']}-")
    assert last(site)["message_id"] == row["message_id"]


def test_the_limits_are_413_or_quarantine(site: Edge) -> None:
    assert site.post("/v1/batch", {"batch": [TRACK] * 2_501}).json()["code"] == "too_many"
    assert site.post("/v1/batch", {"batch": [{**TRACK, "x": "y" * 600_000}]}).status_code == 413
    answer = site.post("/v1/batch", {"batch": [TRACK, {**TRACK, "properties": {"x": "y" * 33_000}}]})
    assert answer.json()["quarantined"][0]["reason"] == "too_large"


def test_an_unknown_length_is_counted_while_it_comes_in(site: Edge) -> None:
    answer = site.http.post("/v1/batch", content=iter([b"x" * 100_000] * 6), auth=(KEY, ""))
    assert answer.status_code == 413


def test_operations(site: Edge) -> None:
    assert site.http.get("/healthz").status_code == 200
    assert site.http.get("/readyz").status_code == 200
    text = site.http.get("/metrics").text
    assert 'weft_collect_events_total{outcome="accepted"' in text
    assert "weft_log_commit_seconds_bucket" in text
    assert site.http.get("/v1/spaces/x/profiles").text == "profile /v1/spaces/x/profiles"


def test_a_browser_is_described_and_its_address_truncated(site: Edge) -> None:
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) Version/17.2 Mobile/15E148 Safari/604.1"
    site.post("/v1/track", TRACK, user_agent=agent)
    context = last(site)["context"]
    assert context["ip"] == "127.0.0.0"
    assert (context["client"]["os"], context["client"]["device"]) == ("iOS", "mobile")
    assert site.accepted()[-1].ip == "127.0.0.0"


def test_httpx_is_no_browser(site: Edge) -> None:
    site.post("/v1/track", TRACK)
    assert site.accepted()[-1].ip == ""
    assert httpx.__name__ not in site.accepted()[-1].user_agent
