"""Sources: a key is made, what the screen says to run is run as it stands, and the key is rotated and revoked."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import httpx
from playwright.sync_api import Page, expect
from tests.acceptance.test_wire_sdks import NODE, node  # noqa: F401 (a fixture)
from tests.browsing import Console

RUN_SECONDS = 120


def new_source(console: Console) -> str:
    """Make a source by hand; its drawer is open afterwards."""
    name = f"till-{uuid4().hex[:8]}"
    page = console.open("/sources")
    page.get_by_role("button", name="New source").click()
    page.get_by_role("dialog").get_by_label("Name").fill(name)
    page.get_by_role("button", name="Make source").click()
    expect(page.get_by_role("dialog").get_by_role("heading", name=name)).to_be_visible()
    return name


def snippet(page: Page, tab: str) -> str:
    page.get_by_role("tab", name=tab, exact=True).click()
    return page.get_by_role("group", name=tab, exact=True).inner_text()


def run(*command: str, stdin: str = "", folder: Path | None = None) -> None:
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, input=stdin, timeout=RUN_SECONDS, cwd=folder
    )
    assert done.returncode == 0, done.stderr + done.stdout


def arrives(console: Console, tab: str, start: Callable[[str], None]) -> None:
    """Make a source, run its snippet, and see the screen notice by itself."""
    name = new_source(console)
    page = console.page
    expect(page.get_by_text("Waiting for your first event")).to_be_visible()
    start(snippet(page, tab))
    expect(page.get_by_text("Events arrive.")).to_be_visible()
    told = {each["name"]: each for each in console.workspace.ask("GET", "/api/sources").json()}
    assert sum(hour["accepted"] for hour in told[name]["hours"]) > 0
    assert told[name]["refused"] == {}


def test_the_curl_snippet_runs_as_it_stands(console: Console) -> None:
    assert shutil.which("curl")
    arrives(console, "curl", lambda text: run("sh", "-e", stdin=text.replace("curl ", "curl -sSf ", 1)))


def test_the_python_snippet_runs_as_it_stands(console: Console) -> None:
    arrives(console, "Python", lambda text: run(sys.executable, "-", stdin=text))


def test_the_node_snippet_runs_as_it_stands(console: Console, node: str, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "node_modules").symlink_to(NODE / "node_modules", target_is_directory=True)

    def start(text: str) -> None:
        (tmp_path / "send.mjs").write_text(text, "utf-8")
        run(node, "send.mjs", folder=tmp_path)

    arrives(console, "Node.js", start)


def test_the_copy_button_copies_the_snippet(console: Console) -> None:
    console.context.grant_permissions(["clipboard-read", "clipboard-write"])
    new_source(console)
    page = console.page
    text = snippet(page, "curl")
    page.get_by_role("tabpanel").get_by_role("button", name="Copy").click()
    expect(page.get_by_role("tabpanel").get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()").strip() == text.strip()


def test_a_key_is_rotated_and_the_old_one_revoked(console: Console) -> None:
    name = new_source(console)
    page = console.page
    drawer = page.get_by_role("dialog", name=name)
    old = drawer.locator("code.w-mono").inner_text()
    drawer.get_by_role("button", name="New key").click()
    page.get_by_role("dialog", name="Make a new key").get_by_role("button", name="New key").click()
    expect(drawer.locator("code.w-mono")).to_have_count(2)
    row = drawer.locator(".w-row").filter(has_text=old)
    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog", name="Revoke this key").get_by_role("button", name="Revoke").click()
    expect(row.get_by_text("Revoked")).to_be_visible()

    def refused() -> bool:
        body = {"userId": "1", "event": "Late"}
        return httpx.post(f"{console.workspace.edge}/v1/track", json=body, auth=(old, "")).status_code == 401

    console.workspace.until("/api/sources", lambda _: refused())
