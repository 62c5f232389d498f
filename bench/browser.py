"""Chromium, headless, as a person would use the console; and how long she waits. The tests use it too."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP = (1280, 800)
PATIENCE_MS = 120_000
LOADING = ".mantine-Skeleton-root"
"""What stands where something is still to come."""

PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"


def chromium_path() -> str:
    """Return the Chromium of this machine: the variable CHROMIUM, else the first of the usual names on the PATH.

    Raises RuntimeError when there is none.
    """
    named = os.environ.get("CHROMIUM", "")
    path = next((found for name in (named, *NAMES) if name and (found := shutil.which(name))), None)
    if path is None:
        raise RuntimeError(
            "There is no Chromium. Install one (Debian: apt install chromium) or name it: CHROMIUM=/path/to/it"
        )
    return path


@contextmanager
def chromium() -> Generator[Browser]:
    """Start Chromium and end it with the block. Raises RuntimeError when there is none."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def signed_in(browser: Browser, link: str) -> Generator[Page]:
    """Open a page with a cache of its own, signed in by a link that is good once."""
    context = browser.new_context(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    try:
        page.goto(link)
        page.locator("main h1").first.wait_for()
        yield page
    finally:
        context.close()


def filled(page: Page) -> None:
    """Wait until the screen has its title and nothing on it loads."""
    page.locator("main h1").first.wait_for()
    page.wait_for_function("shape => !document.querySelector(shape)", arg=LOADING)


def painted_ms(page: Page) -> float:
    """Return the milliseconds from the navigation to the first paint with content."""
    return float(page.wait_for_function(PAINTED).json_value())


def waited_ms(act: Callable[[], object]) -> float:
    """Return how many milliseconds something took; the driver's own way to the browser is part of it."""
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1_000


def heap_mb(session: CDPSession) -> float:
    """Return the memory that the page's script holds after a collection of garbage."""
    session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")["usedSize"]
    return round(used / 2**20, 1)
