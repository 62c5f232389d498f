import inspect

import pytest
from tests.unit.web.memory import KIM_ID

from weft import errors
from weft.errors import Misconfigured, Transient, WeftError
from weft.web.problems import STATUS, TITLES, problem_of, status_of

ALL = [each for _, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, WeftError)]


@pytest.mark.parametrize("kind", ALL)
def test_every_error_has_a_status_a_title_and_says_who_must_act(kind) -> None:
    assert kind.__doc__
    status = status_of(kind("what to do"))
    assert status in TITLES
    assert problem_of(kind("what to do")).detail == "what to do"


def test_the_table_names_only_errors() -> None:
    assert set(STATUS) <= set(ALL)


def test_several_faults_come_as_a_list() -> None:
    assert problem_of(Misconfigured("one\ntwo")).errors == ["one", "two"]
    assert problem_of(Misconfigured("one")).errors == []


def test_transient_says_when(api) -> None:
    api.memory.failure = Transient("busy", retry_after_seconds=7)
    answer = api.ask("GET", "/api/profiles/user_id:42")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")


def test_what_nobody_foresaw_tells_nothing_about_the_inside(api) -> None:
    api.memory.failure = RuntimeError("secret inside")
    answer = api.ask("GET", "/api/profiles/user_id:42")
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert "secret" not in answer.text


def test_a_bad_body_names_the_field(api) -> None:
    answer = api.ask("POST", "/api/tokens", json={"name": "x", "scopes": ["nonsense"]})
    assert answer.status_code == 400
    assert "scopes" in answer.json()["detail"]
    assert api.ask("POST", "/api/sources", json={"name": "x", "extra": 1}).status_code == 400
    assert api.ask("POST", "/api/sources", content=b"{").status_code == 400
    assert api.ask("GET", "/api/events?limit=0").status_code == 400
    assert api.ask("GET", f"/api/audiences/buyers/members?after={KIM_ID}x").status_code == 400


def test_a_wrong_method_is_405(api) -> None:
    answer = api.ask("PUT", "/api/overview")
    assert answer.status_code == 405
    assert answer.json()["code"] == "method_not_allowed"


def test_a_body_over_the_limit_is_413(api) -> None:
    answer = api.ask("POST", "/api/sources", content=b'{"name": "' + b"x" * 1_100_000 + b'"}')
    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"


def test_openapi_documents_every_route_parameter_and_failure(api) -> None:
    schema = api.ask("GET", "/api/schema/openapi.json").json()
    for path, methods in schema["paths"].items():
        for method, route in methods.items():
            name = f"{method} {path}"
            assert route.get("description") or route.get("summary"), name
            if not path.startswith("/api"):
                continue
            assert {"401", "403", "429", "503"} <= set(route["responses"]), name
            for parameter in route.get("parameters", []):
                known = parameter.get("description") or parameter["name"] in {"name", "key", "token_id"}
                assert known, f"{name}: {parameter['name']}"
    for name, kind in schema["components"]["schemas"].items():
        assert kind.get("description") or kind.get("enum") or "title" in kind, name


def test_a_body_that_nests_without_end_is_refused(api) -> None:
    body = b'{"who": ' + b'{"not": ' * 100_000 + b"{}" + b"}" * 100_001
    answer = api.ask(
        "POST", "/api/audiences/preview", content=body, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "rejected")
    assert "nested too deep" in answer.json()["detail"]
