"""How commands print: tables for people, JSON for programs."""

import sys
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDTH_COLUMNS = 160

Most = Annotated[int, Parameter(help="Most lines.")]
AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON instead of a table.")]


def console() -> Console:
    """Return a console; where the output is no terminal, lines are not cut to a narrow one."""
    return Console(width=None if sys.stdout.isatty() else WIDTH_COLUMNS, highlight=False)


def show_table(titles: Sequence[str], rows: Iterable[Sequence[object]], *, nothing: str = "none") -> None:
    """Print rows; numbers to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    cells = [list(row) for row in rows]
    for index, title in enumerate(titles):
        numeric = bool(cells) and all(isinstance(row[index], int) for row in cells)
        table.add_column(title, justify="right" if numeric else "left", overflow="fold")
    for row in cells:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    console().print(table if cells else Text(nothing, style="dim"))


def show_found(
    found: Any, titles: Sequence[str], rows: Iterable[Sequence[object]], *, json: bool, nothing: str = "none"
) -> None:
    """Print what was found: as it came if JSON is wanted, else its rows (a generator, made only then)."""
    if json:
        show_json(found)
    else:
        show_table(titles, rows, nothing=nothing)


def show_json(value: Any) -> None:
    """Print JSON."""
    print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def counted(number: int, one: str) -> str:
    """Return a number and what there is of it: 1 event, 2 events."""
    return f"{number} {one}" if number == 1 else f"{number} {one}s"


def show_line(text: str) -> None:
    """Print one line as it is."""
    print(text)
