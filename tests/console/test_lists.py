"""Uploaded lists: a file is looked at line by line before it is taken, and who is on it is shown."""

from pathlib import Path

from playwright.sync_api import expect
from tests.browsing import Console


def test_a_file_is_looked_at_uploaded_used_and_deleted(console: Console, tmp_path: Path) -> None:
    found = console.workspace.ask("GET", "/api/people", params={"limit": 50}).json()["people"]
    mails = [
        next((each["value"] for each in one["identifiers"] if each["namespace"] == "email"), "")
        for one in found
    ]
    mails = [mail for mail in mails if mail]
    file = tmp_path / "guests.csv"
    file.write_text(f"who,contact\nA,{mails[0]}\nB,{mails[1]}\nC,nobody\n")
    page = console.open("/audiences")
    page.get_by_role("link", name="Lists").click()
    page.get_by_role("link", name="Upload").first.click()
    page.get_by_role("textbox", name="Name").fill("fair_guests")
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("Choose the column with the identifiers.")).to_be_visible()
    page.get_by_role("combobox", name="Column").click()
    page.get_by_role("option", name="contact").click()
    expect(page.get_by_text("Lines that name nobody: 1")).to_be_visible()
    expect(page.locator(".w-faulty li")).to_contain_text("nobody")
    assert console.axe("[role=dialog]") == []
    page.get_by_role("button", name="Upload without 1 line").click()
    size = page.locator(".w-size strong")
    expect(size).to_have_text("2")
    console.open("/audiences/new")
    page.get_by_role("textbox", name="Who is meant, in words").fill("on the list fair_guests")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Use this rule").click()
    expect(size).to_have_text("2")
    console.open("/lists/fair_guests")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog", name="Delete the list").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No list yet")).to_be_visible()
