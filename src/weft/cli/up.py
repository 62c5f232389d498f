"""`weft up`, and the hidden commands that run one process of it."""

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from weft.cli.child import Options, run_process
from weft.cli.supervisor import Addresses, Supervisor, note
from weft.errors import Rejected
from weft.workspace import Workspace, locked, open_workspace

Port = Annotated[int | None, Parameter(help="Port of the edge (`collect.port`); 0 picks a free one.")]
ApiPort = Annotated[int | None, Parameter(help="Port of the engine API (`api.port`); 0 picks a free one.")]
Host = Annotated[str | None, Parameter(help="Address the edge listens on (`collect.host`).")]
Edges = Annotated[int | None, Parameter(help="Edge processes (`collect.edges`).")]
Sets = Annotated[
    tuple[str, ...],
    Parameter(
        name="--set", help="Any other setting, as section.key=value.", negative="", consume_multiple=False
    ),
]


def up(
    folder: Annotated[Path, Parameter(help="The workspace.")] = Path(),
    /,
    *,
    port: Port = None,
    api_port: ApiPort = None,
    host: Host = None,
    edges: Edges = None,
    sets: Sets = (),
) -> None:
    """Run a workspace: it collects events, builds profiles, and delivers. Ctrl-C drains and stops it.

    Prints where SDKs send to, a write key, and a link that signs a browser in, once.

    For example:

        weft up shop
        weft up shop --port 9401 --api-port 9400
        weft up shop --edges 4 --set log.format=text
    """
    started = time.monotonic()
    flags = flags_of(port=port, api_port=api_port, host=host, edges=edges, sets=sets)
    workspace = open_workspace(folder, flags, os.environ)

    def ready(addresses: Addresses) -> None:
        tell(workspace, addresses, time.monotonic() - started)

    with locked(workspace) as lock:
        Supervisor(workspace, flags, lock, note).run(ready)


def edge(
    folder: Path, /, *, port: Port = None, host: Host = None, shared_port: bool = False, sets: Sets = ()
) -> None:
    """Run one edge process of a workspace on its own; `weft up` runs them for you."""
    _run("edge", folder, flags_of(port=port, host=host, sets=sets), shared_port=shared_port)


def engine(folder: Path, /, *, api_port: ApiPort = None, sets: Sets = ()) -> None:
    """Run the engine process of a workspace on its own; `weft up` runs it for you."""
    _run("engine", folder, flags_of(api_port=api_port, sets=sets), shared_port=False)


def flags_of(
    *,
    port: int | None = None,
    api_port: int | None = None,
    host: str | None = None,
    edges: int | None = None,
    sets: tuple[str, ...] = (),
) -> dict[str, str]:
    """Return the settings that the command line gives, by their names."""
    flags = {
        name: str(value)
        for name, value in (
            ("collect.port", port),
            ("api.port", api_port),
            ("collect.host", host),
            ("collect.edges", edges),
        )
        if value is not None
    }
    for each in sets:
        name, equals, value = each.partition("=")
        if not equals:
            raise Rejected(f"`--set {each}`: write it as section.key=value.")
        flags[name] = value
    return flags


def _run(role: str, folder: Path, flags: Mapping[str, str], *, shared_port: bool) -> None:
    workspace = open_workspace(folder, flags, os.environ)
    run_process(role, workspace, Options(dict(flags), shared_port=shared_port, supervised=False))


def tell(workspace: Workspace, addresses: Addresses, seconds: float) -> None:
    """Print where everything is, once it answers."""
    strong, plain = ("\x1b[1m", "\x1b[0m") if sys.stdout.isatty() else ("", "")
    lines = (
        f"{strong}Weft{plain} runs {workspace.root}",
        f"collect: {addresses.edge}",
        f"api: {addresses.api}",
        f"write key: {addresses.write_key}",
        f"open: {strong}{addresses.link}{plain}",
        f"ready after {seconds:.1f} s; Ctrl-C stops it",
    )
    print("\n".join(lines), flush=True)
