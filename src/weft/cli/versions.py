"""`weft versions`, `weft rollback`: what definitions were, and the way back."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from weft.cli.client import Folder, await_definitions, engine_api, runs
from weft.cli.confirm import confirmed
from weft.cli.definitions import Yes
from weft.cli.failure import REJECTED
from weft.cli.plan_view import show_differences
from weft.cli.show import AsJson, show_found, show_json, show_line

OfKind = Annotated[str, Parameter(help="Its folder: audiences, traits, plans, destinations, …")]
Name = Annotated[str, Parameter(help="Its name.")]


def versions(
    kind: OfKind,
    name: Name,
    number: Annotated[int | None, Parameter(help="Show what changed in this version.")] = None,
    /,
    workspace: Folder = Path(),
    *,
    against: Annotated[
        int | None, Parameter(help="Hold it against this version, not the one before.")
    ] = None,
    json: AsJson = False,
) -> None:
    """List what a definition was, who changed it when and how; or show one version.

    For example:

        weft versions audiences big_spenders -w shop
        weft versions audiences big_spenders 3 --against 1 -w shop
    """
    path = f"/api/definitions/{kind}/{name}/versions"
    with engine_api(workspace) as api:
        if number is None:
            found = api("GET", path)
        else:
            wanted = {} if against is None else {"against": against}
            found = api("GET", f"{path}/{number}", params=wanted)
    if number is None:
        rows = (
            (e["number"], e["at"], e["who"], e["how"], "deleted" if e["deleted"] else e["differences"])
            for e in found
        )
        show_found(found, ("version", "at", "who", "how", "changes"), rows, json=json)
    elif json:
        show_json(found)
    else:
        show_differences(found["differences"])
        show_line(f"\n{found['yaml']}" if found["yaml"] else "\ndeleted")


def rollback(
    kind: OfKind,
    name: Name,
    number: Annotated[int, Parameter(help="The version to go back to.")],
    /,
    workspace: Folder = Path(),
    *,
    yes: Yes = False,
) -> int:
    """Make a definition what it was in a version. It is checked like any other change and becomes a new version.

    For example:

        weft rollback audiences big_spenders 2 -w shop
    """
    path = f"/api/definitions/{kind}/{name}/versions"
    running = runs(workspace)
    with engine_api(workspace) as api:
        newest = api("GET", path)[0]["number"]
        found = api("GET", f"{path}/{number}", params={"against": newest})
        if not found["differences"]:
            show_line(f"{kind}/{name} is what it was in version {number}.")
            return 0
        show_differences(found["differences"])
        if not (yes or confirmed(f"Make {kind}/{name} what it was in version {number}?")):
            show_line("Nothing was changed.")
            return REJECTED
        api("POST", f"{path}/{number}/restore")
    in_force = not running or await_definitions(workspace)
    show_line("In force." if in_force else "Written; the engine has not started with it yet.")
    return 0
