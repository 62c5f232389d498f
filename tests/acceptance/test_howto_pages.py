"""The pages that a reader follows, followed: each command given, each answer compared, each SDK run."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.acceptance.pages import WAIT_SECONDS, Block, Reader, blocks
from tests.acceptance.test_shop import AGENT
from tests.acceptance.test_wire_sdks import NODE
from tests.acceptance.test_wire_sdks import node as node  # noqa: PLC0414 - the fixture

FIRST_EVENT = "howto/send-your-first-event.md"


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    with Reader(tmp_path) as reading:
        yield reading


def test_the_quickstart(reader: Reader) -> None:
    reader.follow("quickstart.md")


def test_send_a_webhook(reader: Reader) -> None:
    reader.follow("howto/send-a-webhook.md")


def test_the_demo_world(reader: Reader) -> None:
    reader.follow("howto/run-the-demo.md")


def test_change_definitions_safely(reader: Reader) -> None:
    reader.start_workspace("shop")
    reader.follow("howto/change-definitions-safely.md")


def test_import_a_file(reader: Reader) -> None:
    reader.start_workspace("shop")
    reader.follow("howto/import-a-file.md")


def test_send_your_first_event(reader: Reader, node: str, playing: Browser) -> None:
    (reader.folder / "node_modules").symlink_to(NODE / "node_modules")
    reader.environ["PATH"] += os.pathsep + str(Path(node).parent)
    reader.start_workspace("shop")
    sent = 0
    for block in blocks(FIRST_EVENT):
        reader.do(block)
        if block.title.endswith(".html"):
            show(reader, block.title, playing)
        elif block.language != "sh" or "weft" in block.text:
            continue
        sent += 1
        until_orders(reader, sent)
    assert sent == 5  # Java's is not run here: no Java comes with what the tests install


def show(reader: Reader, name: str, browser: Browser) -> None:
    """Open a page of the folder, at an address that is not the collector's."""
    reader.do(Block("sh", "Page", "python -m http.server 9000 --bind 127.0.0.1\n", name))
    reader.do(Block("text", "Page", "Serving HTTP …\n", name))
    page = browser.new_page(user_agent=AGENT)  # not that of a robot, whose events are set apart
    with page.expect_response(lambda answer: answer.url.endswith("/v1/t")) as tracked:
        page.goto(reader.filled(f"http://127.0.0.1:9000/{name}"))
    assert tracked.value.status == 200
    page.close()


def until_orders(reader: Reader, count: int) -> None:
    """Wait until the profile has as many orders as programs have sent one."""
    give_up = time.monotonic() + WAIT_SECONDS
    while True:
        shown = reader.run("weft profile show user_id:42 -w shop --events 50 --json")
        orders = shown.count('"name": "Order Completed"')
        if orders == count:
            return
        assert orders < count
        assert time.monotonic() < give_up, shown
