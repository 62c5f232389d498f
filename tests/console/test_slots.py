"""Slots: what is shown where; one is tried for a person, and a new one is looked at before it is made."""

from playwright.sync_api import expect
from tests.browsing import Console


def test_a_slot_is_tried_for_a_person(console: Console) -> None:
    members = console.workspace.ask("GET", "/api/audiences/repeat_buyers/members?limit=1").json()
    key = members["members"][0]["profile_id"]
    told = console.workspace.ask("GET", f"/api/slots/home_hero/decision?profile={key}").json()
    page = console.open("/slots")
    page.get_by_role("table", name="Slots").get_by_text("home_hero", exact=True).click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_role("link", name="abandoned_cart").first).to_be_visible()
    drawer.get_by_role("textbox", name="Person").fill(key)
    drawer.get_by_role("button", name="Try").click()
    expect(drawer).to_contain_text(told["sentence"]["en"])
    assert console.axe() == []


def test_a_slot_is_looked_at_before_it_is_made(console: Console) -> None:
    page = console.open("/slots/new")
    drawer = page.get_by_role("dialog")
    drawer.get_by_role("textbox", name="Name").fill("footer")
    drawer.get_by_role("button", name="Check").click()
    expect(drawer.get_by_text("It would be written to definitions/slots/footer.yaml")).to_be_visible()
    assert [each["name"] for each in console.workspace.ask("GET", "/api/slots").json()] == ["home_hero"]
