"""When the API is down, slow or broken, or the browser's clock is wrong: what was there stays, and it mends itself."""

import json
import os
import re
import signal
import time
from uuid import uuid4

from playwright.sync_api import Route, expect
from tests.browsing import LOADING, Console
from tests.console.events import arrive, identify

A_DAY_AHEAD = """
const Real = Date, ahead = 86_400_000;
globalThis.Date = class extends Real {
  constructor(...given) { given.length ? super(...given) : super(Real.now() + ahead); }
  static now() { return Real.now() + ahead; }
};
"""


def test_a_dead_engine_is_told_what_was_there_stays_and_it_comes_back(console: Console) -> None:
    console.expect(
        "ERR_CONNECTION_REFUSED", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET", "ERR_INCOMPLETE_CHUNKED"
    )
    page = console.open("/audiences")
    workspace = console.workspace
    table = page.get_by_role("table", name="Audiences")
    rows = table.locator("tbody tr").count()
    engine = workspace.children()["engine"]
    os.kill(workspace.process.pid, signal.SIGSTOP)  # who would start it again at once
    try:
        os.kill(engine, signal.SIGKILL)
        expect(page.get_by_text("This could not be refreshed.")).to_be_visible(timeout=60_000)
        expect(page.get_by_role("link", name="Weft does not answer")).to_be_visible(timeout=60_000)
        expect(table.locator("tbody tr")).to_have_count(rows)
    finally:
        os.kill(workspace.process.pid, signal.SIGCONT)
    expect(page.get_by_text("This could not be refreshed.")).to_have_count(0, timeout=90_000)
    expect(page.get_by_role("link", name="Weft does not answer")).to_have_count(0, timeout=60_000)
    workspace.refresh()


def test_while_an_answer_takes_long_its_shape_is_shown(console: Console) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page = console.open("/sources")
    page.route("**/api/people*", hold)
    page.get_by_role("link", name="People").click()
    expect(page.get_by_role("heading", name="People")).to_be_visible()
    expect(page.get_by_role("status", name="Loading").locator(LOADING).first).to_be_visible()
    for route in held:
        route.continue_()
    page.unroute("**/api/people*")
    expect(page.get_by_role("table", name="People")).to_be_visible()
    expect(page.locator(LOADING)).to_have_count(0)


def test_an_error_of_the_server_says_what_to_do_and_names_the_request(console: Console) -> None:
    console.expect("500")
    broken = {"broken": True}
    problem = {
        "code": "internal",
        "detail": "",
        "request_id": "req-4711",
        "status": 500,
        "title": "Internal",
        "type": "",
    }

    def answer(route: Route) -> None:
        if not broken["broken"]:
            route.continue_()
            return
        route.fulfill(status=500, content_type="application/problem+json", body=json.dumps(problem))

    page = console.page
    page.route("**/api/audiences", answer)
    page.goto(f"{console.workspace.api}/audiences")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Weft could not do this")
    expect(alert).to_contain_text("Nothing was lost. Try again")
    expect(alert).to_contain_text("req-4711")
    assert console.axe() == []
    broken["broken"] = False
    alert.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("table", name="Audiences")).to_be_visible()


def test_a_browser_whose_clock_is_a_day_ahead_tells_the_servers_time(console: Console) -> None:
    key = uuid4().hex[:12]
    profile = arrive(console.workspace, identify(key, name=f"Now {key}"))
    console.page.add_init_script(A_DAY_AHEAD)
    page = console.open(f"/people/{profile}")
    assert page.evaluate("() => Date.now()") / 1000 > time.time() + 80_000
    told = page.locator("main time").first.inner_text()
    assert re.fullmatch(r"just now|\d+ (sec|min)\. ago", told), told
