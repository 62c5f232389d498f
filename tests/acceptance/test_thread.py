"""The whole thread: each of the four real SDKs sends; a profile forms, an audience is entered, a webhook arrives."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from standardwebhooks.webhooks import Webhook
from tests.acceptance.running import Running, weft
from tests.acceptance.test_wire_sdks import CALLS, NODE, RUDDER_PYTHON, SEGMENT_PYTHON, drive
from tests.acceptance.test_wire_sdks import node as node  # noqa: PLC0414 - the fixture
from tests.outgoing import SECRET
from tests.receiver import Receiver

ARRIVES_SECONDS = 60.0

TRAITS = "- {name: spent, kind: sum, event: Order Completed, property: total}\n"
AUDIENCES = "- {name: buyers, who: {all: [{trait: spent, more_than: 10}, {trait: plan, is: gold}]}}\n"
DESTINATION = """
name: crm
type: webhook
purpose: service
url: URL
secret_env: CRM_SECRET
when: {entered: [buyers]}
include: {traits: [spent, plan], identifiers: [email, user_id]}
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    started = Receiver()
    yield started
    started.close()


@pytest.fixture
def site(tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setenv("CRM_SECRET", SECRET)
    folder = tmp_path / "shop"
    assert weft("init", str(folder)).returncode == 0
    definitions = folder / "definitions"
    (definitions / "traits" / "traits.yaml").write_text(TRAITS)
    (definitions / "audiences" / "audiences.yaml").write_text(AUDIENCES)
    (definitions / "destinations" / "crm.yaml").write_text(DESTINATION.replace("URL", receiver.url))
    with (folder / "weft.toml").open("a") as settings:
        settings.write('service = "allow"\n\n[deliver]\nprivate_networks = true\n')
    with Running(folder) as running:
        yield running


@pytest.mark.parametrize("sdk", ["segment-python", "rudder-python", "segment-node", "rudder-node"])
def test_from_an_unmodified_sdk_to_a_signed_webhook(
    sdk: str, site: Running, receiver: Receiver, node: str
) -> None:
    commands = {
        "segment-python": [sys.executable, "-c", SEGMENT_PYTHON + CALLS],
        "rudder-python": [sys.executable, "-c", RUDDER_PYTHON + CALLS],
        "segment-node": [node, str(NODE / "segment.mjs")],
        "rudder-node": [node, str(NODE / "rudder.mjs")],
    }
    drive([*commands[sdk], site.edge, site.write_key])
    found = site.until(
        "/api/profiles/user_id:node-1",
        lambda body: "buyers" in body["audiences"] and len(body["identifiers"]) == 3,  # the alias comes last
    )
    assert found["traits"]["spent"] == 12.5
    assert found["traits"]["plan"] == "gold"
    assert {(each["namespace"], each["value"]) for each in found["identifiers"]} >= {
        ("user_id", "node-1"),
        ("email", "kim@example.com"),
        ("anonymous_id", "anon-1"),
    }
    give_up = time.monotonic() + ARRIVES_SECONDS
    while not receiver.requests:
        assert time.monotonic() < give_up, site.log[-3000:]
        time.sleep(0.1)
    (request,) = receiver.requests
    message = msgspec.convert(Webhook(SECRET).verify(request.body, request.headers), dict[str, object])
    assert message["type"] == "audience.entered"
    assert message["data"] == {
        "profile_id": found["id"],
        "signal": 1,
        "audience": "buyers",
        "traits": {"plan": "gold", "spent": 12.5},
        "identifiers": {"email": ["kim@example.com"], "user_id": ["node-1"]},
    }
