"""The page of one person: what it can tell of her, and what hostile data cannot do to it."""

from uuid import uuid4

from playwright.sync_api import expect
from tests.browsing import Console, new_link
from tests.console.events import arrive, identify, track

HTML = "<img src=x onerror=\"document.title='ran'\">"


def test_an_event_and_a_trait_open_over_the_page(console: Console) -> None:
    key = uuid4().hex[:12]
    profile = arrive(console.workspace, identify(key, city="Tainan"), track(key, "Product Viewed", size=7))
    page = console.open(f"/people/{profile}")
    timeline = page.get_by_role("group", name="Timeline")
    expect(timeline).to_contain_text("1 product seen")
    timeline.get_by_role("button", name="Product Viewed").click()
    expect(page.get_by_role("dialog")).to_contain_text('"size": 7')
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("table", name="Traits").get_by_text("Tainan").click()
    expect(page.get_by_role("dialog")).to_contain_text(f"user_id:{key}")
    expect(page.get_by_role("dialog")).to_contain_text("It was told last.")
    page.go_back()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("certain").first).to_be_visible()
    assert console.axe() == []


def test_a_long_name_of_html_is_text_and_stays_in_two_lines(console: Console) -> None:
    key = uuid4().hex[:12]
    name = f"{key} \u0645\u0631\u062d\u0628\u0627 {HTML * 6}"[:300]
    profile = arrive(console.workspace, identify(key, name=name, note=HTML))
    page = console.open(f"/people/{profile}")
    title = page.get_by_role("heading", level=1)
    expect(title).to_have_text(name)
    expect(title).to_have_attribute("title", name)
    assert title.evaluate("each => each.getBoundingClientRect().height") <= 56
    expect(page.get_by_role("table", name="Traits")).to_contain_text(HTML)
    assert page.title() != "ran"


def test_who_is_signed_out_signs_in_and_is_taken_back(console: Console) -> None:
    page = console.open("/people?known=1")
    link = new_link(console.workspace)
    console.context.clear_cookies()
    console.expect("401")
    page.reload()
    expect(page.get_by_role("heading", name="Sign in to Weft")).to_be_visible()
    page.goto(link)
    expect(page.get_by_role("table", name="People")).to_be_visible()
    assert page.url.endswith("/people?known=1")


def test_who_lives_together_is_on_the_page_with_what_they_share(console: Console) -> None:
    keys = [uuid4().hex[:12] for _ in range(2)]
    home = {"street": f"1 {keys[0]} Street", "postalCode": "AB1 2CD"}
    first = arrive(console.workspace, identify(keys[0], name="Ada Stone", address=home))
    arrive(console.workspace, identify(keys[1], name="Ben Stone", address=home))
    page = console.open(f"/people/{first}")
    card = page.get_by_role("region", name="Household")
    expect(card).to_contain_text("Shares address, family name")
    assert console.axe() == []
    card.get_by_role("link", name="Ben Stone").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ben Stone")
