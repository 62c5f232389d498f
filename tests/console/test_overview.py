"""The overview tells how the workspace is, and agrees with the API."""

from playwright.sync_api import expect
from tests.browsing import Console


def test_the_overview_shows_the_figures_of_the_api(console: Console) -> None:
    page = console.open("/")
    told = console.workspace.until("/api/overview", lambda overview: overview.get("people") is not None)
    figures = page.locator(".w-figures > div")
    expect(figures.filter(has_text="Known people")).to_contain_text(f"{told['people']['known']:,}")
    expect(figures.filter(has_text="Anonymous people")).to_contain_text(f"{told['people']['anonymous']:,}")
    expect(page.get_by_role("table", name="Audience movements").locator("tbody tr")).to_have_count(
        len(told["movements"])
    )
    assert console.axe() == []
