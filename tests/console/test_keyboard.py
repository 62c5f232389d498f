"""The console without a mouse: the palette, rows, drawers, and a focus that is seen and comes back."""

import pytest
from playwright.sync_api import Page, expect
from tests.browsing import Console

FOCUS_SEEN = """() => {
  const style = getComputedStyle(document.activeElement);
  return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== 'none'
    || parseFloat(style.borderTopWidth) > 0;
}"""
ON_ROW = "() => document.activeElement.matches('tbody tr')"


def tab_to(page: Page, there: str) -> None:
    """Press Tab until the focus is where `there` says; each stop on the way must be seen."""
    for _ in range(40):
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUS_SEEN), page.evaluate(
            "() => document.activeElement.outerHTML.slice(0, 200)"
        )
        if page.evaluate(there):
            return
    raise AssertionError(f"Tab never came to {there}")


def test_the_palette_goes_to_a_screen_and_to_an_audience(console: Console) -> None:
    page = console.open("/")
    palette = page.get_by_role("dialog")  # pages have comboboxes of their own
    for text, title in (("people", "People"), ("repeat_buyers", "repeat_buyers")):
        page.keyboard.press("Control+k")
        expect(palette.get_by_role("combobox")).to_be_focused()
        page.keyboard.type(text)
        expect(page.get_by_role("option", selected=True)).to_contain_text(text, ignore_case=True)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        expect(palette).to_have_count(0)


def test_the_palette_is_left_with_escape_and_is_accessible(console: Console) -> None:
    page = console.open("/")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()
    assert console.axe() == []
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", selected=True)).to_have_text("Live eventsScreen")
    page.keyboard.press("Escape")
    expect(page.get_by_role("combobox")).to_have_count(0)


@pytest.mark.parametrize(("screen", "drawer"), [("/live", True), ("/sources", True), ("/people", False)])
def test_rows_are_walked_with_arrows_and_opened_with_enter(
    console: Console, screen: str, drawer: bool
) -> None:
    page = console.open(f"{screen}?paused=1")
    tab_to(page, ON_ROW)
    page.keyboard.press("ArrowDown")
    page.wait_for_function("() => document.activeElement.matches('tbody tr:nth-of-type(2)')")
    page.keyboard.press("Enter")
    if not drawer:
        expect(page.get_by_role("table", name="Traits")).to_be_visible()
        return
    expect(page.get_by_role("dialog")).to_be_visible()
    page.wait_for_function("() => document.activeElement.closest('[role=dialog]') !== null")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.wait_for_function("() => document.activeElement.matches('tbody tr:nth-of-type(2)')")


def test_the_first_stop_skips_to_the_content(console: Console) -> None:
    page = console.open("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement.id === 'content'")


def test_a_source_is_made_without_the_mouse(console: Console) -> None:
    page = console.open("/sources")
    tab_to(page, "() => document.activeElement.textContent === 'New source'")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_label("Name")).to_be_focused()
    page.keyboard.type("by-keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("heading", name="by-keyboard")).to_be_visible()


def test_nothing_moves_for_who_asked_for_no_motion(console: Console) -> None:
    page = console.page
    page.emulate_media(reduced_motion="reduce")
    console.open("/sources")
    page.get_by_role("button", name="New source").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    moving = page.evaluate(
        "() => document.getAnimations().filter(each => each.effect.getComputedTiming().duration > 0).length"
    )
    assert moving == 0
