"""Why somebody is in an audience or not: asked from the audience and from the person, read clause by clause, now and
as it was."""

from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from playwright.sync_api import Page, expect
from tests.browsing import Console
from tests.console.events import arrive, identify, track

AUDIENCE = "looking_at_trucks"
SEARCHED, BOOKED = "did Trucks Searched in the last 14 days", "bookings is at most 0"


def title(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def test_anybody_is_asked_about_and_the_answer_follows_what_happens(console: Console) -> None:
    name = f"Ada {uuid4().hex[:8]}"
    key = uuid4().hex[:12]
    profile = arrive(console.workspace, identify(key, name=name))
    page = console.open(f"/audiences/{AUDIENCE}")
    page.get_by_role("combobox", name="Why is somebody in or not?").fill(name)
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    title(page, f"Why {name} is not in {AUDIENCE}")
    assert parse_qs(urlsplit(page.url).query) == {"person": [profile]}
    rule = page.get_by_role("list", name="Rule")
    expect(rule.get_by_text("1 of 2 hold")).to_be_visible()
    expect(rule.locator("[data-path]", has_text=SEARCHED)).to_contain_text("Does not hold:")
    expect(rule.locator("[data-path]", has_text=BOOKED)).to_contain_text("Found 0")
    assert console.axe() == []

    arrive(console.workspace, track(key, "Trucks Searched", size="7.5 t"))
    title(page, f"Why {name} is in {AUDIENCE}")  # nobody reloads the page
    did = rule.locator("[data-path]", has_text=SEARCHED)
    expect(did).to_contain_text("size 7.5 t")
    expect(page.get_by_text("at the earliest")).to_be_visible()
    page.get_by_role("button", name="See that moment").click()
    title(page, f"Why {name} would not be in {AUDIENCE}")
    page.get_by_role("button", name="Now").click()
    did.get_by_role("link", name="Trucks Searched").click()
    expect(page.get_by_role("dialog")).to_contain_text('"size": "7.5 t"')


def test_a_moment_is_gone_back_to_by_a_link_and_by_the_clock(console: Console) -> None:
    key = uuid4().hex[:12]
    profile = arrive(console.workspace, identify(key, name=key), track(key, "Trucks Searched"))
    console.workspace.until(f"/api/profiles/{profile}", lambda found: AUDIENCE in found["audiences"])
    page = console.open(f"/people/{profile}")
    moved = page.get_by_role("region", name="Entered and exited, and why")
    expect(moved.get_by_role("listitem")).to_contain_text(f"Entered{AUDIENCE}")
    moved.get_by_role("link", name="Why").click()
    title(page, f"Why {key} was in {AUDIENCE}")
    assert console.axe() == []
    field = page.get_by_label("As of")
    expect(field).not_to_have_value("")
    field.fill("2026-01-02T03:04:05")
    title(page, f"Why {key} was not in {AUDIENCE}")
    assert parse_qs(urlsplit(page.url).query)["at"] == ["2026-01-01T18:04:05.000Z"]  # the browser is in Seoul
    page.get_by_role("button", name="Now").click()
    title(page, f"Why {key} is in {AUDIENCE}")
    page.get_by_role("link", name="Person").click()
    page.get_by_role("region", name="Audiences").get_by_role("link", name="Why").click()
    title(page, f"Why {key} is in {AUDIENCE}")


def test_an_audience_says_what_changed_its_size(console: Console) -> None:
    key = uuid4().hex[:12]
    page = console.open(f"/audiences/{AUDIENCE}")
    arrive(console.workspace, identify(key, name=key), track(key, "Trucks Searched"))
    entered = page.get_by_role("region", name="Entered and exited, and why").get_by_role(
        "group", name="Entered"
    )
    expect(entered.get_by_role("link", name=key, exact=True)).to_be_visible()  # nobody reloads the page
    expect(page.get_by_role("table", name="Members").get_by_text(key, exact=True).first).to_be_visible()
    told = console.workspace.ask("GET", f"/api/audiences/{AUDIENCE}/movements").json()["entered"]
    cause = entered.get_by_role("button", name="an event or record")
    expect(cause).to_contain_text(str(told["causes"]["fact"]))
    cause.click()
    expect(cause).to_have_attribute("aria-pressed", "true")
    assert parse_qs(urlsplit(page.url).query) == {"cause": ["fact"]}
    assert console.axe() == []
    entered.get_by_role("listitem").filter(has_text=key).get_by_role("link", name="Why").click()
    title(page, f"Why {key} was in {AUDIENCE}")


def test_who_is_not_known_and_who_is_not_chosen(console: Console) -> None:
    page = console.open(f"/audiences/{AUDIENCE}/why")
    expect(page.get_by_text("Choose a person")).to_be_visible()
    expect(page.get_by_role("combobox", name="Person")).to_be_focused()
    console.expect("404")
    page = console.open(f"/audiences/{AUDIENCE}/why?person=user_id:nobody")
    expect(page.get_by_role("alert")).to_contain_text("This is not here")
