"""`python -m bench` lists the figures, `NAME [--json] [flags]` measures one, `all --write FILE` every one."""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import cyclopts
import msgspec
import structlog
from rich.console import Console
from rich.table import Table

from bench.figure import Figure, write_page

NAMES = {
    "collect": "events a second that the edge makes durable, and latency at 5,000 a second",
    "resolve": "one new record against a million people, durable; a stream of them; taking a person apart",
    "identity": "quality, speed and memory of weft resolve on five person files, Splink 5 beside it",
    "pipeline": "events a second to memberships, and the wait from event to membership over a large past",
    "audience": "wait for previews and explanations over a million people, and 100 audiences beside SQL by hand",
    "history": "how the wait from event to membership grows from 20,000,000 stored events to 100,000,000",
    "backfill": "events a second from imported Parquet to traits and audiences",
    "serve": "latency of the Profile API while events come in",
    "start": "seconds until a workspace is ready, its memory when idle, the size of an install",
    "console": "weight of the console, waits for its screens over a million people, memory after live events",
    "demo": "seconds until a demo world of 1,000 and of 1,000,000 people is there",
    "two_minutes": "seconds from `git clone` to the first profile seen in the browser",
    "resolving": "whom kill -9 while identity is resolved makes another person",
    "truth": "precision and recall of the people of a demo world against its truth",
    "faults": "what kill -9 at random moments loses, doubles or spoils",
}
"""Figure → what it tells. Its code is the function of the same name in the module of the same name."""


def main(arguments: list[str]) -> int:
    """Measure what the arguments name; 0 when it was measured, whether or not the target is met."""
    progress = Console(stderr=True)
    as_json = "--json" in arguments
    rest = [argument for argument in arguments if argument != "--json"]
    if not rest or rest[0] in {"-h", "--help"}:
        return _list(Console())
    if rest[0] == "all":
        return _all(rest[1:], progress)
    if rest[0] not in NAMES:
        progress.print(f"There is no figure `{rest[0]}`. Known: {', '.join(NAMES)}, all.", style="red")
        return 2
    try:
        with progress.status(f"{rest[0]} …"):
            one = _measured(rest[0], rest[1:])
    except (RuntimeError, OSError) as error:
        progress.print(f"{rest[0]} was not measured: {error}", style="red", markup=False)
        return 1
    if one is not None:
        _print(one, as_json=as_json)
    return 0


def _measured(name: str, flags: list[str]) -> Figure | None:
    """Measure; None when the flags asked for help instead, which is printed by then."""
    app = cyclopts.App(name=f"python -m bench {name}", result_action="return_value")
    app.default(_measure(name))
    return app(flags)


def _measure(name: str) -> Callable[[], Figure]:
    measure: Callable[[], Figure] = getattr(import_module(f"bench.{name}"), name)
    return measure


def _all(flags: list[str], progress: Console) -> int:
    if len(flags) != 2 or flags[0] != "--write":
        progress.print("Say where the table goes: python -m bench all --write docs/reference/figures.md")
        return 2
    figures: list[Figure] = []
    failed = False
    for name in NAMES:
        with progress.status(f"{name} …"):
            try:
                figures.append(msgspec.structs.replace(_measure(name)(), command=f"python -m bench {name}"))
            except (RuntimeError, OSError) as error:
                progress.print(f"{name} was not measured: {error}", style="red", markup=False)
                failed = True
    write_page(Path(flags[1]), figures)
    return int(failed)


def _list(console: Console) -> int:
    for name, tells in NAMES.items():
        console.print(f"{name:12} {tells}")
    return 0


def _print(one: Figure, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(one)) + b"\n")
        return
    table = Table("key", "value", title=f"{one.name}: {'target met' if one.met else 'target not met'}")
    for key, value in one.keys.items():
        table.add_row(key, "not measured" if value is None else f"{value:,}")
    console = Console()
    console.print(table)
    console.print(f"target: {' · '.join(one.target)}")
    for note in one.notes:
        console.print(note)


if __name__ == "__main__":
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr)
    )  # stdout has the figure alone
    sys.exit(main(sys.argv[1:]))
