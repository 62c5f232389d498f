"""The rules of identity in the console: tried on everybody, told where they are wrong, never lost unsaved."""

import pytest
from playwright.sync_api import expect
from tests.browsing import DESKTOP, PHONE, Console

RULES = "/review?view=rules"
LOOK = "See what it would do"


def test_rules_are_tried_before_they_can_be_saved(console: Console) -> None:
    page = console.open(RULES)
    save = page.get_by_role("button", name="Save")
    expect(save).to_be_disabled()
    page.get_by_role("region", name="email", exact=True).locator(".blocked input").first.fill("*@*")
    page.keyboard.press("Enter")
    expect(save).to_be_disabled()
    page.get_by_role("button", name=LOOK).click()
    told = page.get_by_role("status").filter(has_text="splits")
    expect(told).to_contain_text("blocks")
    expect(page.get_by_role("table", name="Because of")).to_contain_text("a blocked value")
    page.locator(".w-samples summary").first.click()
    assert str(page.locator(".w-samples li a").first.get_attribute("href")).startswith("/people/")
    assert console.axe("main") == []
    save.click()
    expect(page.get_by_role("dialog")).to_contain_text("splits")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("link", name="Audiences").first.click()
    expect(page.get_by_role("dialog")).to_contain_text("not saved")
    page.get_by_role("button", name="Stay").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Discard changes").click()
    expect(page.get_by_text("No changes")).to_be_visible()
    assert console.workspace.ask("GET", "/api/identity/rules").json()["definition"]["name"] == "rules"


def test_a_fault_stands_at_its_field(console: Console) -> None:
    page = console.open(RULES)
    field = page.get_by_role("textbox", name="user_id: Bits per link")
    field.fill("65")
    page.get_by_role("textbox", name="Another namespace").fill("card_number")
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="card_number: Priority").fill("0")
    page.get_by_role("button", name=LOOK).click()
    expect(page.get_by_role("alert")).to_contain_text("namespaces.card_number.priority")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    page.get_by_text("Text", exact=True).click()
    expect(page.get_by_role("textbox", name="Rules of identity")).to_contain_text("card_number")


@pytest.mark.parametrize(
    ("lang", "theme", "size"), [("ko", "dark", PHONE), ("zh-TW", "light", PHONE), ("ko", "light", DESKTOP)]
)
def test_rules_fit_in_every_language(console: Console, lang: str, theme: str, size: tuple[int, int]) -> None:
    page = console.open(RULES, lang, theme, size)
    assert console.axe("main") == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
