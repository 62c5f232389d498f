"""`weft list`: uploaded lists of identifiers."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from weft.cli.client import Folder, engine_api
from weft.cli.confirm import confirmed
from weft.cli.show import AsJson, counted, show_found, show_json, show_line
from weft.errors import Rejected

lists = App(name="list", help="Uploaded lists of identifiers, for the rule `list: name`.")

TYPES = {".csv": "text/csv", ".tsv": "text/csv", ".json": "application/json"}
Name = Annotated[str, Parameter(help="The list.")]


@lists.command
def upload(
    name: Name,
    file: Annotated[Path, Parameter(help="CSV, JSON, or an identifier a line: by its ending.")],
    workspace: Folder = Path(),
    *,
    namespace: Annotated[str, Parameter(help="Of every value; left out: each says its own.")] = "",
    column: Annotated[str, Parameter(help="Of a CSV file: which column has the values.")] = "",
    leave_out: Annotated[
        bool, Parameter(negative="", help="Take the file without its faulty lines.")
    ] = False,
    check: Annotated[bool, Parameter(negative="", help="Only say what would come of it.")] = False,
    json: AsJson = False,
) -> int:
    """Upload a list, or replace one as a whole. A file with a faulty line changes nothing unless you say so.

    For example:

        weft list upload invited guests.csv --namespace email -w shop
        weft list upload invited guests.csv --namespace email --column "E-mail" --check -w shop
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Rejected(f"{file} cannot be read: {error.strerror}.") from error
    params = {
        "namespace": namespace,
        "column": column,
        "faulty": "leave_out" if leave_out else "refuse",
        "check": str(check).lower(),
    }
    headers = {"content-type": TYPES.get(file.suffix.lower(), "text/plain")}
    with engine_api(workspace) as api:
        found = api("PUT", f"/api/lists/{name}", params=params, headers=headers, content=content)
    if json:
        show_json(found)
        return 0
    for fault in found["faults"]:
        show_line(f"line {fault['line']}: {fault['value']}: {fault['why']}")
    size = counted(found["uploaded"]["size"], "identifier")
    named = "" if found["people"] is None else f", of {found['people']} people"
    what = "would have" if check else "has"
    show_line(f"{name} {what} {size}{named}: {found['added']} new, {found['removed']} no more")
    left = [f"{counted(found['faulty'], 'faulty line')} left out"] if found["faulty"] else []
    left += [counted(found["repeated"], "repeated line")] if found["repeated"] else []
    if left:
        show_line(", ".join(left))
    return 0


@lists.command
def show(
    name: Annotated[str | None, Parameter(help="One list, with how many people it names.")] = None,
    workspace: Folder = Path(),
    *,
    json: AsJson = False,
) -> None:
    """Show the lists with their sizes, or one.

    For example:

        weft list show -w shop
        weft list show invited -w shop
    """
    with engine_api(workspace) as api:
        found = api("GET", "/api/lists") if name is None else api("GET", f"/api/lists/{name}")
    if json:
        show_json(found)
        return
    if name is not None:
        show_line(f"{counted(found['uploaded']['size'], 'identifier')}, of {found['people']} people\n")
    rows = (
        (
            each["name"],
            each["size"],
            " ".join(each["namespaces"]),
            each["uploaded_at"],
            each["uploaded_by"],
            " ".join(f"{use['kind']}/{use['name']}" for use in each["used_by"]),
        )
        for each in (found if name is None else [found["uploaded"]])
    )
    titles = ("list", "identifiers", "namespaces", "uploaded", "by", "used by")
    show_found(found, titles, rows, json=False, nothing="no list is uploaded yet")


@lists.command
def remove(
    name: Name,
    workspace: Folder = Path(),
    *,
    yes: Annotated[bool, Parameter(negative="", help="Do not ask.")] = False,
) -> int:
    """Delete a list. Refused while an audience names it.

    For example:

        weft list remove invited -w shop
    """
    if not (yes or confirmed(f"Delete the list {name}?")):
        return 1
    with engine_api(workspace) as api:
        api("DELETE", f"/api/lists/{name}")
    show_line(f"{name} is deleted")
    return 0
