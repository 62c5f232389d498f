"""The catalogue: what was seen, a tracking plan that is tried before it counts, and the quarantine's replay."""

from uuid import uuid4

from playwright.sync_api import expect
from tests.browsing import Console
from tests.console.events import track


def test_an_event_opens_with_its_properties(console: Console) -> None:
    page = console.open("/catalogue")
    page.get_by_label("Find an event or property").fill("Product Viewed")
    page.get_by_role("table", name="Events").get_by_text("Product Viewed", exact=True).click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text("product_id").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)


def test_a_plan_is_tried_before_it_is_saved_and_then_it_counts(console: Console) -> None:
    event, plan = f"Tried {uuid4()}", f"tried_{uuid4().hex[:8]}"
    workspace = console.workspace
    workspace.send(track("plan-1", event, size=3), track("plan-1", event, size="large"))
    workspace.until(
        "/api/catalogue", lambda known: any(each["name"] == event and each["count"] == 2 for each in known)
    )
    page = console.open("/plans/new")
    page.get_by_label("Name", exact=False).first.fill(plan)
    page.get_by_label("An event against the plan").first.click()
    page.get_by_role("option", name="Is quarantined").click()
    schema = (
        f'{{"{event}": {{"schema": {{"type": "object", "properties": {{"size": {{"type": "number"}}}}}}}}}}'
    )
    page.get_by_label("Events, as JSON").fill(schema)
    page.get_by_role("button", name="Dry run").click()
    figures = page.locator(".w-figures > div")
    expect(figures.filter(has_text="Would pass")).to_contain_text("1")
    expect(figures.filter(has_text="Would be quarantined")).to_contain_text("1")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. It counts within seconds.")).to_be_visible()
    saved = {each["name"]: each for each in workspace.ask("GET", "/api/plans").json()}
    assert event in saved[plan]["events"]
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page).to_have_url(f"{workspace.api}/plans")
    assert plan not in {each["name"] for each in workspace.ask("GET", "/api/plans").json()}


def test_what_was_refused_is_looked_at_and_replayed(console: Console) -> None:
    marker = str(uuid4())
    workspace = console.workspace
    answer = workspace.send({"type": "track", "userId": "", "event": marker, "messageId": marker})
    assert answer.status_code == 200
    workspace.until(
        "/api/quarantine?limit=200", lambda page: any(marker in each["body"] for each in page["events"])
    )
    page = console.open("/quarantine")
    reason = next(
        each["reason"] for each in workspace.ask("GET", "/api/quarantine?limit=200").json()["events"]
        if marker in each["body"]
    )  # fmt: skip
    row = page.get_by_role("table", name="By reason").get_by_role("row").filter(has_text=reason)
    row.get_by_role("button", name="Replay").click()
    page.get_by_role("dialog").get_by_role("button", name="Replay").click()
    expect(page.get_by_text("put into the log again")).to_be_visible()
