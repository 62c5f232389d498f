"""Settings and the way in: tokens, signing out, links that were used, a session that ended."""

from uuid import uuid4

import httpx
from playwright.sync_api import expect
from tests.browsing import Console, new_link


def test_a_token_is_made_used_and_revoked(console: Console) -> None:
    name = f"robot-{uuid4().hex[:8]}"
    page = console.open("/settings")
    page.get_by_role("button", name="New token").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Who uses it").fill(name)
    dialog.get_by_role("button", name="Make token").click()
    secret = dialog.get_by_label("New token").inner_text().strip()
    asking = {"Authorization": f"Bearer {secret}"}
    assert httpx.get(f"{console.workspace.api}/api/overview", headers=asking).status_code == 200
    dialog.get_by_role("button", name="Close").click()
    row = page.get_by_role("table", name="Tokens").get_by_role("row").filter(has_text=name)
    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog", name="Revoke the token").get_by_role("button", name="Revoke").click()
    expect(row).to_have_count(0)
    console.workspace.until(
        "/api/session",
        lambda _: httpx.get(f"{console.workspace.api}/api/overview", headers=asking).status_code == 401,
    )


def test_signing_out_ends_the_session(console: Console) -> None:
    console.expect("401")
    console.sign_in()
    cookies = console.context.cookies()
    page = console.page
    page.get_by_role("button", name="Account").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in to Weft")).to_be_visible()
    console.context.add_cookies(cookies)
    page.reload()
    expect(page.get_by_role("heading", name="Sign in to Weft")).to_be_visible()


def test_a_link_works_once(console: Console) -> None:
    console.expect("401")
    link = new_link(console.workspace)
    page = console.page
    page.goto(link)
    page.locator("main h1").first.wait_for()
    console.context.clear_cookies()
    page.goto(link)
    expect(page.get_by_text("weft token link")).to_be_visible()
    assert console.context.cookies() == []


def test_after_the_session_ended_one_signs_in_and_is_back_where_one_was(console: Console) -> None:
    console.expect("401")
    page = console.open("/people?q=kim&known=1")
    console.context.clear_cookies()
    page.get_by_role("searchbox").fill("lee")
    expect(page.get_by_role("heading", name="Sign in to Weft")).to_be_visible()
    other = console.context.new_page()
    other.goto(new_link(console.workspace))
    other.locator("main h1").first.wait_for()
    other.close()
    page.get_by_role("button", name="I have signed in").click()
    expect(page.get_by_role("searchbox")).to_have_value("lee")
    assert "known=1" in page.url
