"""The catalogue: what was seen, a tracking plan that is tried before it counts, and the quarantine's replay."""

import json
from uuid import uuid4

from playwright.sync_api import expect
from tests.browsing import Console
from tests.console.events import engine_starts_again, track


def test_an_event_opens_with_its_properties(console: Console) -> None:
    page = console.open("/catalogue")
    page.get_by_label("Find an event or property").fill("Product Viewed")
    table = page.get_by_role("table", name="Events")
    expect(table.get_by_role("row")).to_have_count(2)  # the head and the event: the list stands still
    table.get_by_text("Product Viewed", exact=True).click()
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
    page = console.open("/plans/new?as=text")
    page.get_by_role("textbox", name="Name").fill(plan)
    page.get_by_role("combobox", name="Against the plan").click()
    page.get_by_role("option", name="Is quarantined").click()
    schema = {"type": "object", "properties": {"size": {"type": "number"}}}
    page.get_by_label("Events, as JSON").fill(json.dumps({event: {"schema": schema}}))
    page.get_by_role("button", name="Try the plan").click()
    expect(page.get_by_text("1 of 2 events are against the plan.")).to_be_visible()
    console.expect("ERR_")  # the engine starts again with what was saved
    with engine_starts_again(workspace):
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved. In force within seconds")).to_be_visible()
    saved = {each["name"]: each for each in workspace.until("/api/plans", lambda _: True)}
    assert event in saved[plan]["events"]
    workspace.send(track("plan-1", event, size="too large"))
    workspace.until(
        "/api/quarantine?limit=200", lambda told: any(event in each["body"] for each in told["events"])
    )
    page.get_by_role("button", name="Delete").click()
    with engine_starts_again(workspace):
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page).to_have_url(f"{workspace.api}/plans")
    assert plan not in {each["name"] for each in workspace.until("/api/plans", lambda _: True)}


def test_what_was_refused_is_looked_at_tried_and_replayed(console: Console) -> None:
    marker = str(uuid4())
    workspace = console.workspace
    assert (
        workspace.send({"type": "track", "userId": "", "event": marker, "messageId": marker}).status_code
        == 200
    )
    told = workspace.until(
        "/api/quarantine?limit=200", lambda page: any(marker in each["body"] for each in page["events"])
    )
    position = next(each["position"] for each in told["events"] if marker in each["body"])
    page = console.open(f"/quarantine?open={position}")
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_role("group", name="As it was sent")).to_contain_text(marker)
    page.keyboard.press("Escape")
    page.get_by_role("table", name="By reason").get_by_role("row").filter(
        has_text="Belongs to nobody"
    ).click()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("would pass now")).to_be_visible()
    page.get_by_role("button", name="Replay all").click()
    page.get_by_role("dialog").get_by_role("button", name="Replay all").click()
    expect(page.get_by_text("put into the log again")).to_be_visible()
