"""`weft doctor`: looks at the machine and the workspace, and says what to do about what it finds."""

import errno
import os
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from weft.cli.client import Folder
from weft.cli.show import AsJson, show_json
from weft.config import Settings
from weft.definitions import read_folder
from weft.errors import WeftError
from weft.language.strict import Problem
from weft.storage import database, duckdb_schema, probe, sqlite_log
from weft.storage.definitions_in_force import faults_of
from weft.storage.definitions_read import understand
from weft.web import checks
from weft.web.checks import Check
from weft.web.machine import machine_checks
from weft.workspace import Workspace, open_workspace, read_run_file

WIDTH_COLUMNS = 100
MARKS = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "wrong": "[red]✗[/]"}


def doctor(
    workspace: Folder = Path(),
    *,
    json: AsJson = False,
) -> int:
    """Check the machine and the workspace: disk, ports, clock, fsync, versions, limits, settings, stores.

    Exits with 1 when something is wrong. It changes nothing, and may run beside a running workspace.

    Examples:

        weft doctor shop
        weft doctor shop --json
    """
    found = list(examine(workspace, os.environ))
    healthy = all(check.verdict != "wrong" for check in found)
    if json:
        show_json({"healthy": healthy, "checks": found})
    else:
        _show(found, healthy=healthy)
    return 0 if healthy else 1


def examine(folder: Path, environ: Mapping[str, str]) -> Iterator[Check]:
    """Yield one check after another. A workspace that cannot be opened leaves the machine to be looked at."""
    wall, steady = time.time(), time.monotonic()
    try:
        workspace = open_workspace(folder, {}, environ)
    except WeftError as error:
        yield checks.fault("workspace", error)
        yield from machine_checks(_nearest(folder), Settings())
        yield checks.clock(datetime.now(UTC), _drift_ms(wall, steady), None)
        return
    yield Check("workspace", "ok", f"{workspace.settings.workspace.name}, settings are valid")
    yield _definitions(workspace, environ)
    yield from machine_checks(workspace.data, workspace.settings)
    yield from _ports(workspace)
    yield from _stores(workspace)
    log = _log(workspace)
    if log is not None:
        needed = str(sqlite_log.SCHEMA_VERSION)
        yield checks.store("log", log.store, needed, running=read_run_file(workspace) is not None)
        yield checks.backlog(log.behind_events, workspace.settings.collect.behind_events)
    yield checks.clock(datetime.now(UTC), _drift_ms(wall, steady), _newest(log))


def _definitions(workspace: Workspace, environ: Mapping[str, str]) -> Check:
    read = read_folder(workspace.definitions)
    faults = (*read.faults, *faults_of(read.definitions, environ=environ))
    problems = [Problem(each.path, each.name, each.message) for each in faults]
    return checks.definitions(len(read.definitions), problems or understand(read.definitions).problems)


def _ports(workspace: Workspace) -> Iterator[Check]:
    running = read_run_file(workspace) is not None
    settings = workspace.settings
    for name, host, number in (
        ("collect", settings.collect.host, settings.collect.port),
        ("api", settings.api.host, settings.api.port),
    ):
        if number:
            yield checks.port(name, host, number, _holder(host, number, running=running))


def _holder(host: str, port: int, *, running: bool) -> Literal["free", "ours", "other", "forbidden"]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                return "forbidden"
            return "ours" if running else "other"
    return "free"


def _stores(workspace: Workspace) -> Iterator[Check]:
    running = read_run_file(workspace) is not None
    urls = workspace.settings.storage
    for name, url, looked, needed in (
        ("database", urls.database, probe.probe_sqlite, database.SCHEMA_VERSION),
        ("warehouse", urls.warehouse, probe.probe_duckdb, duckdb_schema.SCHEMA_VERSION),
    ):
        scheme, _, path = url.partition(":///")
        if scheme in ("sqlite", "duckdb"):
            upgraded = name == "database"
            yield checks.store(
                name, looked(workspace.data / path), needed, running=running, upgraded=upgraded
            )


def _log(workspace: Workspace) -> probe.LogProbe | None:
    scheme, _, path = workspace.settings.storage.log.partition(":///")
    return probe.probe_log(workspace.data / path) if scheme == "sqlite" else None


def _newest(log: probe.LogProbe | None) -> datetime | None:
    if log is None or log.newest_at_us is None:
        return None
    return datetime.fromtimestamp(log.newest_at_us / 1_000_000, UTC)


def _drift_ms(wall: float, steady: float) -> float:
    return ((time.time() - wall) - (time.monotonic() - steady)) * 1_000


def _nearest(folder: Path) -> Path:
    """Return the folder, or the closest one above it that exists."""
    absolute = folder.resolve()
    return next(each for each in (absolute, *absolute.parents) if each.is_dir())


def _show(found: list[Check], *, healthy: bool) -> None:
    width = min(Console().width, WIDTH_COLUMNS) if sys.stdout.isatty() else WIDTH_COLUMNS
    console = Console(width=width, highlight=False)
    table = Table(box=None, show_header=False, padding=(0, 1))
    table.add_column(width=1)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for check in found:
        table.add_row(MARKS[check.verdict], check.name, escape(check.finding))
        if check.advice:
            table.add_row("", "", f"[bold]→[/] {escape(check.advice)}")
    console.print(table)
    wrong = sum(check.verdict == "wrong" for check in found)
    console.print(
        "\nAll is well." if healthy else f"\n{wrong} of {len(found)} checks are wrong: see the arrows."
    )
