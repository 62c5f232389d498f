"""An abandoned cart, built by hand in the console: somebody who adds a product and does not order enters when the
wait is over, without any other event, and leaves when the window has passed, by time alone."""

import datetime as dt
import socket
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect
from tests.acceptance.running import Running, weft
from tests.browsing import BUILT, Console, console_on
from tests.console.building import add_rule, choose, type_into
from tests.console.events import arrive, engine_starts_again, track

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAME = "abandoned_cart"
WAIT_SECONDS, WINDOW_SECONDS = 3, 15


@pytest.fixture
def shop(tmp_path: Path) -> Generator[Running]:
    assert BUILT.exists(), "The console is not built; run: make console"
    folder = tmp_path / "shop"
    assert weft("init", str(folder)).returncode == 0
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]  # the page stays where it is when the engine starts again
    with Running(folder, "--set", f"api.port={port}", "--set", "api.requests_per_minute=60000") as running:
        yield running


@pytest.fixture
def console(playing: "Browser", shop: Running, request: pytest.FixtureRequest) -> Generator[Console]:
    yield from console_on(playing, shop, request)


def test_someone_enters_and_leaves_by_time_alone(console: Console, shop: Running) -> None:
    hours_ago = (dt.datetime.now(dt.UTC) - dt.timedelta(hours=2)).isoformat()
    known = track("early", "Product Added", product_id="p-1"), track("early", "Order Completed", total=9)
    arrive(shop, *(each | {"timestamp": hours_ago} for each in known))  # long past: only their names matter
    console.sign_in()
    page = console.open("/audiences/new")
    _build(page)
    page.get_by_role("textbox", name="Name").fill(NAME)
    console.expect("ERR_", "404")  # the engine starts again with what was saved
    with engine_starts_again(shop):
        page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)

    user = f"cart-{uuid4().hex[:8]}"
    begun = dt.datetime.now(dt.UTC)
    person = arrive(shop, track(user, "Product Added", product_id="p-2"))
    members = shop.until(f"/api/audiences/{NAME}/members", lambda found: found["members"])["members"]
    assert [each["profile_id"] for each in members] == [person]
    entered = dt.datetime.fromisoformat(members[0]["since"])
    assert entered - begun >= dt.timedelta(seconds=WAIT_SECONDS)
    page.reload()
    expect(page.get_by_role("table", name="Members 1")).to_contain_text(user)

    shop.until(f"/api/audiences/{NAME}/members", lambda found: not found["members"])
    signals: list[dict[str, Any]] = shop.ask("GET", "/api/signals").json()
    assert [(each["kind"], each["profile_id"]) for each in signals if each["subject"] == NAME] == [
        ("entered", person), ("exited", person),
    ]  # fmt: skip
    left = dt.datetime.fromisoformat(signals[-1]["at"])
    assert left - begun >= dt.timedelta(seconds=WINDOW_SECONDS)


def _build(page: Page) -> None:
    add_rule(page, "Sequence")
    type_into(page, "First", "Product Added")
    choose(page, "What follows", "but not then")
    type_into(page, "but not then", "Order Completed")
    choose(page, "within", "within")
    _last(page, "within", WAIT_SECONDS)
    choose(page, "the first", "in the last")
    _last(page, "the first", WINDOW_SECONDS)
    said = f"Product Added in the last {WINDOW_SECONDS} seconds"
    expect(page.locator(".w-rule")).to_contain_text(said)


def _last(page: Page, label: str, seconds: int) -> None:
    """Set a duration: its unit, then its number."""
    choose(page, f"{label}, unit", "seconds")
    page.get_by_role("textbox", name=label, exact=True).fill(str(seconds))
