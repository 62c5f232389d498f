"""A bar on the terminal for work that goes in steps."""

from collections.abc import Callable, Generator
from contextlib import contextmanager


@contextmanager
def steps() -> Generator[Callable[[str, float], None]]:
    """Show a bar on stderr where that is a terminal; yield what tells it (step, share done)."""
    import sys

    if not sys.stderr.isatty():
        yield lambda step, done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:12}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading", total=1.0)
        yield lambda step, done: progress.update(task, description=step, completed=done)
