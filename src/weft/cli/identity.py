"""`weft identity`: who is who, how sure, why, and how to take it back."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from weft.cli import identity_files, identity_rules
from weft.cli.client import Folder, engine_api
from weft.cli.identity_people import learn
from weft.cli.show import AsJson, Most, counted, show_found, show_json, show_line, show_table
from weft.errors import Rejected

One = Annotated[str, Parameter(help="A profile id, or namespace:value.")]
Reason = Annotated[str, Parameter(help="Why, for whoever looks later.")]
Check = Annotated[bool, Parameter(name="--check", help="Only say what would come of it.", negative=())]
Named = Mapping[str, str]

identity = App(
    name="identity", help="Who is who: rules, links, merging and splitting; models, and people of files."
)
identity.command(identity_files.train)
identity.command(identity_files.evaluate)
identity.command(learn)
identity.command(identity_rules.rules)


@identity.command
def explain(
    left: Annotated[str, Parameter(help="A profile id, or namespace:value; with --in, the id of a row.")],
    right: Annotated[str, Parameter(help="Another.")],
    workspace: Folder = Path(),
    *,
    files: Annotated[
        tuple[Path, ...], Parameter(name="--in", help="Compare two rows of these files instead.")
    ] = (),
    id_column: identity_files.IdColumn | None = None,
    mapping: identity_files.Map = None,
    link: identity_files.Link = False,
    model: identity_files.Model = None,
    country: identity_files.Country = None,
    json: AsJson = False,
) -> None:
    """Say why two are one person, or two: links, how sure each is, what stewards said; of rows, the bits of each field.

    For example:

        weft identity explain user_id:42 email:kim@example.com -w shop
        weft identity explain 17 42 --in people.csv --id id
    """
    if files:
        if id_column is None:
            raise Rejected("Say with --id which column has the ids of the rows.")
        identity_files.explain(
            left,
            right,
            files=files,
            id_column=id_column,
            mapping=mapping,
            link=link,
            model=model,
            country=country,
            json=json,
        )
        return
    with engine_api(workspace) as api:
        found = api("GET", "/api/identity/explain", params={"left": left, "right": right})
    if json:
        show_json(found)
        return
    sure = f"one person, {found['confidence']:.2%} sure" if found["same"] else "two people"
    show_line(f"{left} and {right}: {sure}\n")
    links = found["path"] if found["same"] else found["between"]
    _show_links(links, nothing="no link joins them")
    for edge in found["edges"]:
        show_line(f"\nsteward {edge['by']}, {edge['at']}: {_edge(edge)}")


@identity.command
def links(name: One, workspace: Folder = Path(), *, limit: Most = 100, json: AsJson = False) -> None:
    """List the links of a profile, each with its confidence now, the surest first.

    For example:

        weft identity links user_id:42 -w shop
    """
    with engine_api(workspace) as api:
        found = api("GET", f"/api/identity/profiles/{name}/links", params={"limit": limit})
    if json:
        show_json(found)
        return
    _show_links(found["links"], nothing="no links")
    if found["total"] > len(found["links"]):
        show_line(f"and {found['total'] - len(found['links']):,} more; --limit shows up to 1,000")


@identity.command
def link(
    left: One,
    right: One,
    workspace: Folder = Path(),
    *,
    reason: Reason = "",
    check: Check = False,
    json: AsJson = False,
) -> None:
    """Say that two are one person. It holds until it is taken back, whatever the rules say.

    For example:

        weft identity link user_id:42 user_id:1042 -w shop --check
        weft identity link user_id:42 user_id:1042 -w shop --reason "asked her"
    """
    _say(workspace, "link", {"left": left, "right": right}, reason, check=check, json=json)


@identity.command
def unlink(
    left: One,
    right: One,
    workspace: Folder = Path(),
    *,
    reason: Reason = "",
    check: Check = False,
    json: AsJson = False,
) -> None:
    """Say that two are not one person: what was said for it is taken back, or they are kept apart.

    For example:

        weft identity unlink user_id:42 email:kim@example.com -w shop --check
    """
    _say(workspace, "unlink", {"left": left, "right": right}, reason, check=check, json=json)


@identity.command
def split(
    *identifiers: Annotated[str, Parameter(help="namespace:value, of one profile.")],
    workspace: Folder = Path(),
    reason: Reason = "",
    check: Check = False,
    json: AsJson = False,
) -> None:
    """Take identifiers out of a profile: they are one person of their own.

    For example:

        weft identity split email:kim@example.com phone:+8210123456 -w shop --check
    """
    _say(workspace, "split", {"identifiers": list(identifiers)}, reason, check=check, json=json)


@identity.command
def retract(
    number: Annotated[int, Parameter(help="Of the edge, as `weft identity edges` lists it.")],
    workspace: Folder = Path(),
    *,
    reason: Reason = "",
    check: Check = False,
    json: AsJson = False,
) -> None:
    """Take back what a steward said.

    For example:

        weft identity retract 7 -w shop
    """
    _say(workspace, "retract", {"number": number}, reason, check=check, json=json)


@identity.command
def edges(workspace: Folder = Path(), *, limit: Most = 100, json: AsJson = False) -> None:
    """List what stewards said, the newest first.

    For example:

        weft identity edges -w shop
    """
    with engine_api(workspace) as api:
        found = api("GET", "/api/identity/edges", params={"limit": limit})
    rows = (
        (each["number"], each["at"], each["by"], _edge(each), "yes" if each["in_force"] else "no")
        for each in found
    )
    titles = ("number", "at", "by", "said", "in force")
    show_found(found, titles, rows, json=json, nothing="no steward has said anything")


@identity.command
def questions(workspace: Folder = Path(), *, limit: Most = 100, json: AsJson = False) -> None:
    """List the pairs that a steward is asked about, the worthiest first; `link` and `unlink` decide.

    For example:

        weft identity questions -w shop
    """
    with engine_api(workspace) as api:
        found = api("GET", "/api/identity/questions", params={"limit": limit})["questions"]
    rows = (
        (
            _text(each["left"]["identifiers"][0]),
            _text(each["right"]["identifiers"][0]),
            f"{each['confidence']:.3f}",
            each["why"],
        )
        for each in found
    )
    show_found(found, ("left", "right", "confidence", "why"), rows, json=json, nothing="nothing to decide")


def _say(folder: Path, what: str, body: dict[str, Any], reason: str, *, check: bool, json: bool) -> None:
    with engine_api(folder) as api:
        said = api("POST", f"/api/identity/{what}", json={**body, "reason": reason, "check": check})
    if json:
        show_json(said)
        return
    verb = "would move" if check else "moved"
    show_line(f"{counted(said['moved'], 'identifier')} {verb}; before:")
    _show_profiles(said["before"])
    show_line("after:")
    _show_profiles(said["after"])
    for edge in said["edges"]:
        show_line(
            f"edge {edge['number']}: {_edge(edge)}; `weft identity retract {edge['number']}` takes it back"
        )


def _show_profiles(profiles: list[dict[str, Any]]) -> None:
    rows = (
        (
            each["profile_id"],
            ", ".join(map(_text, each["identifiers"])),
            each["events"],
            ", ".join(each["audiences"]),
            ", ".join(choice["purpose"] for choice in each["consents"] if choice["granted"]),
        )
        for each in profiles
    )
    show_table(("profile", "identifiers", "events", "audiences", "consents to"), rows)


def _show_links(found: list[dict[str, Any]], *, nothing: str) -> None:
    rows = (
        (
            _text(each["left"]),
            _text(each["right"]),
            each["kind"],
            f"{each['bits']:.1f}",
            f"{each['confidence']:.4f}",
            each["refused"] or "",
        )
        for each in found
    )
    titles = ("left", "right", "kind", "bits", "confidence", "refused")
    show_table(titles, rows, nothing=nothing)


def _edge(edge: Mapping[str, Any]) -> str:
    if edge["kind"] == "retract":
        return f"takes back {edge['retracts']}"
    sides = (", ".join(map(_text, edge[side])) for side in ("left", "right"))
    return f" {edge['kind']} ".join(sides) + (f" ({edge['reason']})" if edge["reason"] else "")


def _text(identifier: Named) -> str:
    return f"{identifier['namespace']}:{identifier['value']}"
