"""The audience builder as somebody uses it: rows are added from menus, fields are typed into."""

from playwright.sync_api import Locator, Page

YAML = "The definition as YAML"


def add_rule(page: Page, kind: str, group: int = -1) -> None:
    """Add a row of a kind to a group; the last of the page is the whole rule."""
    page.get_by_role("button", name="Add rule").nth(group).click()
    page.get_by_role("menuitem", name=kind).click()


def type_into(page: Page, label: str, text: str) -> None:
    """Type into the last field of that name, past what it proposes."""
    field = page.get_by_role("combobox", name=label, exact=True).last
    field.fill(text)
    field.press("Escape")


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label, exact=True).last.click()
    page.get_by_role("option", name=option, exact=True).last.click()


def total(page: Page) -> Locator:
    """The figure of the whole rule."""
    return page.locator(".w-size strong")


def as_yaml(page: Page) -> Locator:
    page.get_by_text("YAML", exact=True).click()
    return page.get_by_label(YAML)
