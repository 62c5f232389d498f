"""Typed text in the audience builder: shown as a rule and as a sentence before it is used, corrected where it fails."""

from playwright.sync_api import Locator, Page, expect
from tests.browsing import Console
from tests.console.building import as_yaml

BOX = "Who is meant, in words"


def box(page: Page) -> Locator:
    return page.get_by_role("textbox", name=BOX)


def test_typed_text_becomes_the_rule_by_keyboard_alone(console: Console) -> None:
    page = console.open("/audiences/new")
    box(page).fill("bought twice this year but not in the last 60 days")
    box(page).press("Enter")
    read = page.locator(".w-reading")
    expect(read).to_contain_text("did Order Completed at least 2 times this year")
    expect(read.locator("pre")).to_contain_text("within: this_year")
    expect(page.locator(":focus")).to_have_text("Use this rule")
    expect(page.get_by_role("group", name="The whole rule").locator("> ol > li")).to_have_count(0)
    assert console.axe() == []
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="The whole rule").locator("> ol > li")).to_have_count(2)
    box(page).fill("lives in Seoul")
    box(page).press("Enter")
    page.get_by_role("button", name="Add to the rule").click()
    expect(as_yaml(page)).to_have_value(
        "who:\n  all:\n    - did: Order Completed\n      at_least: 2\n      within: this_year\n"
        "    - not:\n        did: Order Completed\n        within: 60d\n    - trait: city\n      is: Seoul\n"
    )
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("group", name="The whole rule").locator("> ol > li")).to_have_count(0)


def test_what_is_not_understood_is_marked_and_a_known_name_puts_it_right(console: Console) -> None:
    page = console.open("/audiences/new", lang="ko")
    words = page.locator("form.w-typed textarea").first
    words.fill("city is Seoul and frobnicatd")
    words.press("Enter")
    expect(page.locator("mark")).to_have_text("frobnicatd")
    expect(page.get_by_text("이해하지 못한 부분이 있습니다:")).to_be_visible()
    words.fill("revenu above 3")
    words.press("Enter")
    page.get_by_role("button", name="revenue", exact=True).click()
    expect(words).to_have_value("revenue above 3")
    expect(page.get_by_role("button", name="이 규칙 사용")).to_be_visible()
