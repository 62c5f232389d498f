"""A stream faster than anybody reads: the list is bounded, what is left out is said, and the page still answers."""

import re
import threading
import time
from uuid import uuid4

from playwright.sync_api import expect
from tests.browsing import Console
from tests.console.events import track

PER_SECOND = 5_000
BATCH = 500
SECONDS = 6


def test_five_thousand_events_a_second_are_sampled_with_a_note(console: Console) -> None:
    page = console.open("/live")
    expect(page.get_by_text("Listening")).to_be_visible()
    key = uuid4().hex

    def flood() -> None:
        began = time.monotonic()
        for number in range(PER_SECOND * SECONDS // BATCH):
            console.workspace.send(*(track(f"{key}-{n % 20}", "Flood", n=n) for n in range(BATCH)))
            time.sleep(max(0.0, began + (number + 1) * BATCH / PER_SECOND - time.monotonic()))

    sender = threading.Thread(target=flood)
    sender.start()
    try:
        expect(page.get_by_text("More arrive than can be read")).to_be_visible(timeout=60_000)
        page.get_by_role("button", name="Pause").click()
        expect(page.get_by_text("Paused")).to_be_visible()
        page.get_by_role("button", name=re.compile("^(Resume|Show .* new)$")).click()
    finally:
        sender.join()
    expect(page.get_by_text("The newest 500 are kept here.")).to_be_visible()
    assert page.locator("tbody tr[data-index]").count() < 100
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
