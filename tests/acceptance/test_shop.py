"""The path of a browser SDK: a visitor of the demo shop, in Chromium, across origins, until the console shows her."""

import os
import re
import signal
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.acceptance.running import Running
from tests.browsing import BUILT, PATIENCE_MS, new_link

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"
)
"""The browser's own says that it is headless, and a declared bot is quarantined."""
WORLD_SECONDS = 240
ARRIVES_SECONDS = 60


class Demo(Running):
    """A small world under `weft demo`, on free ports, in step with our clock."""

    COMMAND = ("demo", "--people", "120", "--days", "5", "--speed", "1", "--shop-port", "0")
    LAST = "shop"

    @property
    def shop(self) -> str:
        return self._told("shop")

    def events_of(self, name: str, done: Callable[[list[Any]], bool]) -> list[Any]:
        """Wait until what is known of a profile is as wanted."""
        path = f"/api/profiles/{name}/events?limit=100"
        return self.until(path, lambda page: done(page["events"]), ARRIVES_SECONDS)["events"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Generator[Demo]:
    assert (BUILT.parent / "sdk" / "index.js").exists(), "The browser SDK is not built; run: scripts/console"
    folder = tmp_path_factory.mktemp("demo") / "world"
    folder.mkdir()
    with Demo(folder) as running:
        yield running


class Visitor:
    """Somebody with a fresh browser. asked: what her browser sent to the collector, preflights too."""

    def __init__(self, context: "BrowserContext", demo: Demo) -> None:
        context.set_default_timeout(PATIENCE_MS)
        self.demo = demo
        self.page: Page = context.new_page()
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        wire = context.new_cdp_session(self.page)
        wire.send("Network.enable")
        wire.on("Network.requestWillBeSent", self._on_request)

    def _on_request(self, told: Any) -> None:
        request = told["request"]
        if request["url"].startswith(self.demo.edge):
            headers = {name.lower(): value for name, value in request["headers"].items()}
            self.asked.append((request["method"], request["url"].removeprefix(self.demo.edge), headers))

    def open(self, path: str = "/") -> None:
        self.page.goto(self.demo.shop + path)
        self.page.locator("main h1").first.wait_for()

    @property
    def anonymous_id(self) -> str:
        """Her id, once the SDK has given her one."""
        self.page.wait_for_function("() => localStorage.getItem('ajs_anonymous_id')")
        return self.page.evaluate("() => JSON.parse(localStorage.getItem('ajs_anonymous_id'))")

    def while_open(self, done: Callable[[list[Any]], bool]) -> Callable[[list[Any]], bool]:
        """Let the page go on while something is waited for; Playwright lets it only while it is asked something."""
        return lambda events: bool(self.page.wait_for_timeout(50)) or done(events)

    def look_at_a_drill(self) -> None:
        self.page.get_by_role("link", name="drills", exact=True).click()
        self.page.locator(".goods a").first.click()
        self.page.locator("[data-act=add]").wait_for()


@pytest.fixture
def visitor(playing: "Browser", demo: Demo) -> Generator[Visitor]:
    context = playing.new_context(user_agent=AGENT, locale="en-GB")
    yield Visitor(context, demo)
    context.close()


def names(events: list[Any]) -> set[str]:
    return {event["name"] or event["type"] for event in events}


def has(*wanted: str) -> Callable[[list[Any]], bool]:
    return lambda events: names(events) >= set(wanted)


def test_a_visitor_is_seen_unknown_and_becomes_known_as_she_logs_in(
    visitor: Visitor, demo: Demo, playing: "Browser"
) -> None:
    visitor.open()
    visitor.look_at_a_drill()
    visitor.page.locator("[data-act=add]").click()
    name = f"anonymous_id:{visitor.anonymous_id}"
    browsed = demo.events_of(name, has("Home", "Product List Viewed", "Product Viewed", "Product Added"))
    unknown = demo.ask("GET", f"/api/profiles/{name}").json()
    assert {one["namespace"] for one in unknown["identifiers"]} == {"anonymous_id"}

    with_console = playing.new_context()
    page = with_console.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(new_link(demo))
    page.locator("main h1").first.wait_for()
    page.goto(f"{demo.api}/people/{unknown['id']}")
    page.get_by_text("Product Added").first.wait_for()

    visitor.open("/account")
    visitor.page.fill("#email", "ada.visitor@browsing.example")
    visitor.page.get_by_role("button", name="Log in").click()
    visitor.page.get_by_role("heading", name="Cart").wait_for()
    visitor.page.locator("[data-act=checkout]").click()
    visitor.page.locator("[data-act=order]").click()
    visitor.page.locator(".note").wait_for()
    events = demo.events_of("email:ada.visitor@browsing.example", has("identify", "Order Completed", "order"))

    known = demo.ask("GET", "/api/profiles/email:ada.visitor@browsing.example").json()
    assert known["id"] == unknown["id"]
    assert {one["namespace"] for one in known["identifiers"]} == {"anonymous_id", "email", "user_id"}
    assert {each["message_id"] for each in events} >= {each["message_id"] for each in browsed}
    assert {each["source"] for each in events} == {"web", "erp"}
    page.reload()
    page.get_by_text("ada.visitor@browsing.example").first.wait_for()
    page.get_by_text("Product Added").first.wait_for()
    with_console.close()


def test_the_collector_is_another_origin_and_asked_before(visitor: Visitor, demo: Demo) -> None:
    visitor.open()
    demo.events_of(f"anonymous_id:{visitor.anonymous_id}", has("Home"))
    origin = {"origin": demo.shop}
    preflights = [
        headers for method, path, headers in visitor.asked if (method, path) == ("OPTIONS", "/v1/p")
    ]
    assert [headers["access-control-request-headers"] for headers in preflights] == ["authorization"]
    assert all(headers.items() >= origin.items() for headers in preflights)
    assert [path.split("/")[-1] for method, path, _ in visitor.asked if method == "GET"] == ["settings"]


def test_what_is_sent_while_the_page_is_left_arrives(visitor: Visitor, demo: Demo) -> None:
    """A request that outlives its page (the click), and a beacon (how long she stayed)."""
    visitor.open("/list?category=saws")
    name = f"anonymous_id:{visitor.anonymous_id}"
    demo.events_of(name, has("Product List Viewed"))
    visitor.page.locator(".goods a").first.click()
    visitor.page.goto("about:blank")
    events = demo.events_of(name, has("Product Clicked", "Page Left"))
    left = [each["properties"] for each in events if each["name"] == "Page Left"]
    assert "/list" in {properties["path"] for properties in left}
    ids = [each["message_id"] for each in events]
    assert len(set(ids)) == len(ids)


def test_what_happens_while_the_collector_is_down_arrives_when_it_is_up_again(
    visitor: Visitor, demo: Demo
) -> None:
    visitor.open("/product?id=P0001")
    name = f"anonymous_id:{visitor.anonymous_id}"
    demo.events_of(name, has("Product Viewed"))
    refused: list[str] = []
    visitor.page.on("requestfailed", lambda request: refused.append(f"{request.url} {request.failure}"))
    with collector_away(demo):
        visitor.page.locator("[data-act=add]").click()
        until(lambda: bool(visitor.page.wait_for_timeout(50) or refused))
    assert re.search(r"/v1/t net::ERR_CONNECTION_REFUSED", refused[0])
    events = demo.events_of(name, visitor.while_open(has("Product Added")))
    assert [each["name"] for each in events].count("Product Added") == 1


def test_what_happens_while_the_collector_is_down_survives_that_the_page_is_left(
    visitor: Visitor, demo: Demo
) -> None:
    visitor.open("/product?id=P0002")
    name = f"anonymous_id:{visitor.anonymous_id}"
    demo.events_of(name, has("Product Viewed"))
    with collector_away(demo):
        visitor.page.locator("[data-act=add]").click()
        visitor.open("/cart")
    visitor.open("/trucks")
    demo.events_of(name, visitor.while_open(has("Product Added")))


@contextmanager
def collector_away(demo: Demo) -> Generator[None]:
    """Kill the edge, and keep its supervisor from starting another one, on the same port, until the end."""
    os.kill(demo.process.pid, signal.SIGSTOP)
    try:
        os.kill(demo.children()["edge"], signal.SIGKILL)
        until(lambda: not answers(demo.edge))
        yield
    finally:
        os.kill(demo.process.pid, signal.SIGCONT)
    until(lambda: answers(demo.edge))


def answers(edge: str) -> bool:
    try:
        return httpx.get(f"{edge}/healthz", timeout=30).status_code == 200
    except httpx.TransportError:
        return False


def until(done: Callable[[], bool]) -> None:
    give_up = time.monotonic() + ARRIVES_SECONDS
    while not done():
        assert time.monotonic() < give_up
        time.sleep(0.05)
