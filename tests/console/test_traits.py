"""Traits: the list says what each is; one opens with what it reads, who uses it and how its values are spread."""

from playwright.sync_api import expect
from tests.browsing import Console


def test_a_trait_opens_with_its_lineage_and_distribution(console: Console) -> None:
    told = {each["name"]: each for each in console.workspace.ask("GET", "/api/traits").json()}
    page = console.open("/traits")
    table = page.get_by_role("table", name="Traits")
    expect(table.locator("tbody tr")).to_have_count(len(told))
    table.get_by_text("bookings", exact=True).click()
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text(told["bookings"]["sentence"]["en"])
    expect(drawer.get_by_role("link", name="booking", exact=True)).to_be_visible()
    for each in told["bookings"]["used_by"]:
        expect(drawer.get_by_role("link", name=each["name"])).to_be_visible()
    expect(drawer.get_by_role("table", name="bookings").locator("tr")).not_to_have_count(0)
    assert console.axe() == []


def test_a_trait_is_tried_before_it_is_saved(console: Console) -> None:
    console.expect("400")  # a definition that does not fit
    page = console.open("/traits/new")
    drawer = page.get_by_role("dialog")
    drawer.get_by_role("textbox", name="Name").fill("orders_week")
    drawer.get_by_role("button", name="Check").click()
    expect(drawer.get_by_text("It would be written to definitions/traits/orders_week.yaml")).to_be_visible()
    drawer.get_by_text("Text", exact=True).click()
    drawer.get_by_label("The definition as YAML").fill("kind: summ\nevent: Order Completed\n")
    drawer.get_by_role("button", name="Check").click()
    expect(drawer.get_by_role("alert").last).to_contain_text("kind")
    assert "orders_week" not in {each["name"] for each in console.workspace.ask("GET", "/api/traits").json()}
