"""Destinations: made from the form, tested against a receiver, dead letters sent again."""

import json
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import expect
from tests.browsing import SECRET_ENV, Console
from tests.console.events import arrive, engine_starts_again, track
from tests.receiver import OK, Receiver, answer, reply


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    started = Receiver()
    yield started
    started.close()


def make(console: Console, receiver: Receiver, entered: str) -> str:
    """Make a webhook by hand; its drawer is open afterwards."""
    name = f"hook_{uuid4().hex[:8]}"
    page = console.open("/destinations")
    page.get_by_role("link", name="New destination").first.click()
    drawer = page.get_by_role("dialog")
    for label, value in (("Name", name), ("Purpose", "marketing"), ("Address", receiver.url)):
        drawer.get_by_role("textbox", name=label).fill(value)
    drawer.get_by_role("textbox", name="Variable with the secret").fill(SECRET_ENV)
    drawer.get_by_label("Entered these audiences").first.fill(entered)
    page.keyboard.press("Enter")
    assert console.axe("[role=dialog]") == []
    console.expect("ERR_")  # the engine starts again with what was made
    with engine_starts_again(console.workspace):
        drawer.get_by_role("button", name="Make destination").click()
    expect(page.get_by_role("dialog", name=name).get_by_text("Ready", exact=True)).to_be_visible(
        timeout=60_000
    )
    return name


def remove(console: Console, name: str) -> None:
    console.page.get_by_role("dialog", name=name).get_by_role("button", name="Remove").click()
    with engine_starts_again(console.workspace):
        console.page.get_by_role("dialog", name=f"Remove {name}").get_by_role("button", name="Remove").click()
    console.workspace.until("/api/destinations", lambda known: name not in {each["name"] for each in known})


def test_a_destination_is_made_tested_and_removed(console: Console, receiver: Receiver) -> None:
    name = make(console, receiver, "two_faces")
    drawer = console.page.get_by_role("dialog", name=name)
    drawer.get_by_role("button", name="Send a test").click()
    expect(drawer.get_by_role("status").filter(has_text="Taken")).to_be_visible()
    (request,) = receiver.requests
    assert json.loads(request.body)["type"]
    receiver.behave = reply(answer("500 Internal Server Error"))
    drawer.get_by_role("button", name="Send a test").click()
    expect(drawer.get_by_role("status").filter(has_text="Not taken")).to_be_visible()
    remove(console, name)


def test_dead_letters_are_sent_again(console: Console, receiver: Receiver) -> None:
    receiver.behave = reply(answer("404 Not Found"))
    name = make(console, receiver, "abandoned_cart")
    drawer = console.page.get_by_role("dialog", name=name)
    arrive(console.workspace, track(uuid4().hex, "Product Added", product_id="p", price=1, currency="GBP"))
    drawer.get_by_role("button", name="Dead letter").click()
    receiver.behave = reply(OK)
    drawer.get_by_role("button", name="Send 1 again").click()
    console.page.get_by_role("dialog", name="Give the dead letters").get_by_role(
        "button", name="Send 1 again"
    ).click()
    expect(drawer.get_by_role("button", name="Delivered")).to_be_visible()
    assert len({request.message_id for request in receiver.requests}) == 1
    remove(console, name)
