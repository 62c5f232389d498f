"""`weft init`, `weft config`."""

import os
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from weft.cli.client import Folder
from weft.cli.show import AsJson, show_found, show_line
from weft.web.api.settings import setting_views
from weft.workspace import init_workspace, open_workspace


def init(folder: Annotated[Path, Parameter(help="Where to make it; the folder may exist.")], /) -> None:
    """Make a workspace: `weft.toml`, `definitions/`, `data/`.

    For example:

        weft init shop
        weft up shop
    """
    root = init_workspace(folder)
    show_line(f"Made the workspace {root}. Start it with `weft up {folder}`.")


def config(
    workspace: Folder = Path(),
    *,
    json: AsJson = False,
) -> None:
    """Print each setting, its value and where it came from.

    The command line beats WEFT__SECTION__KEY in the environment, which beats weft.toml, which beats the default.

    For example:

        weft config -w shop
        WEFT__COLLECT__PORT=9401 weft config -w shop
    """
    opened = open_workspace(workspace, {}, os.environ)
    views = setting_views(opened.settings, opened.origins)
    rows = ((each.name, msgspec.json.encode(each.value).decode(), each.origin) for each in views)
    show_found(views, ("setting", "value", "from"), rows, json=json)
