"""`weft plan`, `weft apply`, `weft export`: definitions as a folder of files."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from weft.cli.client import Caller, Folder, await_definitions, engine_api, runs
from weft.cli.confirm import confirmed
from weft.cli.failure import REJECTED, show_failure
from weft.cli.plan_view import show_plan
from weft.cli.progress import steps
from weft.cli.show import AsJson, counted, show_json, show_line
from weft.errors import Rejected, WeftError

CHANGED = 2
POLL_SECONDS = 0.1

Definitions = Annotated[
    Path, Parameter(help="A folder of definitions: `audiences/`, `traits/`, … with YAML files.")
]
Yes = Annotated[bool, Parameter(name=("--yes", "-y"), negative="", help="Do not ask.")]


def plan(
    folder: Definitions,
    /,
    workspace: Folder = Path(),
    *,
    json: AsJson = False,
    detailed_exitcode: Annotated[
        bool,
        Parameter(
            negative="", help="End with 0 when nothing would change, 2 when something would, 1 if it fails."
        ),
    ] = False,
) -> int:
    """Say what a folder of definitions would change: who would enter and leave, and who would be told. Nothing is done.

    The folder is held against the definitions in force as a whole: what it lacks would be deleted.

    For example:

        weft plan shop/definitions -w shop
        weft plan checkout/definitions -w shop --json --detailed-exitcode
    """
    try:
        with engine_api(workspace) as api:
            found = _planned(api, _read(folder))
    except WeftError as error:
        if not detailed_exitcode:
            raise
        show_failure(error)
        return REJECTED
    if json:
        show_json(found)
    else:
        show_plan(found)
    return CHANGED if detailed_exitcode and found["changes"] else 0


def apply(
    folder: Definitions, /, workspace: Folder = Path(), *, yes: Yes = False, json: AsJson = False
) -> int:
    """Put a folder of definitions in force, as one change, after showing what it would change.

    What the folder lacks is deleted. It is refused when somebody changes a definition between the plan and the answer.

    For example:

        weft apply checkout/definitions -w shop
        weft apply checkout/definitions -w shop --yes
    """
    files, running = _read(folder), runs(workspace)
    with engine_api(workspace) as api:
        while True:
            found = _planned(api, files)
            if not json:
                show_plan(found)
            if found["changes"] and not (yes or confirmed("Put this in force?")):
                show_line("Nothing was changed.")
                return REJECTED
            try:
                done = api("POST", "/api/definitions/apply", json={"files": files, "state": found["state"]})
            except Rejected as error:
                if error.code != "changed_meanwhile" or yes or not confirmed(f"{error} Now?"):
                    raise
                continue
            break
    in_force = not done["files"] or not running or await_definitions(workspace)
    if json:
        show_json(done)
    elif done["files"]:
        written = f"{counted(len(done['files']), 'file')} written"
        show_line(f"{written}; {'in force.' if in_force else 'the engine has not started with them yet.'}")
    return 0


def export(folder: Definitions, /, workspace: Folder = Path(), *, json: AsJson = False) -> None:
    """Write the definitions in force into a folder, those that the console made too.

    A file that says the same already stays as it is, with its comments; of one that is written again those at its head
    stay. Definitions that are not in force go out of the folder. `weft plan` of it then says that nothing changes.

    For example:

        weft export checkout/definitions -w shop
    """
    from weft.definition_files import exported
    from weft.definitions import texts_in

    with engine_api(workspace) as api:
        found = api("GET", "/api/definitions/export")
    present, unreadable = texts_in(folder)
    if unreadable:
        raise Rejected("\n".join(map(str, unreadable)))
    files = exported(present, found["files"])
    for path, text in files.items():
        if text is None:
            (folder / path).unlink(missing_ok=True)
        else:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, "utf-8")
    if json:
        show_json({"state": found["state"], "files": sorted(files)})
    else:
        show_line(
            f"{counted(len(files), 'file')} written in {folder}." if files else "It is the same already."
        )


def _read(folder: Path) -> dict[str, str]:
    """Return the files of a folder. Raises Rejected where there are none."""
    from weft.definitions import KINDS, texts_in

    files, unreadable = texts_in(folder)
    if unreadable:
        raise Rejected("\n".join(map(str, unreadable)))
    if not files and not any((folder / kind).is_dir() for kind in KINDS):
        inside = f" Did you mean {folder / 'definitions'}?" if (folder / "definitions").is_dir() else ""
        raise Rejected(f"{folder} holds no definitions, none of the folders {', '.join(KINDS)}.{inside}")
    return files


def _planned(api: Caller, files: Mapping[str, str]) -> Any:
    """Have a plan made, showing how far it is."""
    job = api("POST", "/api/definitions/plan", json={"files": files})
    with steps() as show:
        while job["plan"] is None:
            time.sleep(POLL_SECONDS)
            job = api("GET", f"/api/definitions/plan/{job['id']}")
            show(job["step"], job["done"])
    return job["plan"]
