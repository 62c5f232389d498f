"""`weft mcp`: people, audiences and definitions for assistants, by the Model Context Protocol."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import httpx
from cyclopts import Parameter

from weft.cli.client import REQUEST_SECONDS, Folder, engine_caller, running
from weft.errors import Misconfigured

TOKEN = "WEFT_TOKEN"  # noqa: S105 - where it stands, not what it is


def mcp(
    workspace: Folder = Path(),
    *,
    url: Annotated[
        str | None,
        Parameter(help="The engine's address; without it, of the engine that runs in the workspace."),
    ] = None,
    allow_write: Annotated[
        bool,
        Parameter(
            negative="", help="Offer tools that change traits and audiences; the token needs `write` too."
        ),
    ] = False,
    port: Annotated[
        int | None,
        Parameter(
            help="Serve streamable HTTP at http://127.0.0.1:PORT/mcp instead of standard input and output."
        ),
    ] = None,
) -> None:
    """Serve people, audiences and definitions to an assistant, with the rights of the token in WEFT_TOKEN.

    For example:

        WEFT_TOKEN=… weft mcp -w shop
        WEFT_TOKEN=… weft mcp --url http://127.0.0.1:8400 --allow-write
    """
    if find_spec("mcp") is None:
        raise Misconfigured("`weft mcp` needs the MCP SDK. Install it with `pip install 'weft[mcp]'`.")
    token = os.environ.get(TOKEN, "")
    if not token:
        raise Misconfigured(
            f"Set {TOKEN} to a token of this workspace: what it may see, the assistant may see. "
            "Make one with `weft token new assistant --scope read`; add `--scope profiles` for people."
        )
    from weft.cli.assistant import assistant_server

    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(
        base_url=url or running(workspace).api, headers=headers, timeout=REQUEST_SECONDS
    ) as client:
        server = assistant_server(engine_caller(client), allow_write=allow_write)
        if port is None:
            server.run("stdio")
        else:
            server.run("streamable-http", host="127.0.0.1", port=port)
