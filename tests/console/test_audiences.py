"""Audiences: the list agrees with the API, one opens with its rule as a sentence and its members."""

from playwright.sync_api import expect
from tests.browsing import Console


def test_an_audience_opens_with_its_sentence_and_members(console: Console) -> None:
    told = {each["name"]: each for each in console.workspace.ask("GET", "/api/audiences").json()}
    page = console.open("/audiences")
    table = page.get_by_role("table", name="Audiences")
    expect(table.locator("tbody tr")).to_have_count(len(told))
    table.get_by_text("buyers", exact=True).click()
    expect(page.get_by_role("heading", name="buyers")).to_be_visible()
    expect(page.locator("main")).to_contain_text(told["buyers"]["sentence"]["en"])
    members = page.get_by_role("table", name=f"Members {told['buyers']['size']}")
    name = members.locator("tbody tr").first.locator("td").first.inner_text()
    members.locator("tbody tr").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    page.go_back()
    expect(page.get_by_role("heading", name="buyers")).to_be_visible()
    history = page.get_by_role("region", name="History")
    expect(history.locator("tbody tr")).to_have_count(1)
    history.get_by_role("button", name="Show changes 1").click()
    expect(history.locator("ins").first).to_contain_text("buyers")
