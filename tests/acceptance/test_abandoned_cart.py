"""An abandoned cart, built by hand in the console: somebody who adds a product and does not order enters, at once or
when the wait is over, and leaves when the window has passed, by time alone; the console shows it as it happens, and
says why."""

import datetime as dt
import shutil
import socket
import threading
from collections.abc import Callable, Generator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.acceptance.running import Running, weft
from tests.acceptance.test_shop import AGENT
from tests.browsing import BUILT, Console, console_on
from tests.console.building import add_rule, choose, type_into
from tests.console.events import arrive, engine_starts_again, track

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAME = "abandoned_cart"
WAIT_SECONDS, WINDOW_SECONDS = 3, 15
PATIENCE_SECONDS = 150.0
FULL, FULL_SECONDS = "full_cart", 10

STORE = """<!doctype html><meta charset="utf-8"><title>Store</title>
<script src="index.js"></script>
<button>Add to cart</button>
<script>
  const analytics = new AnalyticsNext.AnalyticsBrowser();
  const wire = { apiKey: "KEY", apiHost: "HOST/v1", protocol: "http" };
  analytics.load({ writeKey: "KEY", cdnSettings: { integrations: { "Segment.io": wire } } });
  analytics.identify("USER");
  document.querySelector("button").onclick = () => {
    window.addedAt = Date.now();
    analytics.track("Product Added", { product_id: "p-3" });
  };
</script>"""
"""A page with the browser SDK as it is published."""

WATCH = """text => {
    const look = () => { if (!window.seenAt && document.body.innerText.includes(text)) window.seenAt = Date.now(); };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Generator[Running]:
    """A workspace of its own, in which both events of a cart happened once, long ago: only their names matter."""
    assert BUILT.exists(), "The console is not built; run: make console"
    folder = tmp_path_factory.mktemp("cart") / "shop"
    assert weft("init", str(folder)).returncode == 0
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]  # the page stays where it is when the engine starts again
    with Running(folder, "--set", f"api.port={port}", "--set", "api.requests_per_minute=60000") as running:
        hours_ago = (dt.datetime.now(dt.UTC) - dt.timedelta(hours=2)).isoformat()
        known = track("early", "Product Added", product_id="p-1"), track("early", "Order Completed", total=9)
        arrive(running, *(each | {"timestamp": hours_ago} for each in known))
        yield running


@pytest.fixture
def console(playing: "Browser", shop: Running, request: pytest.FixtureRequest) -> Generator[Console]:
    yield from console_on(playing, shop, request)


def test_someone_enters_and_leaves_by_time_alone(console: Console, shop: Running) -> None:
    page = _made(console, NAME, _sequence)

    user = f"cart-{uuid4().hex[:8]}"
    begun = dt.datetime.now(dt.UTC)
    person = arrive(shop, track(user, "Product Added", product_id="p-2"))
    members = shop.until(f"/api/audiences/{NAME}/members", lambda found: found["members"])["members"]
    assert [each["profile_id"] for each in members] == [person]
    entered = dt.datetime.fromisoformat(members[0]["since"])
    assert entered - begun >= dt.timedelta(seconds=WAIT_SECONDS)
    expect(_moved(page, "Entered")).to_contain_text(f"{user}time alone")

    shop.until(f"/api/audiences/{NAME}/members", lambda found: not found["members"])
    signals: list[dict[str, Any]] = shop.ask("GET", "/api/signals").json()
    assert [(each["kind"], each["profile_id"]) for each in signals if each["subject"] == NAME] == [
        ("entered", person), ("exited", person),
    ]  # fmt: skip
    left = dt.datetime.fromisoformat(signals[-1]["at"])
    assert left - begun >= dt.timedelta(seconds=WINDOW_SECONDS)


@pytest.fixture
def store(shop: Running, playing: "Browser", tmp_path: Path) -> Generator[tuple[Page, str]]:
    """A page of a shop in a browser of its own, with the browser SDK, and the user id of who looks at it."""
    for each in (BUILT.parent / "sdk").iterdir():
        shutil.copy(each, tmp_path)
    user = f"cart-{uuid4().hex[:8]}"
    page = STORE.replace("KEY", shop.write_key).replace("HOST", shop.edge.partition("//")[2])
    (tmp_path / "index.html").write_text(page.replace("USER", user), "utf-8")
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    context = playing.new_context(user_agent=AGENT)
    opened = context.new_page()
    opened.goto(f"http://127.0.0.1:{server.server_port}/")
    yield opened, user
    context.close()
    server.shutdown()
    server.server_close()


def test_someone_is_seen_to_enter_and_leave_and_it_is_read_why(
    console: Console, shop: Running, store: tuple[Page, str], record_property: Any
) -> None:
    page = _made(console, FULL, _cart)
    visit, user = store
    shop.until(f"/api/profiles/user_id:{user}", lambda profile: profile["events"] == 1)
    page.evaluate(WATCH, user)
    visit.get_by_role("button", name="Add to cart").click()
    expect(_moved(page, "Entered")).to_contain_text(f"{user}an event or record")  # nobody reloads the page
    seconds = (page.evaluate("window.seenAt") - visit.evaluate("window.addedAt")) / 1000
    (mover,) = shop.ask("GET", f"/api/audiences/{FULL}/movements").json()["entered"]["newest"]
    lag = dt.datetime.fromisoformat(mover["at"]).timestamp() - visit.evaluate("window.addedAt") / 1000
    record_property("seconds_from_click_to_audience", lag)
    record_property("seconds_from_click_to_console", seconds)
    print(
        f"From the click in the shop into the audience: {lag:.2f} s, to the name in the console: {seconds:.2f} s"
    )

    exited = _moved(page, "Exited")
    expect(exited).to_contain_text(f"{user}time alone")
    expect(page.get_by_text("Nobody fits the rule at the moment.")).to_be_visible()
    exited.get_by_role("link", name=f"Why {user}").click()
    title = page.get_by_role("heading", level=1)
    expect(title).to_have_text(f"Why {user} was not in {FULL}")
    added = page.get_by_role("list", name="Rule").locator("[data-path]", has_text="did Product Added")
    expect(added).to_contain_text("Does not hold:")
    expect(added).to_contain_text("Found 0")
    history = page.get_by_role("region", name="Entered and exited").get_by_role("listitem")
    expect(history).to_have_count(2)
    history.last.get_by_role("link", name="Why").click()
    expect(title).to_have_text(f"Why {user} was in {FULL}")
    expect(added).to_contain_text("Holds:")
    expect(added.get_by_role("link", name="Product Added")).to_be_visible()
    expect(added).to_contain_text("product_id p-3")


def _moved(page: Page, way: str) -> Locator:
    """Who entered or exited, as the page of an audience names them."""
    return page.get_by_role("region", name="Entered and exited, and why").get_by_role("group", name=way)


def _made(console: Console, name: str, build: Callable[[Page], None]) -> Page:
    """Build an audience by hand, save it and wait until it is in force; return its page."""
    console.sign_in()
    page = console.open("/audiences/new")
    build(page)
    page.get_by_role("textbox", name="Name").fill(name)
    console.expect("ERR_", "404")  # the engine starts again with what was saved
    with engine_starts_again(console.workspace, PATIENCE_SECONDS):
        page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    return page


def _cart(page: Page) -> None:
    add_rule(page, "Did")
    type_into(page, "Did", "Product Added")
    choose(page, "When", "in the last")
    _last(page, "When", FULL_SECONDS)
    add_rule(page, "Did")
    type_into(page, "Did", "Order Completed")
    choose(page, "How often", "never")
    expect(page.locator(".w-rule")).to_contain_text(
        f"Product Added in the last {FULL_SECONDS} seconds and did not"
    )


def _sequence(page: Page) -> None:
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
    page.get_by_role("textbox", name=label, exact=True).last.fill(str(seconds))
