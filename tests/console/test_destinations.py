"""Destinations: made from the form, tested against a receiver, dead letters sent again."""

import json
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import expect
from tests.browsing import SECRET_ENV, Console
from tests.console.events import arrive, track
from tests.receiver import OK, Receiver, answer, reply


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    started = Receiver()
    yield started
    started.close()


def make(console: Console, receiver: Receiver, entered: str, **fields: str) -> str:
    """Make a webhook by hand and open it."""
    name = f"hook_{uuid4().hex[:8]}"
    page = console.open("/destinations")
    page.get_by_role("link", name="New destination").click()
    drawer = page.get_by_role("dialog")
    for label, value in {
        "name": name,
        "url": receiver.url,
        "secret_env": SECRET_ENV,
        "entered": entered,
        **fields,
    }.items():
        drawer.get_by_label(label, exact=False).first.fill(value)
    drawer.get_by_role("button", name="Make destination").click()
    page.get_by_role("table", name="Destinations").get_by_text(name).click()
    expect(drawer.get_by_role("heading", name=name)).to_be_visible()
    return name


def test_a_destination_is_made_tested_and_removed(console: Console, receiver: Receiver) -> None:
    name = make(console, receiver, "two_faces")
    drawer = console.page.get_by_role("dialog", name=name)
    expect(drawer.get_by_text("Sending", exact=True)).to_be_visible()
    drawer.get_by_role("button", name="Send a test").click()
    expect(drawer.get_by_text("The destination took the test.")).to_be_visible()
    (request,) = receiver.requests
    assert json.loads(request.body)["type"]
    receiver.behave = reply(answer("500 Internal Server Error"))
    drawer.get_by_role("button", name="Send a test").click()
    expect(drawer.get_by_text("The destination did not take the test.")).to_be_visible()
    remove(console, name)


def remove(console: Console, name: str) -> None:
    console.page.get_by_role("dialog", name=name).get_by_role("button", name="Remove").click()
    console.page.get_by_role("dialog", name=f"Remove {name}").get_by_role("button", name="Remove").click()
    console.workspace.until("/api/destinations", lambda known: name not in {each["name"] for each in known})


def test_dead_letters_are_sent_again(console: Console, receiver: Receiver) -> None:
    receiver.behave = reply(answer("404 Not Found"))
    name = make(console, receiver, "abandoned_cart", purpose="marketing")
    workspace = console.workspace
    drawer = console.page.get_by_role("dialog", name=name)
    expect(drawer.get_by_text("Sending", exact=True)).to_be_visible()
    arrive(workspace, track(uuid4().hex, "Product Added", product_id="p", price=1, currency="GBP"))
    again = drawer.get_by_role("button", name="Send 1 again")
    expect(again).to_be_visible()
    receiver.behave = reply(OK)
    again.click()
    console.page.get_by_role("dialog", name="Give the dead letters").get_by_role(
        "button", name="Send 1 again"
    ).click()
    expect(drawer.get_by_role("table", name="Deliveries")).to_contain_text("Delivered")
    assert len({request.message_id for request in receiver.requests}) == 1
    remove(console, name)
