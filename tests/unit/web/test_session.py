from weft.model.access import Scope, TokenKind


def sign_in(api, scope: Scope = Scope.ADMIN) -> dict[str, str]:
    """Return the cookie of a browser that opened a link."""
    _, link = api.services.tokens.create("link", [scope], TokenKind.LINK, 60)
    answer = api.ask("GET", f"/enter?link={link}", token=None)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    return {"Cookie": answer.headers["set-cookie"].split(";")[0]}


def test_a_link_signs_a_browser_in_once(api) -> None:
    _, link = api.services.tokens.create("link", [Scope.READ], TokenKind.LINK, 60)
    answer = api.ask("GET", f"/enter?link={link}", token=None)
    cookie = answer.headers["set-cookie"]
    assert ("HttpOnly" in cookie, "SameSite=strict" in cookie, "Path=/;" in cookie) == (True, True, True)
    assert answer.headers["cache-control"] == "no-store"
    who = api.ask("GET", "/api/session", token=None, headers={"Cookie": cookie.split(";")[0]}).json()
    assert (who["kind"], who["scopes"], who["name"]) == ("session", ["read"], "browser")
    assert who["expires_at"] > who["now"]
    again = api.ask("GET", f"/enter?link={link}", token=None)
    assert (again.status_code, "set-cookie" in again.headers) == (401, False)
    assert "weft token link" in again.text
    assert api.ask("GET", "/enter", token=None).status_code == 401


def test_a_session_is_no_bearer_of_another_kind(api) -> None:
    secret = api.services.tokens.create("deploy", [Scope.ADMIN])[1]
    cookie = {"Cookie": f"weft_session={secret}"}
    assert api.ask("GET", "/api/session", token=None, headers=cookie).status_code == 401
    assert api.ask("GET", "/api/session", token=None).status_code == 401
    assert api.ask("GET", "/api/session", token=secret).json()["csrf"] == ""


def test_a_cookie_changes_nothing_without_its_csrf_token(api) -> None:
    cookie, other = sign_in(api), sign_in(api)
    csrf = api.ask("GET", "/api/session", token=None, headers=cookie).json()["csrf"]
    foreign = api.ask("GET", "/api/session", token=None, headers=other).json()["csrf"]
    assert len(csrf) > 40
    assert csrf != foreign

    def add(name: str, **headers: str):
        shown = {**cookie, **headers}
        return api.ask("POST", "/api/sources", token=None, json={"name": name}, headers=shown)

    for headers in ({}, {"X-Weft-CSRF": ""}, {"X-Weft-CSRF": foreign}, {"X-Weft-CSRF": "é"}):
        refused = add("one", **{name: value.encode("latin-1") for name, value in headers.items()})
        assert (refused.status_code, refused.json()["code"]) == (403, "csrf")
    assert add("one", **{"X-Weft-CSRF": csrf}).status_code == 201
    assert [each["name"] for each in api.ask("GET", "/api/sources").json()] == ["one"]


def test_a_token_by_header_needs_no_csrf_token(api) -> None:
    assert api.ask("POST", "/api/sources", json={"name": "one"}, headers=sign_in(api)).status_code == 201


def test_signing_out_ends_the_session_at_once(api) -> None:
    cookie = sign_in(api)
    csrf = api.ask("GET", "/api/session", token=None, headers=cookie).json()["csrf"]
    assert api.ask("DELETE", "/api/session", token=None, headers=cookie).status_code == 403
    answer = api.ask("DELETE", "/api/session", token=None, headers={**cookie, "X-Weft-CSRF": csrf})
    assert answer.status_code == 204
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert api.ask("GET", "/api/session", token=None, headers=cookie).status_code == 401


def test_the_secret_of_a_session_is_stored_as_a_hash(api, tmp_path) -> None:
    secret = sign_in(api)["Cookie"].partition("=")[2]
    api.services.database.dispose()
    files = b"".join(path.read_bytes() for path in tmp_path.glob("database.sqlite*"))
    assert len(secret) > 40
    assert secret.encode() not in files
