"""People: found by what is known of them, opened, their timeline filtered, and back again."""

from uuid import uuid4

from playwright.sync_api import expect
from tests.browsing import Console
from tests.console.events import arrive, identify, track


def test_a_person_is_found_opened_and_left_again(console: Console) -> None:
    key = uuid4().hex[:12]
    name = f"Miru {key}"
    profile = arrive(
        console.workspace,
        identify(key, name=name, email=f"{key}@example.com"),
        track(key, "Truck Picked", size=7),
    )
    page = console.open("/people")
    search = page.get_by_role("searchbox")
    for part in (key, f"{key}@example.com", f"user_id:{key}"):
        search.fill(part)
        page.wait_for_function("part => new URLSearchParams(location.search).get('q') === part", arg=part)
        expect(page.get_by_role("table", name="People").locator("tbody tr")).to_have_count(1)
        expect(page.get_by_role("table", name="People")).to_contain_text(name)
    page.get_by_role("table", name="People").get_by_text(name).click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    assert f"/people/{profile}" in page.url
    expect(page.get_by_role("table", name="Traits")).to_contain_text(f"{key}@example.com")
    page.go_back()
    expect(search).to_have_value(f"user_id:{key}")
    expect(page.get_by_role("table", name="People")).to_contain_text(name)


def test_the_timeline_is_filtered_in_the_url(console: Console) -> None:
    key = uuid4().hex[:12]
    profile = arrive(console.workspace, track(key, "Truck Picked", size=7), track(key, "Truck Returned"))
    page = console.open(f"/people/{profile}")
    timeline = page.get_by_role("group", name="Timeline")
    expect(timeline).to_contain_text("Truck Returned")
    page.get_by_label("Event name").fill("Truck Picked")
    expect(timeline).not_to_contain_text("Truck Returned")
    expect(timeline).to_contain_text("Truck Picked")
    assert "Truck" in page.url


def test_somebody_who_is_not_there_is_said_so(console: Console) -> None:
    page = console.open("/people?q=nobody-has-this-name-at-all")
    expect(page.get_by_text("Nobody found")).to_be_visible()
    console.expect("404")
    page.goto(f"{console.workspace.api}/people/00000000-0000-0000-0000-000000000000")
    expect(page.get_by_role("alert")).to_contain_text("This is not here")
