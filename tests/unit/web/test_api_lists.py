from typing import Any

import httpx
import pytest
from tests.unit.web.conftest import Api

from weft.storage.database_outside import waiting_outside

CSV = {"content-type": "text/csv"}


def put(api: Api, text: str, name: str = "invited", **params: Any) -> httpx.Response:
    return api.ask(
        "PUT", f"/api/lists/{name}", content=text, headers=CSV, params={"namespace": "email", **params}
    )


def waiting(api: Api) -> int:
    with api.services.database.connect() as connection:
        return waiting_outside(connection, 100).upto


def test_a_list_is_uploaded_replaced_and_deleted(api: Api) -> None:
    made = put(api, "email\nkim@example.com\nlee@example.com\nKIM@example.com\n").json()
    assert (made["added"], made["removed"], made["repeated"], made["uploaded"]["size"]) == (2, 0, 1, 2)
    assert waiting(api) == 2
    again = put(api, "email\nlee@example.com\nchoi@example.com\n").json()
    assert (again["added"], again["removed"]) == (1, 1)
    assert waiting(api) == 4  # who stays is not looked at again
    (found,) = api.ask("GET", "/api/lists").json()
    assert (found["name"], found["size"], found["namespaces"]) == ("invited", 2, ["email"])
    assert api.ask("GET", "/api/lists/invited").json() == {"uploaded": found, "people": 0}
    assert api.ask("DELETE", "/api/lists/invited").status_code == 200
    assert api.ask("GET", "/api/lists").json() == []
    assert api.ask("GET", "/api/lists/invited").status_code == 404


def test_a_faulty_line_changes_nothing_unless_it_is_left_out(api: Api) -> None:
    put(api, "kim@example.com\n")
    refused = put(api, "lee@example.com\nnobody\n")
    assert refused.status_code == 400
    assert refused.json()["code"] == "bad_lines"
    assert "line 2: `nobody`" in refused.json()["detail"]
    looked = put(api, "lee@example.com\nnobody\n", check="true").json()
    assert (looked["written"], looked["added"], looked["removed"], looked["faulty"]) == (False, 1, 1, 1)
    assert put(api, "kim@example.com\n", check="true").json()["added"] == 0
    taken = put(api, "lee@example.com\nnobody\n", faulty="leave_out").json()
    assert (taken["uploaded"]["size"], taken["faults"][0]["line"]) == (1, 2)


@pytest.mark.parametrize(
    ("path", "headers", "content", "says"),
    [
        ("Invited", CSV, "a", "is no name"),
        ("invited", {"content-type": "image/png"}, "a", "Content-Type"),
        ("invited", CSV, "", "no identifier in it"),
    ],
)
def test_what_is_no_list_is_refused(
    api: Api, path: str, headers: dict[str, str], content: str, says: str
) -> None:
    refused = api.ask(
        "PUT", f"/api/lists/{path}", content=content, headers=headers, params={"namespace": "user_id"}
    )
    assert refused.status_code == 400
    assert says in refused.json()["detail"]


def test_a_list_that_an_audience_names_is_not_deleted(api: Api) -> None:
    put(api, "kim@example.com\n")
    who = {"any": [{"list": "invited"}, {"trait": "vip", "is": True}]}
    assert api.ask("PUT", "/api/audiences/guests", json={"who": who}).status_code == 200
    refused = api.ask("DELETE", "/api/lists/invited")
    assert (refused.status_code, refused.json()["code"]) == (400, "in_use")
    assert "audiences/guests" in refused.json()["detail"]
