"""The form of a computed trait: said, computed for people and held against the language while one types."""

import yaml
from playwright.sync_api import Locator, expect
from tests.browsing import Console


def choose(drawer: Locator, label: str, option: str) -> None:
    drawer.get_by_role("combobox", name=label, exact=True).click()
    drawer.page.get_by_role("option", name=option, exact=True).last.click()


def show(drawer: Locator, look: str) -> None:
    drawer.locator("label").get_by_text(look, exact=True).click()


def written(drawer: Locator) -> object:
    show(drawer, "Text")
    return yaml.safe_load(drawer.get_by_label("The definition as YAML").input_value())


def test_a_trait_is_made_by_form_with_values_of_people_and_faults_at_their_fields(console: Console) -> None:
    page = console.open("/traits/new")
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text("number of Order Completed events in the last 30 days")
    expect(drawer.get_by_label("Some of the people seen last").locator("dd")).to_have_count(5)
    choose(drawer, "What", "Sum")
    expect(drawer.get_by_role("alert")).to_contain_text("sum needs `property`")
    field = drawer.get_by_role("combobox", name="Property", exact=True)
    field.fill("total")
    field.press("Escape")
    expect(drawer).to_contain_text("sum of total in Order Completed events in the last 30 days")
    drawer.get_by_role("textbox", name="Name").fill("spent_by_form")
    expect(drawer.locator("[aria-busy=true]")).to_have_count(0)  # what is not of the last edit is pale
    assert console.axe("[role=dialog]") == []
    choose(drawer, "What", "Formula")
    formula = drawer.get_by_role("combobox", name="Formula")
    formula.fill("revenue - refu")
    page.get_by_role("option", name="refunds").click()
    expect(formula).to_have_value("revenue - refunds")
    drawer.get_by_text("Text", exact=True).click()
    expect(drawer.get_by_label("The definition as YAML")).to_have_value("formula: revenue - refunds\n")
    drawer.get_by_role("button", name="Check").click()
    expect(drawer.get_by_text("It would be written to definitions/traits/spent_by_form.yaml")).to_be_visible()


def test_values_come_from_what_was_seen(console: Console) -> None:
    seen = console.workspace.ask(
        "GET", "/api/catalogue/values", params={"type": "track", "name": "Product Viewed"}
    )
    brands = [each["value"] for each in seen.json()["properties"]["brand"]]
    page = console.open("/traits/new")
    drawer = page.get_by_role("dialog")
    of = drawer.get_by_role("combobox", name="Of", exact=True)
    of.fill("Product Viewed")
    of.press("Escape")
    drawer.get_by_role("button", name="where").click()
    where = drawer.get_by_role("combobox", name="Where", exact=True)
    where.fill("brand")
    where.press("Escape")
    drawer.get_by_role("combobox", name="Value: brand").click()
    expect(page.get_by_role("option")).to_have_text(brands)


def test_a_trait_of_the_moment_is_made_by_form(console: Console) -> None:
    page = console.open("/traits/new")
    drawer = page.get_by_role("dialog")
    choose(drawer, "What", "Most frequent")
    of = drawer.get_by_role("combobox", name="Of", exact=True)
    of.fill("Product Viewed")
    of.press("Escape")
    field = drawer.get_by_role("combobox", name="Property", exact=True)
    field.fill("category")
    field.press("Escape")
    choose(drawer, "Holds", "for the moment, halved every")
    choose(drawer, "When", "last session")
    drawer.get_by_label("after a break of", exact=True).fill("45")
    like = drawer.get_by_role("combobox", name="At a time like now")
    like.click()
    page.get_by_role("option", name="same weekday").click()
    page.keyboard.press("Escape")
    against = drawer.get_by_role("combobox", name="Held against")
    against.fill("favourite_category")
    against.press("Escape")
    expect(drawer).to_contain_text("most frequent category in Product Viewed events")
    expect(drawer.locator("[aria-busy=true]")).to_have_count(0)
    assert console.axe("[role=dialog]") == []
    assert written(drawer) == {
        "kind": "most_frequent",
        "event": "Product Viewed",
        "property": "category",
        "half_life": "2h",
        "window": {"last_session": "45m"},
        "like_now": ["weekday"],
        "beside": "favourite_category",
    }
    show(drawer, "Form")
    choose(drawer, "Holds", "until it changes")
    assert written(drawer) == {
        "kind": "most_frequent",
        "event": "Product Viewed",
        "property": "category",
    }
