from base64 import b64encode

import pytest
from msgspec.structs import replace

from weft.config import ApiSettings, Settings
from weft.model.access import Scope

ADMIN_ONLY = ("GET", "/api/tokens"), ("GET", "/api/settings"), ("POST", "/api/links")
WRITING = ("POST", "/api/sources"), ("POST", "/api/quarantine/replay"), ("POST", "/api/deliveries/replay")
PERSONAL = ("GET", "/api/profiles/user_id:42"), ("GET", "/api/events"), ("GET", "/api/quarantine")
READING = ("GET", "/api/overview"), ("GET", "/api/sources"), ("GET", "/api/catalogue")


def token(api, *scopes: Scope) -> str:
    return api.services.tokens.create("test", scopes)[1]


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        (Scope.READ, READING),
        (Scope.WRITE, READING + WRITING),
        (Scope.PROFILES, PERSONAL),
        (Scope.ADMIN, ADMIN_ONLY + WRITING + PERSONAL + READING),
    ],
)
def test_a_scope_opens_its_routes_and_no_others(api, scope, allowed) -> None:
    secret = token(api, scope)
    for route in ADMIN_ONLY + WRITING + PERSONAL + READING:
        answer = api.ask(*route, token=secret, **({"json": {}} if route[0] == "POST" else {}))
        if route in allowed:
            assert answer.status_code not in (401, 403), route
        else:
            assert answer.status_code == 403, route
            assert answer.json()["code"] == "denied"


def test_every_route_under_api_is_guarded(api) -> None:
    schema = api.ask("GET", "/api/schema/openapi.json", token=None).json()
    routes = [(m, p) for p, methods in schema["paths"].items() if p.startswith("/api") for m in methods]
    assert len(routes) > 25
    for method, path in routes:
        nobody = "00000000-0000-0000-0000-000000000000"
        filled = path.replace("{key}", nobody).replace("{plan_id}", nobody).replace("{name}", "user_id:42")
        filled = filled.replace("{token_id}", "x").replace("{position}", "1").replace("{number}", "1")
        answer = api.ask(method.upper(), filled, token=None)
        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"] == 'Bearer realm="weft"'


def test_basic_auth_takes_the_token_as_user_name(api) -> None:
    basic = b64encode(f"{token(api, Scope.READ)}:".encode()).decode()
    headers = {"Authorization": f"Basic {basic}"}
    assert api.ask("GET", "/api/overview", token=None, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer x", "Basic !!!", "Basic /w==", "Digest x", "Bearer " + "x" * 999]
)
def test_a_bad_credential_is_401(api, value) -> None:
    answer = api.ask("GET", "/api/overview", token=None, headers={"Authorization": value})
    assert answer.status_code == 401
    assert "weft token new" in answer.json()["detail"]


def test_a_token_over_its_rate_is_told_when_to_come_back(make_api) -> None:
    api = make_api(replace(Settings(), api=ApiSettings(requests_per_minute=6)))
    secret = token(api, Scope.READ)
    statuses = [api.ask("GET", "/api/sources", token=secret).status_code for _ in range(3)]
    assert statuses == [200, 429, 429]
    answer = api.ask("GET", "/api/sources", token=secret)
    assert 1 <= int(answer.headers["retry-after"]) <= 11
    assert answer.json()["code"] == "too_many"
    assert api.ask("GET", "/api/sources", token=token(api, Scope.READ)).status_code == 200
