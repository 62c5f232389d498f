"""Lists of what was found: a table for people, JSON for programs."""

from collections.abc import Iterator

import msgspec
import pytest

from weft.cli.show import show_found

FOUND = [{"name": "vip", "size": 3}, {"name": "[bold]new", "size": 0}]
TITLES = ("audience", "members")


def rows() -> Iterator[tuple[object, ...]]:
    return ((each["name"], each["size"]) for each in FOUND)


def test_people_get_a_table_with_markup_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    show_found(FOUND, TITLES, rows(), json=False)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [["audience", "members"], ["vip", "3"], ["[bold]new", "0"]]


def test_programs_get_what_was_found_and_no_row_is_made(capsys: pytest.CaptureFixture[str]) -> None:
    made = rows()
    show_found(FOUND, TITLES, made, json=True)
    assert msgspec.json.decode(capsys.readouterr().out) == FOUND
    assert len(list(made)) == len(FOUND)


def test_nothing_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    show_found([], TITLES, (), json=False, nothing="no audience is defined yet")
    assert capsys.readouterr().out.strip() == "no audience is defined yet"
