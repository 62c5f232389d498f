"""The console in a real browser: one demo workspace and one Chromium for all tests, a fresh context for each.

A test asks for `console`. Whatever the page reports as broken (an error in its console, an exception, a script or
style that the content security policy refused, a request that failed) fails the test, unless the test said
beforehand that it expects it. A failed test leaves a screenshot and a Playwright trace under build/browser/.
"""

import asyncio
import re
import socket
import subprocess
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from bench.browser import DESKTOP, FLAGS, LOADING, chromium_path
from tests.acceptance.running import WEFT, Running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

ROOT = Path(__file__).resolve().parents[1]
LEFT = ROOT / "build" / "browser"
BUILT = ROOT / "src" / "weft" / "web" / "console" / "index.html"
AXE = ROOT / "console" / "node_modules" / "axe-core" / "axe.min.js"

PHONE = (390, 844)
PATIENCE_MS = 60_000
WORLD_SECONDS = 240
SECRET_ENV, SECRET = "CONSOLE_TEST_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
RULES = "name: rules\nnamespaces: {loyalty_card: {bits: 3}}\n"
"""A loyalty card is lent: alone it merges nobody, and a steward is asked."""
ENDED = pytest.StashKey[bool]()
GRAVE = ("serious", "critical")
EXPERIMENTAL = ("label-content-name-mismatch",)
"""Rules of axe that it leaves out unless asked for."""

STILL = """() => Promise.allSettled(
    document.getAnimations()
        .filter(each => each.effect.getComputedTiming().endTime < Infinity)
        .map(each => each.finished)
)"""
"""Waits for the transitions that run: halfway from one colour to another no contrast is the designer's."""


class Console:
    """One signed-in browser context on a running workspace."""

    def __init__(self, context: "BrowserContext", workspace: Running) -> None:
        self.context = context
        self.workspace = workspace
        self.faults: list[str] = []
        self._expected: list[re.Pattern[str]] = []
        context.set_default_timeout(PATIENCE_MS)
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self.faults.append(f"exception: {error.error}"))
        context.on("requestfailed", self._on_failed)
        self.page: Page = context.new_page()

    def open(
        self, path: str = "/", lang: str = "en", theme: str = "light", size: tuple[int, int] = DESKTOP
    ) -> "Page":
        """Show a screen in a language (en, ko, zh-TW), a theme (light, dark) and a size; wait until it is filled."""
        page = self.page
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        if not page.url.startswith(self.workspace.api):
            page.goto(f"{self.workspace.api}/favicon.svg")
        page.evaluate("language => localStorage.setItem('weft.language', language)", lang)
        page.goto(self.workspace.api + path)
        self.settle()
        return page

    def settle(self) -> None:
        """Wait until the screen has its title and nothing that loads."""
        self.page.locator("main h1").first.wait_for()
        self.page.wait_for_function("shape => !document.querySelector(shape)", arg=LOADING)

    def expect(self, *faults: str) -> None:
        """Say what will be reported as broken, as patterns, because the test breaks it."""
        self._expected += [re.compile(each) for each in faults]

    def unexpected(self) -> list[str]:
        return [each for each in self.faults if not any(known.search(each) for known in self._expected)]

    def axe(self, within: str | None = None) -> list[str]:
        """Return what axe finds serious or critical on the page once its colours stand still, one line a place."""
        assert AXE.exists(), "axe-core is not installed; run: scripts/console --force"
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(AXE.read_text("utf-8"))
        options = {"resultTypes": ["violations"], "rules": {rule: {"enabled": True} for rule in EXPERIMENTAL}}
        self.page.evaluate(STILL)
        found: dict[str, Any] = self.page.evaluate(
            "([within, options]) => axe.run(within ?? document, options)", [within, options]
        )
        return [
            f"{each['impact']} {each['id']}: {node['target']} {node['failureSummary']}"
            for each in found["violations"]
            if each["impact"] in GRAVE
            for node in each["nodes"]
        ]

    def sign_in(self) -> None:
        """Open a link made for this once, as `weft token link` prints it."""
        self.page.goto(new_link(self.workspace))
        self.page.locator("main h1").first.wait_for()

    def _on_console(self, message: "ConsoleMessage") -> None:
        if message.type == "error":
            self.faults.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _on_failed(self, request: "Request") -> None:
        if request.failure != "net::ERR_ABORTED":  # left behind by going elsewhere
            self.faults.append(f"request: {request.method} {request.url}: {request.failure}")


def new_link(workspace: Running) -> str:
    return workspace.ask("POST", "/api/links").json()["url"]


@pytest.fixture(scope="session")
def demo_workspace(tmp_path_factory: pytest.TempPathFactory) -> Generator[Running]:
    """A demo world of 300 people and 30 days under `weft up`, all of it projected. Shared: leave it as it was."""
    assert BUILT.exists(), "The console is not built; run: make console"
    folder = tmp_path_factory.mktemp("world") / "shop"
    make_world(folder)
    with pytest.MonkeyPatch.context() as environ:
        environ.setenv(SECRET_ENV, SECRET)
        workspace = Running(folder, *_settings())
    with workspace:
        workspace.until("/api/overview", _caught_up, WORLD_SECONDS)
        yield workspace


def _settings() -> Iterator[str]:
    """What a test of the console needs: the same address after a restart, receivers on this machine, no limits."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    values = (f"api.port={port}", "api.requests_per_minute=60000", "deliver.private_networks=true")
    for value in (*values, "consent.default.marketing=allow"):
        yield from ("--set", value)


def make_world(folder: Path) -> None:
    figures = ("--people", "300", "--days", "30", "--seed", "7", "--only", "history")
    command = [*WEFT, "demo", str(folder), *figures]
    made = subprocess.run(command, check=False, capture_output=True, text=True, timeout=WORLD_SECONDS)
    assert made.returncode == 0, made.stderr
    rules = folder / "definitions" / "identity" / "rules.yaml"
    rules.parent.mkdir(exist_ok=True)
    rules.write_text(RULES)


def _caught_up(overview: Any) -> bool:
    return (
        overview["events_accepted"] > 0
        and overview["lag"]["events"] == 0
        and overview.get("people") is not None
    )


@pytest.fixture(scope="session")
def browser() -> Generator["Browser"]:
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        asyncio._set_running_loop(None)
        yield launched
        asyncio._set_running_loop(launched._loop)
        launched.close()
    asyncio._set_running_loop(None)


@pytest.fixture
def playing(browser: "Browser") -> Generator["Browser"]:
    """The browser, while this test runs. Playwright leaves its event loop marked as running, others need theirs."""
    asyncio._set_running_loop(browser._loop)
    yield browser
    asyncio._set_running_loop(None)


@pytest.fixture(scope="session")
def signed_in(demo_workspace: Running, browser: "Browser") -> Any:
    """What a browser keeps once it came in through the link that `weft up` prints."""
    asyncio._set_running_loop(browser._loop)
    context = browser.new_context()
    page = context.new_page()
    page.goto(demo_workspace.link)
    page.locator("main h1").first.wait_for()
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def console(
    playing: "Browser", demo_workspace: Running, signed_in: Any, request: pytest.FixtureRequest
) -> Generator[Console]:
    """The console of the demo workspace, signed in."""
    yield from console_on(playing, demo_workspace, request, signed_in)


def console_on(
    browser: "Browser", workspace: Running, request: pytest.FixtureRequest, state: Any = None, **options: Any
) -> Generator[Console]:
    """Make a context for one test and judge it afterwards; `options` as `browser.new_context` takes them."""
    options = {"storage_state": state, "timezone_id": "Asia/Seoul", **options}
    context = browser.new_context(**options)
    context.tracing.start(snapshots=True)
    console = Console(context, workspace)
    try:
        yield console
        faults = console.unexpected()
        _leave(console, request.node, failed=bool(faults) or not request.node.stash.get(ENDED, False))
    finally:
        context.close()
    assert faults == []


def _leave(console: Console, test: pytest.Item, *, failed: bool) -> None:
    if not failed:
        console.context.tracing.stop()
        return
    LEFT.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w.-]+", "-", test.name)
    console.page.screenshot(path=LEFT / f"{name}.png")
    console.context.tracing.stop(path=LEFT / f"{name}.zip")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember whether the test itself passed, for what is left behind."""
    report = yield
    if call.when == "call":
        item.stash[ENDED] = report.passed
    return report
