"""What every table and chart can do: columns, export, sorting, and a stretch of time drawn with the mouse."""

import csv
from pathlib import Path

from playwright.sync_api import Page, expect
from tests.browsing import Console


def menu_of(page: Page, table: str) -> None:
    page.get_by_role("button", name=f"Columns and export: {table}").click()


def test_columns_are_chosen_and_remembered(console: Console) -> None:
    page = console.open("/people")
    head = page.get_by_role("table", name="People").locator("thead")
    expect(head).not_to_contain_text("Profile id")
    menu_of(page, "People")
    page.get_by_role("menuitemcheckbox", name="Profile id").click()
    page.get_by_role("menuitemcheckbox", name="Identifiers").click()
    expect(head).to_contain_text("Profile id")
    page.reload()
    console.settle()
    expect(head).to_contain_text("Profile id")
    expect(head).not_to_contain_text("Identifiers")


def test_an_export_holds_everything_the_filter_fits(console: Console, tmp_path: Path) -> None:
    told = console.workspace.ask("GET", "/api/people?known=true&limit=1000").json()["people"]
    assert len(told) > 100, "more than the page shows at first"
    page = console.open("/people?known=1")
    menu_of(page, "People")
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Export as CSV").click()
    download.value.save_as(tmp_path / "people.csv")
    with (tmp_path / "people.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(told)
    assert [int(row["Events"]) for row in rows] == [each["events"] for each in told]
    expect(page.get_by_text(f"{len(told)} rows saved")).to_be_visible()


def test_a_table_is_sorted_by_the_url(console: Console) -> None:
    page = console.open("/audiences")
    page.get_by_role("button", name="People").click()
    sizes = page.locator("tbody tr td:last-child").all_inner_texts()
    assert [int(each) for each in sizes] == sorted((int(each) for each in sizes), reverse=True)
    page.reload()
    console.settle()
    assert page.locator("tbody tr td:last-child").all_inner_texts() == sizes


def test_a_stretch_of_time_is_drawn_and_taken_back(console: Console) -> None:
    page = console.open("/")
    box = page.locator(".w-plot canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 100, steps=8)
    page.mouse.up()
    page.wait_for_url("**range.hour=*")
    page.get_by_role("button", name="Show the data").click()
    expect(page.get_by_role("table", name="Events of the last hour").locator("tbody tr")).not_to_have_count(
        60
    )
    page.locator("figcaption").get_by_role("button", name="Clear").click()
    expect(page.get_by_role("table", name="Events of the last hour").locator("tbody tr")).to_have_count(60)
