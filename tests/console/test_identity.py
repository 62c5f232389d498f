"""Who is who, through the console: answers by keyboard, taken back; a person taken apart and put together."""

from uuid import uuid4

import pytest
from playwright.sync_api import expect
from tests.acceptance.running import Running
from tests.browsing import DESKTOP, PHONE, Console
from tests.console.events import arrive, identify

CARD = "loyalty_card"


def carrying(user_id: str, card: str, **traits: str) -> dict[str, object]:
    """Return an identify event with a loyalty card, which alone merges nobody in this workspace."""
    named = {"id": card, "type": CARD, "collection": "users", "encoding": "none"}
    return {**identify(user_id, **traits), "context": {"externalIds": [named]}}


def a_question(workspace: Running) -> tuple[str, str]:
    """Make a question of its own; return the user id and the card that it is about."""
    key = uuid4().hex[:12]
    arrive(workspace, carrying(f"u{key}", f"c{key}", name=f"Kim {key}", city="Busan"))
    return f"u{key}", f"c{key}"


def question_key(workspace: Running, user_id: str) -> str:
    def about(page: dict[str, list[dict[str, object]]]) -> list[dict[str, object]]:
        return [each for each in page["questions"] if user_id in str(each)]

    page = workspace.until("/api/identity/questions?limit=1000", lambda page: bool(about(page)))
    return str(about(page)[0]["key"])


def holder(workspace: Running, name: str) -> str:
    return str(workspace.ask("GET", f"/api/profiles/{name}").json()["id"])


def test_a_merge_is_answered_by_a_key_and_taken_back_by_another(console: Console) -> None:
    workspace = console.workspace
    user_id, card = a_question(workspace)
    key = question_key(workspace, user_id)
    before = {name: holder(workspace, name) for name in (f"user_id:{user_id}", f"{CARD}:{card}")}
    assert len(set(before.values())) == 2
    page = console.open(f"/review?question={key}")
    expect(page.get_by_role("heading", name="Are these one person?")).to_be_visible()
    table = page.get_by_role("table", name="Are these one person?")
    expect(table.get_by_role("row", name="City")).to_contain_text("one side only")
    expect(table).to_contain_text("+3")
    expect(page.get_by_role("region", name="What a merge would change")).to_contain_text(card)
    assert console.axe() == []
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("undo the last answer")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("m")
    expect(page.get_by_role("status").filter(has_text="Merged.")).to_be_visible()
    merged = {"id": before[f"user_id:{user_id}"]}
    workspace.until(
        f"/api/profiles/{CARD}:{card}", lambda one: one["id"] == holder(workspace, f"user_id:{user_id}")
    )
    assert merged["id"] in before.values()
    page.keyboard.press("u")
    expect(page.get_by_role("status").filter(has_text="Taken back.")).to_be_visible()
    for name, profile in before.items():
        workspace.until(f"/api/profiles/{name}", lambda one, profile=profile: one["id"] == profile)


def test_who_is_kept_apart_is_asked_about_no_more(console: Console) -> None:
    user_id, _ = a_question(console.workspace)
    key = question_key(console.workspace, user_id)
    page = console.open(f"/review?question={key}")
    expect(page.get_by_role("button", name="Keep apart")).to_be_enabled()
    page.keyboard.press("s")
    page.keyboard.press("k")
    page.goto(f"{console.workspace.api}/review?question={key}")
    expect(page.get_by_role("link", name=f"Kim {user_id[1:]}")).to_be_visible()
    page.get_by_label("Why (optional)").fill("The card is her sister's")
    page.get_by_role("button", name="Keep apart").click()
    expect(page.get_by_role("status").filter(has_text="Kept apart.")).to_be_visible()
    [edge] = [
        each
        for each in console.workspace.ask("GET", "/api/identity/edges").json()
        if user_id in str(each["left"]) + str(each["right"])
    ]
    assert edge["reason"] == "The card is her sister's"
    page.get_by_role("tab", name="Quality").click()
    expect(page.get_by_role("region", name="Confidence against answers")).to_contain_text("too few to judge")
    assert console.axe() == []
    left = console.workspace.ask("GET", "/api/identity/questions?limit=1000").json()["questions"]
    assert key not in {each["key"] for each in left}


def test_a_merge_that_is_less_sure_since_is_asked_about_and_taken_apart(console: Console) -> None:
    workspace, key = console.workspace, uuid4().hex[:12]
    user_id, card = f"u{key}", f"c{key}"
    told = {"lastName": f"Quillby{key}", "birth_date": "1980-02-03", "city": "Penzance"}
    carried = {"externalIds": [{"id": card, "type": CARD, "collection": "users", "encoding": "none"}]}

    def shown(first_name: str) -> dict[str, object]:
        event = identify("", firstName=first_name, **told)
        return {**{name: value for name, value in event.items() if name != "userId"}, "context": carried}

    profile = arrive(workspace, identify(user_id, firstName="Percival", **told))
    assert workspace.send(shown("Percival")).status_code == 200
    workspace.until(f"/api/profiles/{CARD}:{card}", lambda one: one["id"] == profile)
    assert workspace.send(shown("Edmund")).status_code == 200  # her twin carries it
    asked = question_key(workspace, user_id)
    page = console.open(f"/review?question={asked}")
    expect(page.get_by_role("heading", name="Is this person two?")).to_be_visible()
    expect(page.get_by_text("have become less sure since")).to_be_visible()
    table = page.get_by_role("table", name="Is this person two?")
    expect(table.get_by_role("row", name="Given name")).to_contain_text("edmund")
    assert console.axe() == []
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.wait_for_function("() => document.documentElement.scrollWidth <= window.innerWidth")
    assert holder(workspace, f"{CARD}:{card}") == profile
    page.keyboard.press("a")
    expect(page.get_by_role("status").filter(has_text="Split.")).to_be_visible()
    workspace.until(f"/api/profiles/{CARD}:{card}", lambda one: one["id"] != profile)
    assert holder(workspace, f"user_id:{user_id}") == profile


def test_a_person_is_split_by_keyboard_and_put_together_again(console: Console) -> None:
    workspace, key = console.workspace, uuid4().hex[:12]
    profile = arrive(workspace, identify(f"u{key}", email=f"{key}@example.com", name=f"Lee {key}"))
    page = console.open(f"/people/{profile}?view=identity")
    node = page.get_by_role("checkbox", name=f"Select email:{key}@example.com")
    node.focus()
    page.keyboard.press("Space")
    expect(node).to_have_attribute("aria-checked", "true")
    assert console.axe() == []
    page.get_by_role("button", name=f"email:{key}@example.com – user_id:u{key}").or_(
        page.get_by_role("button", name=f"user_id:u{key} – email:{key}@example.com")
    ).press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Evidence")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Preview split").press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Goes to a person of their own")
    dialog.get_by_label("Why").fill("Her sister's address")
    dialog.get_by_role("button", name="Split", exact=True).press("Enter")
    expect(dialog).to_have_count(0)
    ends = (f"user_id:u{key}", f"email:{key}@example.com")
    workspace.until(f"/api/profiles/{ends[1]}", lambda one: one["id"] != holder(workspace, ends[0]))
    page.reload()
    console.settle()
    decision = page.get_by_role("region", name="Decisions")
    expect(decision).to_contain_text("Her sister's address")
    decision.get_by_role("button", name="Take back").click()
    workspace.until(f"/api/profiles/{ends[1]}", lambda one: one["id"] == holder(workspace, ends[0]))
    assert holder(workspace, ends[0]) == profile


@pytest.mark.parametrize(("lang", "theme", "size"), [("ko", "dark", DESKTOP), ("zh-TW", "light", PHONE)])
def test_both_screens_in_other_languages_and_sizes(
    console: Console, lang: str, theme: str, size: tuple[int, int]
) -> None:
    key = uuid4().hex[:12]
    profile = arrive(console.workspace, identify(f"u{key}", email=f"{key}@example.com"))
    user_id, _ = a_question(console.workspace)
    asked = question_key(console.workspace, user_id)
    for path in (f"/people/{profile}?view=identity", f"/review?question={asked}"):
        page = console.open(path, lang, theme, size)
        assert console.axe() == []
        page.wait_for_function("() => document.documentElement.scrollWidth <= window.innerWidth")
