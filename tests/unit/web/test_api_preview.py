"""What the API says of a preview, and what it refuses."""

from typing import Any

import pytest
from tests.unit.web.conftest import Api
from tests.unit.web.memory import KIM_ID

from weft.model.access import Scope

RULE: dict[str, Any] = {
    "all": [{"trait": "orders", "at_least": 2}, {"not": {"did": "Refund", "within": "30d"}}]
}


def preview(api: Api, body: dict[str, Any], status: int = 200) -> Any:
    answer = api.ask("POST", "/api/audiences/preview", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_rule_is_counted_clause_by_clause(api: Api):
    found = preview(api, {"who": RULE, "traits": ["plan"]})
    assert (found["state"], found["size"], found["of"], found["milliseconds"]) == ("counted", 1, 3, 12)
    assert [each["at"] for each in found["clauses"]] == ["who", "who.all[0]", "who.all[1]", "who.all[1].not"]
    assert found["breakdowns"] == [
        {"trait": "plan", "bars": [{"value": "gold", "count": 1, "upto": None}], "others": 0, "missing": 0}
    ]
    assert found["overlaps"][0] == {"audience": "buyers", "size": 2, "both": 1, "jaccard": 0.5}
    assert found["reach"] == [{"channel": "email", "addressed": 1, "purposes": {"marketing": 1}}]
    assert set(found["sentence"]) == {"en", "ko", "zh-TW"}
    assert found["as_of"] == "1970-01-01T00:00:05.000Z"


def test_a_whole_audience_and_one_that_is_defined(api: Api):
    whole = preview(api, {"audience": {"name": "new_ones", "who": RULE}, "overlaps": False, "reach": False})
    assert whole["overlaps"] == whole["reach"] == []
    mine = preview(api, {"name": "buyers"})
    assert [each["audience"] for each in mine["overlaps"]] == ["lapsed"]
    assert preview(api, {"name": "nobody"}, 404)["code"] == "not_found"


def test_while_the_picture_is_made_it_says_how_far_it_is(api: Api):
    found = preview(api, {"who": RULE, "session": "counting"}, 202)
    assert (found["state"], found["read"], found["of"]) == ("counting", 20_000, 1_000_000)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "exactly one of"),
        ({"who": RULE, "name": "buyers"}, "exactly one of"),
        ({"who": {"all": [RULE, {"did": "Order", "at_leest": 2}]}}, "who.all[1]"),
        ({"who": {"trait": "orders", "resembles": 2}}, "who"),
        ({"audience": {"name": "Not a name", "who": RULE}}, "name"),
        ({"who": RULE, "sample": 1_000}, "sample"),
        ({"who": RULE, "sampel": 1}, "sampel"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(api: Api, body: dict[str, Any], said: str):
    assert said in preview(api, body, 400)["detail"]


def test_it_shows_people_so_it_needs_leave_to(api: Api):
    _, secret = api.services.tokens.create("reader", [Scope.READ])
    answer = api.ask("POST", "/api/audiences/preview", secret, json={"who": RULE})
    assert answer.status_code == 403
    assert str(KIM_ID) not in answer.text
