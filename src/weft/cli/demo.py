"""`weft demo`: makes the demo world, brings its history into a workspace, and keeps its present going."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from weft.cli.client import engine_api
from weft.cli.supervisor import Addresses, Supervisor, note
from weft.cli.up import ApiPort, Edges, Host, Port, Sets, flags_of, tell
from weft.config import FILE_NAME
from weft.demo.generate import generate, is_there
from weft.demo.workspace import import_history, write_definitions
from weft.demo.world import World, check_world, load_world
from weft.errors import Rejected, Transient
from weft.storage.duckdb_files import DuckdbColumns
from weft.storage.sqlite_log import open_log
from weft.workspace import Workspace, init_workspace, locked, open_workspace, read_run_file, url_of

SOURCE = "web"
PEOPLE = 2_000
STOP_SECONDS = 10.0
SPEED_MAX = 100_000.0

People = Annotated[int | None, Parameter(help="How many people (2,000 if not said).")]
Days = Annotated[int | None, Parameter(help="Days of history (90 if not said).")]
Seed = Annotated[
    int | None, Parameter(help="The same figures make the same files, byte for byte (7 if not said).")
]
Until = Annotated[str | None, Parameter(help="The day before which the history ends; today if not said.")]
Speed = Annotated[float, Parameter(help="How many times faster than ours the world's clock goes.")]
Only = Annotated[
    Literal["files", "history"] | None,
    Parameter(help="Stop when the files are written, or when the history is imported."),
]
Collector = Annotated[str | None, Parameter(help="Where to send, if not where the workspace's settings say.")]


def demo(
    folder: Annotated[Path, Parameter(help="The workspace; made when absent.")] = Path("demo"),
    /,
    *,
    people: People = None,
    days: Days = None,
    seed: Seed = None,
    until: Until = None,
    speed: Speed = 60.0,
    only: Only = None,
    collector: Collector = None,
    port: Port = None,
    api_port: ApiPort = None,
    host: Host = None,
    edges: Edges = None,
    sets: Sets = (),
) -> None:
    """Run a living company: a retailer of power tools that also rents trucks, in Korea, Taiwan and the UK.

    Makes the company's files under DIR/history (web events, a messy CRM export, an old loyalty card, ERP orders and
    returns, truck bookings, tickets, mails, surveys, consent) and what is true about them under DIR/truth. Imports the
    history as `weft import` does, then sends what happens now to the collector, until Ctrl-C.

    Starts Weft when it does not run yet; joins it when it does. Given again, it goes on with the same world.

    For example:

        weft demo                                      # 2,000 people, 90 days
        weft demo shop --people 100000 --days 365 --speed 10
        weft demo shop --only files                    # the files and nothing else
    """
    if not 0 < speed <= SPEED_MAX:
        raise Rejected(f"--speed must be above 0 and at most {SPEED_MAX:,.0f}.")
    world = _world(folder, people, days, seed, until)
    console = Console(stderr=True)
    if only == "files":
        _files(folder, world, console)
        console.print(f"The world stands in {folder}: history/, truth/ and company/.")
        return
    if not (folder / FILE_NAME).exists():
        init_workspace(folder)
    flags = flags_of(port=port, api_port=api_port, host=host, edges=edges, sets=sets)
    workspace = open_workspace(folder, flags, os.environ)
    for path in write_definitions(workspace.definitions):
        console.print(f"wrote {path}", highlight=False)
    if only is None and collector is None and read_run_file(workspace) is None:
        _start(workspace, flags, _again(folder, world, speed))
        return
    _files(folder, world, console)
    _history(folder, workspace, console)
    if only is None:
        collector = collector or url_of(workspace.settings.collect.host, workspace.settings.collect.port)
        _live(folder, world, collector, speed, console)


def _world(folder: Path, people: int | None, days: int | None, seed: int | None, until: str | None) -> World:
    """Return the world of the folder, or a new one; what is said on the command line counts."""
    today = datetime.now(UTC).date().isoformat()
    known = load_world(folder) or World(PEOPLE, until=today)
    said = {"people": people, "days": days, "seed": seed, "until": until}
    world = msgspec.structs.replace(
        known, **{name: value for name, value in said.items() if value is not None}
    )
    check_world(world)
    is_there(folder, world)
    return world


def _again(folder: Path, world: World, speed: float) -> list[str]:
    """Return the command that joins a running workspace."""
    figures = {
        "--people": world.people, "--days": world.days, "--seed": world.seed, "--until": world.until, "--speed": speed,
    }  # fmt: skip
    flags = [text for name, value in figures.items() for text in (name, str(value))]
    return [sys.executable, "-m", "weft.cli.main", "demo", str(folder), *flags]


def _start(workspace: Workspace, flags: dict[str, str], command: list[str]) -> None:
    """Run Weft, and beside it, as soon as it answers, this command again, which then joins it."""
    started = time.monotonic()
    beside: list[subprocess.Popen[bytes]] = []

    def ready(addresses: Addresses) -> None:
        tell(workspace, addresses, time.monotonic() - started)
        joining = [*command, "--collector", addresses.edge]
        beside.append(subprocess.Popen(joining))  # noqa: S603 (our own interpreter and module)

    try:
        with locked(workspace) as lock:
            Supervisor(workspace, flags, lock, note).run(ready)
    finally:
        for process in beside:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _files(folder: Path, world: World, console: Console) -> None:
    what = f"making {world.people:,} people, {world.days} days"
    with _bar(console, what) as told:
        made = generate(folder, world, told)
    if not made:
        console.print("The world's files are there.")


def _history(folder: Path, workspace: Workspace, console: Console) -> None:
    log = open_log(workspace.settings.storage.log, workspace.data)
    try:
        with closing(DuckdbColumns()) as engine, _bar(console, "importing") as told:
            results = import_history(
                folder,
                workspace.data,
                log,
                engine,
                time.time_ns() // 1_000,
                lambda name, fraction: told(fraction, name),
            )
    finally:
        log.close()
    rows = sum(each.staged for each in results.values())
    rejected = sum(each.rejected for each in results.values())
    console.print(
        f"history: {rows:,} rows imported, {rejected:,} rejected (see {workspace.data / 'imports'})"
    )


def _live(folder: Path, world: World, collector: str, speed: float, console: Console) -> None:
    import httpx

    from weft.demo.live import Present, Sender

    sender = Sender(collector, _write_key(folder), speed)
    start_us = time.time_ns() // 1_000
    console.print(f"live: sending to {collector} at {speed:g} times our pace; Ctrl-C stops it")
    with contextlib.suppress(KeyboardInterrupt):
        try:
            sender.send(Present(world, folder).since(start_us), start_us)
        except httpx.HTTPStatusError as error:
            raise Rejected(f"{collector} refused the events ({error.response.status_code}).") from error
        except httpx.HTTPError as error:
            raise Transient(f"{collector} does not answer. Start it with `weft up {folder}`.") from error
    console.print(f"live: {sender.sent:,} events sent")


def _write_key(folder: Path) -> str:
    """Return a write key of the source of the shop's pages; the source is made when absent."""
    with engine_api(folder) as api:
        for each in api("GET", "/api/sources"):
            valid = [key["key"] for key in each["keys"] if not key["revoked_at"]]
            if each["name"] == SOURCE and valid:
                return valid[0]
        return api("POST", "/api/sources", json={"name": SOURCE})["key"]


@contextmanager
def _bar(console: Console, what: str) -> Generator[Callable[[float, str], None]]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[name]}"),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(what, total=1.0, name="")
        yield lambda fraction, name: progress.update(task, completed=fraction, name=name)
