"""Data that means harm or is simply too much: nothing of it runs, and the page keeps its shape."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect
from tests.acceptance.running import Running
from tests.browsing import PHONE, Console
from tests.console.events import arrive, identify, track

RUN_ME = (
    "<script>window.harmed=1</script>",
    "<img src=x onerror='window.harmed=1'>",
    '"><svg onload=window.harmed=1>',
    "javascript:window.harmed=1",
    "{{constructor.constructor('window.harmed=1')()}}",
)
ARABIC = "\u202eمحمد عبد الرحمن"
EMOJI = "👩🏽‍🚒🏳️‍🌈 e\u0301"
LONG = "Wolfeschlegelsteinhausenbergerdorff" * 9
EVENTS = 100_000
BATCH = 2_000


def hostile(key: str) -> list[dict[str, Any]]:
    traits: dict[str, Any] = {f"trait_{n:03}": f"{RUN_ME[n % len(RUN_ME)]} {n}" for n in range(480)}
    traits |= {
        RUN_ME[0]: RUN_ME[1],
        "rtl": ARABIC,
        "emoji": EMOJI,
        "long": LONG,
        "nested": {RUN_ME[2]: [RUN_ME[3]]},
    }
    traits |= {"name": f"{RUN_ME[1]}{ARABIC}{LONG}"[:300], "email": f"{key}@example.com"}
    return [
        identify(key, **traits),
        *(track(key, text, value=text) for text in (*RUN_ME, ARABIC, EMOJI, LONG[:200])),
    ]


@pytest.fixture(scope="module")
def harmful(demo_workspace: Running) -> str:
    return arrive(demo_workspace, *hostile(uuid4().hex[:12]))


def holds(page: Page) -> None:
    """Nothing ran, and nothing sticks out sideways."""
    assert page.evaluate("() => window.harmed") is None
    page.wait_for_function(
        "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )


@pytest.mark.parametrize("size", [(1280, 800), PHONE])
def test_a_person_full_of_scripts_and_long_words_is_only_text(
    console: Console, harmful: str, size: tuple[int, int]
) -> None:
    page = console.open(f"/people/{harmful}", size=size)
    expect(page.get_by_role("table", name="Traits")).to_contain_text("onerror")
    expect(page.get_by_role("group", name="Timeline")).to_contain_text("<script>")
    holds(page)
    page.get_by_role("group", name="Timeline").get_by_role("button", name="<script>").first.click()
    expect(page.get_by_role("dialog")).to_contain_text("<script>")
    holds(page)
    for screen in ("/people", "/live", "/catalogue"):
        console.open(screen, size=size)
        holds(page)


def test_five_hundred_traits_are_virtualised_and_found(console: Console, harmful: str) -> None:
    page = console.open(f"/people/{harmful}")
    traits = page.get_by_role("table", name="Traits")
    assert traits.locator("tbody tr[data-index]").count() < 100
    page.get_by_label("Find a trait").fill("trait_477")
    expect(traits.locator("tbody tr[data-index]")).to_have_count(1)


def test_harm_in_the_url_is_only_text(console: Console) -> None:
    console.expect("404", "400")
    for path in (
        "/people?q=%3Cimg%20src%3Dx%20onerror%3Dwindow.harmed%3D1%3E",
        "/audiences/%3Cscript%3Ewindow.harmed%3D1%3C%2Fscript%3E",
    ):
        console.page.goto(console.workspace.api + path)
        expect(console.page.locator("main h1")).to_be_visible()
        holds(console.page)


@pytest.fixture(scope="module")
def busy(demo_workspace: Running) -> Iterator[str]:
    """A person with 100,000 events."""
    key = uuid4().hex[:12]
    for start in range(0, EVENTS, BATCH):
        sent = demo_workspace.send(*(track(key, f"Stop {n % 40}", n=n) for n in range(start, start + BATCH)))
        assert sent.status_code == 200, sent.text
    found = demo_workspace.until(
        f"/api/profiles/user_id:{key}", lambda profile: profile["events"] >= EVENTS, 240
    )
    yield found["id"]


def test_a_person_with_a_hundred_thousand_events_is_shown_in_part_and_scrolls(
    console: Console, busy: str
) -> None:
    page = console.open(f"/people/{busy}")
    expect(page.locator("main")).to_contain_text("100K events")
    timeline = page.get_by_role("group", name="Timeline")
    for _ in range(3):
        timeline.evaluate("box => box.scrollTo(0, box.scrollHeight)")
        page.wait_for_function(
            "box => box.scrollTop + box.clientHeight < box.scrollHeight - 1000", arg=timeline.element_handle()
        )
    assert timeline.locator("li").count() < 200
