"""The live stream: what arrives is shown, filtered, held back, and opened step by step."""

from uuid import uuid4

from playwright.sync_api import expect
from tests.browsing import Console
from tests.console.events import track


def test_an_event_that_arrives_is_shown_and_can_be_filtered(console: Console) -> None:
    name, other = f"Seen {uuid4()}", f"Other {uuid4()}"
    page = console.open("/live")
    table = page.get_by_role("table", name="Live events")
    expect(page.get_by_text("Listening")).to_be_visible()
    console.workspace.send(track("live-1", name), track("live-2", other))
    expect(table.get_by_text(name)).to_be_visible()
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("menuitem", name="Event name").click()
    page.get_by_role("combobox", name="Event name").fill(name)
    page.keyboard.press("Enter")
    expect(table.get_by_text(other)).to_have_count(0)
    expect(table.get_by_text(name)).to_be_visible()
    page.reload()
    expect(page.locator(".w-chip")).to_contain_text(name)
    expect(table.get_by_text(name)).to_be_visible()


def test_while_it_is_paused_nothing_moves_and_what_waits_is_counted(console: Console) -> None:
    name = f"Held {uuid4()}"
    page = console.open("/live")
    expect(page.get_by_text("Listening")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    console.workspace.send(track("live-3", name))
    fresh = page.get_by_role("button", name="Show 1 new")
    expect(fresh).to_be_visible()
    expect(page.get_by_text(name)).to_have_count(0)
    fresh.click()
    expect(page.get_by_text(name)).to_be_visible()


def test_an_event_opens_with_its_steps_its_profile_and_what_was_sent(console: Console) -> None:
    name = f"Opened {uuid4()}"
    page = console.open("/live")
    expect(page.get_by_text("Listening")).to_be_visible()
    console.workspace.send(track("live-4", name, colour="teal"))
    page.get_by_role("table", name="Live events").get_by_text(name).click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_role("heading", name=name)).to_be_visible()
    expect(drawer.get_by_text("Stored", exact=True)).to_be_visible()
    assert drawer.locator(".w-steps li").count() > 3
    expect(drawer.get_by_role("group", name="As it was sent")).to_contain_text('"teal"')
    expect(drawer.get_by_role("link")).to_be_visible()
    assert console.axe() == []
    page.go_back()
    expect(drawer).to_have_count(0)
    assert page.url.endswith("/live")
