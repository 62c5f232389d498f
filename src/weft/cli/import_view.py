"""What `weft import` shows: the mapping, the progress, the end."""

from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from weft.sources.files.guess.propose import Proposal
from weft.sources.files.guess.sample import Sample
from weft.sources.files.importer import ImportProgress, ImportResult, Trial
from weft.sources.files.mapping import Mapping, property_columns, used_columns

SHOWN_VALUES = 3
SHOWN_CHARACTERS = 24
SHOWN_REASONS = 10


def show_mapping(console: Console, sample: Sample, mapping: Mapping, proposal: Proposal) -> None:
    """Show every column: what stands in it, what it is taken for, and why."""
    shape = sample.shape
    table = Table("column", "for example", "is taken for", "because")
    meanings = _meanings(mapping, shape.columns)
    reasons = {(guess.column, guess.part): guess.reason for guess in proposal.guesses}
    for column in shape.columns:
        values = list(dict.fromkeys(_short(value) for value in sample.values[column]))[:SHOWN_VALUES]
        why = [reason for (name, _), reason in reasons.items() if name == column]
        cells = (column, " · ".join(values), ", ".join(meanings[column]), "; ".join(why))
        table.add_row(*(escape(cell) for cell in cells))
    what = f"records: {mapping.object}" if mapping.kind == "records" else f"events {mapping.event}".rstrip()
    console.print(f"[bold]{escape(str(shape.path))}[/]: {shape.format}, {escape(what)}")
    console.print(table)
    if mapping.time is None:
        console.print("No column says when: every row gets the time of the import.")
    for note in shape.notes:
        console.print(escape(note), style="yellow")


@contextmanager
def bar(console: Console, path: Path) -> Generator[Callable[[ImportProgress], None]]:
    """Show how far an import is; yield what it calls."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]:>12,.0f} rows/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(escape(path.name), total=1.0, rate=0.0)
        first: list[int] = []

        def told(now: ImportProgress) -> None:
            first[:] = first or [now.rows]
            elapsed = progress.tasks[task].elapsed or 0.0
            rate = (now.rows - first[0]) / elapsed if elapsed else 0.0
            progress.update(task, completed=now.fraction, rate=rate)

        yield told


def show_result(console: Console, path: Path, result: ImportResult, workspace: Path) -> None:
    """Say how an import ended and what to do next."""
    if result.already:
        console.print(f"{path} was imported before with this mapping ({result.import_id}); nothing was done.")
    table = Table.grid(padding=(0, 2))
    for label, value in (
        ("rows read", result.rows),
        ("imported", result.staged),
        ("rejected", result.rejected),
        ("chunks in the log", result.chunks),
    ):
        table.add_row(label, f"{value:,}")
    console.print(table)
    if result.rejected_path:
        console.print(f"Each rejected row, with its line and reason: {result.rejected_path}", soft_wrap=True)
    if not result.staged:
        console.print("No row could be imported. Read the reasons, then change the mapping.", style="red")
    elif not result.already:
        console.print(
            f"The engine takes it in now if it runs (`weft up {workspace}`), else when it next starts.",
            soft_wrap=True,
        )


def show_trial(console: Console, path: Path, trial: Trial) -> None:
    """Say what would become of the first rows of a file."""
    console.print(f"Of the first {trial.rows:,} rows of {path}, {trial.staged:,} would be imported.")
    reasons = Counter(row.reason for row in trial.bad)
    for reason, count in reasons.most_common(SHOWN_REASONS):
        console.print(f"  {count:,} rejected: {escape(reason)}")
    console.print("Nothing was kept: this was a dry run.")


def _meanings(mapping: Mapping, columns: tuple[str, ...]) -> dict[str, list[str]]:
    meanings: dict[str, list[str]] = {column: [] for column in columns}
    for part, column in used_columns(mapping).items():
        if column in meanings and not part.startswith(("properties.", "types.")):
            meanings[column].append(part.replace("identifiers.", "identifier ").replace("_", " "))
    if mapping.time and mapping.time.column in meanings:
        meanings[mapping.time.column].append(f"({mapping.time.format}, {mapping.time.timezone})")
    for name, column in property_columns(mapping, columns).items() if not mapping.spread else ():
        kind = mapping.types.get(column, "")
        told = "property" if name == column else f"property {name}"
        meanings.get(column, []).append(f"{told} ({kind})" if kind else told)
    return meanings


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
