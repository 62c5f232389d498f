"""`weft demo`: makes the demo world, brings its history into a workspace, and keeps its present going."""

import os
import secrets
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cyclopts import Parameter
from rich.console import Console

from weft.cli import demo_beside
from weft.cli.supervisor import Addresses, Supervisor, note
from weft.cli.up import ApiPort, Edges, Host, Port, Sets, flags_of, tell
from weft.config import FILE_NAME
from weft.demo.generate import is_there
from weft.demo.live.messages import RECORD_SOURCES
from weft.demo.shop.server import HOST, port_taken
from weft.demo.workspace import SECRET_ENV, switch_off, switch_on, write_definitions
from weft.demo.world import World, check_world, load_world
from weft.errors import Rejected
from weft.workspace import Workspace, init_workspace, locked, open_workspace, read_run_file, url_of

PEOPLE = 2_000
STOP_SECONDS = 10.0
SPEED_MAX = 100_000.0
SHOP_PORT = 8402
SECRET_BYTES = 32

People = Annotated[int | None, Parameter(help="How many people (2,000 if not said).")]
Days = Annotated[int | None, Parameter(help="Days of history (90 if not said).")]
Seed = Annotated[
    int | None, Parameter(help="The same figures make the same files, byte for byte (7 if not said).")
]
Until = Annotated[str | None, Parameter(help="The day before which the history ends; today if not said.")]
Speed = Annotated[float, Parameter(help="How many times faster than ours the world's clock goes.")]
PORT_MAX = 65_535
ShopPort = Annotated[int, Parameter(help="Port of the world's shop; 0 picks a free one.")]
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
    shop_port: ShopPort = SHOP_PORT,
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
    history as `weft import` does, then sends what happens now to the collector, until Ctrl-C. Serves the company's
    shop, where you are a visitor yourself, and the receiver of its webhooks.

    Starts Weft when it does not run yet; joins it when it does. Given again, it goes on with the same world.

    For example:

        weft demo                                      # 2,000 people, 90 days
        weft demo shop --people 100000 --days 365 --speed 10
        weft demo shop --only files                    # the files and nothing else
    """
    if not 0 < speed <= SPEED_MAX:
        raise Rejected(f"--speed must be above 0 and at most {SPEED_MAX:,.0f}.")
    if not 0 <= shop_port <= PORT_MAX:
        raise Rejected(f"--shop-port must be from 0 to {PORT_MAX}; 0 picks a free one.")
    world = _world(folder, people, days, seed, until)
    console = Console(stderr=True)
    if only == "files":
        demo_beside.files(folder, world, console)
        console.print(f"The world stands in {folder}: history/, truth/ and company/.")
        return
    if not (folder / FILE_NAME).exists():
        init_workspace(folder)
    flags = flags_of(port=port, api_port=api_port, host=host, edges=edges, sets=sets)
    workspace = open_workspace(folder, flags, os.environ)
    for path in write_definitions(workspace.definitions):
        console.print(f"wrote {path}", highlight=False)
    if only == "history":
        demo_beside.files(folder, world, console)
        demo_beside.history(folder, workspace, console)
    elif collector is None and read_run_file(workspace) is None:
        _start(folder, flags, _free_port(shop_port), _again(folder, world, speed))
    else:
        collect = workspace.settings.collect
        there = collector or url_of(collect.host, collect.port)
        demo_beside.go_on(folder, workspace, world, there, speed, shop_port)


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


def _start(folder: Path, flags: dict[str, str], shop_port: int, command: list[str]) -> None:
    """Run Weft, and beside it, as soon as it answers, this command again, which then joins it."""
    started = time.monotonic()
    beside: list[subprocess.Popen[bytes]] = []
    _set_environment()
    workspace = open_workspace(folder, flags, os.environ)

    def ready(addresses: Addresses) -> None:
        tell(workspace, addresses, time.monotonic() - started)
        joining = [*command, "--collector", addresses.edge, "--shop-port", str(shop_port)]
        beside.append(subprocess.Popen(joining))  # noqa: S603 (our own interpreter and module)

    try:
        with locked(workspace) as lock, _switched_on(workspace, shop_port):
            Supervisor(workspace, flags, lock, note).run(ready)
    finally:
        for process in beside:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def _switched_on(workspace: Workspace, shop_port: int) -> Generator[None]:
    """Let Weft send to the world's own receiver while it is there."""
    switch_on(workspace.definitions, f"http://{HOST}:{shop_port}/hooks")
    try:
        yield
    finally:
        switch_off(workspace.definitions)


def _set_environment() -> None:
    """Set what the world needs, for the processes of this run: its systems may send records, its receiver is near."""
    needed = {f"WEFT__COLLECT__RECORDS__{source.upper()}": "allow" for source in RECORD_SOURCES}
    needed["WEFT__DELIVER__PRIVATE_NETWORKS"] = "true"
    needed[SECRET_ENV] = "whsec_" + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    for name, value in needed.items():
        os.environ.setdefault(name, value)


def _free_port(port: int) -> int:
    """Return the port, or a free one for 0, before anything starts. Raises Misconfigured when it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise port_taken(port, error) from error
        return probe.getsockname()[1]
