"""The audience builder: what is typed is counted, told as a sentence and as YAML, moved, taken back and saved."""

from uuid import uuid4

from playwright.sync_api import expect
from tests.browsing import Console
from tests.console.building import add_rule, as_yaml, choose, total, type_into
from tests.console.events import engine_starts_again

ORDERS = {"did": "Order Completed"}
DRAGS = 5
NESTED = """
who:
  all:
    - {trait: orders, at_least: 1}
    - any:
        - did: Order Completed
        - did: Product Viewed
"""


def counted(console: Console, who: object) -> int:
    """What the API says of a rule."""
    answer = console.workspace.ask("POST", "/api/audiences/preview", json={"who": who, "wait_seconds": 30})
    return answer.json()["size"]


def test_a_rule_is_counted_while_it_is_made(console: Console) -> None:
    page = console.open("/audiences/new")
    add_rule(page, "Did")
    type_into(page, "Did", "Order Completed")
    choose(page, "When", "at any time")
    expect(total(page)).to_have_text(str(counted(console, ORDERS)))
    expect(page.locator("main")).to_contain_text("did Order Completed")
    add_rule(page, "Trait")
    expect(page.get_by_text("1 rule says too little to be counted.", exact=False)).to_be_visible()
    type_into(page, "Trait", "orders")
    page.get_by_role("textbox", name="Value: orders").fill("1")
    both = {"all": [ORDERS, {"trait": "orders", "more_than": 1}]}
    expect(total(page)).to_have_text(str(counted(console, both)))
    row = page.get_by_role("group", name="Trait 2")
    expect(row.locator(".w-num")).to_have_text(str(counted(console, both["all"][1])))
    expect(page.get_by_role("heading", name="Who can be reached")).to_be_visible()
    assert console.axe() == []


def test_rows_move_by_key_and_by_pointer_and_every_step_is_taken_back(console: Console) -> None:
    page = console.open("/audiences/new")
    text = as_yaml(page)
    text.fill(NESTED)
    first = page.locator(".w-handle").first
    expect(first).to_have_attribute("aria-label", "Move: Trait 1")
    first.focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_role("group", name="Group 1").get_by_role("group", name="Trait 1")).to_be_visible()
    expect(page.locator(":focus")).to_have_attribute("aria-label", "Move: Trait 1")
    page.keyboard.press("Alt+ArrowUp")
    expect(page.get_by_role("group", name="The whole rule").locator("> ol > li")).to_have_count(2)
    rows = page.get_by_role("group", name="The whole rule").locator("> ol > li")
    for _ in range(DRAGS):  # a busy browser may let go of what is dragged
        page.get_by_role("button", name="Move: Did 2", exact=True).drag_to(
            page.get_by_role("group", name="Trait 1"), target_position={"x": 40, "y": 3}
        )
        page.wait_for_timeout(500)
        if rows.count() == 3:
            break
    expect(rows).to_have_count(3)
    page.locator(".w-handle").first.focus()
    page.keyboard.press("Control+z")
    expect(page.get_by_role("group", name="The whole rule").locator("> ol > li")).to_have_count(2)
    page.keyboard.press("Control+Shift+z")
    expect(page.get_by_role("group", name="The whole rule").locator("> ol > li")).to_have_count(3)
    page.get_by_role("button", name="Duplicate: Trait 2").click()
    page.get_by_role("button", name="Remove: Group 4").click()
    expect(page.get_by_role("group", name="The whole rule").locator("> ol > li")).to_have_count(3)
    assert "any" not in text.input_value()


def test_a_fault_stands_at_its_row_and_leaving_asks_first(console: Console) -> None:
    console.expect("400")  # a rule that cannot be read
    page = console.open("/audiences/new")
    as_yaml(page).fill("who:\n  all:\n  - did: Order Completed\n  - trait: orders\n    at_least: lots\n")
    rows = page.locator(".w-node")
    expect(rows.nth(1)).to_contain_text("expected a number, found 'lots'")
    expect(rows.nth(0)).not_to_contain_text("expected")
    page.get_by_role("link", name="People").click()
    page.get_by_role("button", name="Stay").click()
    expect(page).to_have_url(f"{console.workspace.api}/audiences/new")
    page.get_by_role("link", name="People").click()
    page.get_by_role("dialog").get_by_role("button", name="Leave").click()
    expect(page).to_have_url(f"{console.workspace.api}/people")


def test_an_audience_is_made_changed_and_deleted(console: Console) -> None:
    name = f"made_{uuid4().hex[:8]}"
    workspace = console.workspace
    page = console.open("/audiences/new?event=Order%20Completed&type=track")
    expect(page.get_by_role("combobox", name="Did", exact=True)).to_have_value("Order Completed")
    choose(page, "When", "at any time")
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text(f"It would be written to definitions/audiences/{name}.yaml")).to_be_visible()
    console.expect("ERR_", "404")  # the engine starts again with what was saved
    with engine_starts_again(workspace):
        page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.locator(".w-rule")).to_contain_text("did Order Completed")
    made = {each["name"]: each for each in workspace.until("/api/audiences", lambda _: True)}
    assert made[name]["definition"] == {"name": name, "who": ORDERS}
    page.get_by_role("link", name="Edit").click()
    page.get_by_role("button", name="Delete").click()
    with engine_starts_again(workspace):
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page).to_have_url(f"{workspace.api}/audiences")
    assert name not in {each["name"] for each in workspace.until("/api/audiences", lambda _: True)}
