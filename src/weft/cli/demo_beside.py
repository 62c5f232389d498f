"""What `weft demo` does beside a running Weft: the shop, the world's files, its history, and its present."""

import contextlib
import os
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from weft.cli.client import engine_api
from weft.clock import DAY_US, now_us
from weft.config import FILE_NAME
from weft.demo.generate import generate
from weft.demo.live.messages import RECORD_SOURCES, SOURCES
from weft.demo.live.present import Present
from weft.demo.live.sender import Place, Sender, load_place, save_place
from weft.demo.shop.server import Shop, sdk_is_built, served
from weft.demo.workspace import SECRET_ENV, import_history
from weft.demo.world import World
from weft.errors import Rejected
from weft.storage.duckdb_files import DuckdbColumns
from weft.storage.sqlite_log import open_log
from weft.workspace import Workspace

CATCH_UP_DAYS = 14
"""A world that stood still for longer goes on without what would have happened before that."""


def go_on(
    folder: Path, workspace: Workspace, world: World, collector: str, speed: float, shop_port: int
) -> None:
    """Open the shop, bring the world's history in, and keep its present going until Ctrl-C."""
    console = Console(stderr=True)
    keys = _write_keys(folder)

    def shop() -> Shop:
        return Shop(world, collector, keys, os.environ.get(SECRET_ENV, ""))

    with served(shop, shop_port) as address, contextlib.suppress(KeyboardInterrupt):
        print(f"shop: {address}", flush=True)
        if not sdk_is_built():
            console.print("The shop's pages send nothing: the browser SDK is not built. Run scripts/console.")
        files(folder, world, console)
        history(folder, workspace, console)
        _live(folder, workspace, world, Sender(collector, keys, speed, _say(console)), console)


def files(folder: Path, world: World, console: Console) -> None:
    """Make the world's files where they are not there."""
    with _bar(console, f"making {world.people:,} people, {world.days} days") as told:
        made = generate(folder, world, told)
    if not made:
        console.print("The world's files are there.")


def history(folder: Path, workspace: Workspace, console: Console) -> None:
    """Import the world's files."""
    log = open_log(workspace.settings.storage.log, workspace.data)
    try:
        with closing(DuckdbColumns()) as engine, _bar(console, "importing") as told:
            results = import_history(
                folder,
                workspace.data,
                log,
                engine,
                now_us(),
                lambda name, fraction: told(fraction, name),
            )
    finally:
        log.close()
    rows = sum(each.staged for each in results.values())
    rejected = sum(each.rejected for each in results.values())
    console.print(
        f"history: {rows:,} rows imported, {rejected:,} rejected (see {workspace.data / 'imports'})"
    )


def _live(folder: Path, workspace: Workspace, world: World, sender: Sender, console: Console) -> None:
    """Tell what happened since the history ended, or since an earlier run stopped, and then what happens."""
    place, at_us = load_place(folder), now_us()
    stopped_us = place.at_us if place else world.until_us
    from_us = max(stopped_us, at_us - CATCH_UP_DAYS * DAY_US)
    if from_us > stopped_us:
        console.print(f"live: nothing is told of the days from {_day(stopped_us)} to {_day(from_us)}")
    allowed = workspace.settings.collect.records
    silent = [source for source in RECORD_SOURCES if source in SOURCES and allowed.get(source) != "allow"]
    if silent:
        needed = ", ".join(f'{source} = "allow"' for source in silent)
        console.print(
            f"live: this Weft takes no records from {', '.join(silent)}, so they stay silent. Write {needed} under "
            f"[collect.records] in {workspace.root / FILE_NAME}, or stop Weft and let `weft demo` start it."
        )
    console.print("live: sending what happens; Ctrl-C stops it")
    present = (due for due in Present(world, folder).since(from_us) if due.source not in silent)
    try:
        sender.send(present, from_us, lambda at_us: save_place(folder, Place(at_us)))
    except httpx.HTTPStatusError as error:
        url, status = error.request.url, error.response.status_code
        raise Rejected(f"{url} refused the events ({status}): {error.response.text[:200]}") from error
    finally:
        console.print(f"live: {sender.sent:,} events sent")


def _say(console: Console) -> Callable[[str], None]:
    return lambda text: console.print(f"live: {text}", highlight=False)


def _day(at_us: int) -> str:
    return datetime.fromtimestamp(at_us / 1e6, UTC).date().isoformat()


def _write_keys(folder: Path) -> dict[str, str]:
    """Return a write key of each source that sends in the present; a source is made when absent."""
    found: dict[str, str] = {}
    with engine_api(folder) as api:
        for each in api("GET", "/api/sources"):
            valid = [key["key"] for key in each["keys"] if not key["revoked_at"]]
            if each["name"] in SOURCES and valid:
                found[each["name"]] = valid[0]
        for name in SOURCES:
            if name not in found:
                found[name] = api("POST", "/api/sources", json={"name": name})["key"]
    return found


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
