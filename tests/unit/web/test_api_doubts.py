from uuid import UUID

import pytest
from tests.unit.web.memory import KIM_ID

from weft.model.access import Scope
from weft.storage.database import transaction
from weft.storage.database_outbox import outbox


def test_a_doubt_ends_as_somebody_found_it(api) -> None:
    with transaction(api.services.database) as connection:
        connection.execute(outbox.insert(), [in_doubt(number) for number in (1, 2, 3)])
    keys = [str(UUID(int=number)) for number in (1, 2, 77)]
    path = "/api/deliveries/settle"
    assert api.ask("POST", path, json={"keys": keys[:1], "delivered": True}).json() == {"items": 1}
    assert api.ask("POST", path, json={"keys": keys[1:], "delivered": False}).json() == {"items": 1}
    assert api.ask("POST", path, json={"keys": keys[:1], "delivered": False}).json() == {"items": 0}
    states = {each["key"]: each["state"] for each in api.ask("GET", "/api/deliveries").json()}
    assert states == {keys[0]: "delivered", keys[1]: "dead", str(UUID(int=3)): "in_doubt"}


@pytest.mark.parametrize("body", [{"keys": [], "delivered": True}, {"keys": [str(UUID(int=1))]}])
def test_a_doubt_is_settled_only_by_name_and_with_an_answer(api, body: dict[str, object]) -> None:
    assert api.ask("POST", "/api/deliveries/settle", json=body).status_code == 400


def test_only_who_may_write_settles_doubts(api) -> None:
    _, token = api.services.tokens.create("eye", (Scope.READ,))
    body = {"keys": [str(UUID(int=1))], "delivered": True}
    assert api.ask("POST", "/api/deliveries/settle", token=token, json=body).status_code == 403


def in_doubt(number: int) -> dict[str, object]:
    return {
        "key": UUID(int=number).bytes, "destination": "crm", "kind": "audience.entered", "profile_id": KIM_ID.bytes,
        "number": number, "payload": b"{}", "purpose": "marketing", "channel": "webhook", "evidence": "",
        "cleared_us": 1, "state": "in_doubt", "attempts": 1, "enqueued_us": number, "settled_us": 2, "error": "timeout",
    }  # fmt: skip
