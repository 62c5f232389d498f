"""`weft events`, `weft profile`, `weft audience`."""

import os
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from msgspec.json import encode

from weft.cli.client import Folder, engine_api, follow
from weft.cli.show import AsJson, Most, counted, show_found, show_json, show_line, show_table
from weft.workspace import open_workspace

events = App(name="events", help="Events as they come in.")
profile = App(name="profile", help="What is known of one person.")
audience = App(name="audience", help="Audiences and who is in them.")
audience.command("weft.cli.audience_preview:preview", name="preview")


@events.command
def tail(
    workspace: Folder = Path(),
    *,
    last: Annotated[int, Parameter(help="Begin with this many events that are there already.")] = 10,
    follow_: Annotated[bool, Parameter(name="--follow", help="Go on with new ones as they come.")] = True,
    json: AsJson = False,
) -> None:
    """Print events as they are stored. Ctrl-C ends it.

    For example:

        weft events tail -w shop
        weft events tail -w shop --last 100 --no-follow
    """
    if last:
        with engine_api(workspace) as api:
            for each in api("GET", "/api/events", params={"limit": last}):
                _event(each, json=json)
    if follow_:
        for kind, data in follow(workspace, "/api/events/stream"):
            if kind == "sampled":
                show_line(
                    f"… {data['told']} of {data['came']} events: they come faster than they can be shown"
                )
            else:
                _event(data, json=json)


@events.command
def export(
    file: Annotated[Path, Parameter(help="The Parquet file to write.")], workspace: Folder = Path()
) -> None:
    """Write every event and record to a Parquet file, for a backup or `weft replay --from`. Stop `weft up` first.

    For example:

        weft events export shop-events.parquet -w shop
    """
    from weft.offline import export_workspace

    count = export_workspace(open_workspace(workspace, {}, os.environ), file)
    show_line(f"{count} events and records in {file}")


@profile.command
def show(
    name: Annotated[str, Parameter(help="A profile id, or namespace:value.")],
    workspace: Folder = Path(),
    *,
    recent: Annotated[int, Parameter(name="--events", help="How many events to show.")] = 10,
    json: AsJson = False,
) -> None:
    """Show one person: identifiers, traits, audiences, and what happened last.

    For example:

        weft profile show user_id:42
        weft profile show email:kim@example.com -w shop --json
    """
    with engine_api(workspace) as api:
        found: dict[str, Any] = api("GET", f"/api/profiles/{name}")
        path = f"/api/profiles/{name}/events"
        happened = api("GET", path, params={"limit": recent})["events"] if recent else []
    if json:
        show_json({**found, "timeline": happened})
        return
    count = counted(found["events"], "event")
    show_line(f"profile {found['id']} · {count} · last seen {found['last_seen_at']}\n")
    show_table(("identifier", "value"), [(i["namespace"], i["value"]) for i in found["identifiers"]])
    show_line("")
    sources = found["trait_sources"]
    show_table(
        ("trait", "value", "from"),
        [(trait, value, sources.get(trait, "")) for trait, value in sorted(found["traits"].items())],
        nothing="no traits",
    )
    show_line("")
    show_table(("audience", "since"), sorted(found["audiences"].items()), nothing="in no audience")
    show_line("")
    for each in happened:
        _event(each, json=False)


@audience.command(name="list")
def list_(workspace: Folder = Path(), *, json: AsJson = False) -> None:
    """List the audiences with their sizes.

    For example:

        weft audience list -w shop
    """
    with engine_api(workspace) as api:
        found = api("GET", "/api/audiences")
    rows = ((each["name"], each["size"], each["description"]) for each in found)
    titles = ("audience", "members", "description")
    show_found(found, titles, rows, json=json, nothing="no audience is defined yet")


@audience.command
def members(
    name: Annotated[str, Parameter(help="The audience.")],
    workspace: Folder = Path(),
    *,
    limit: Most = 100,
    json: AsJson = False,
) -> None:
    """List who is in an audience, and since when.

    For example:

        weft audience members big_spenders -w shop --limit 1000
    """
    with engine_api(workspace) as api:
        found = api("GET", f"/api/audiences/{name}/members", params={"limit": limit})["members"]
    rows = ((each["profile_id"], each["since"]) for each in found)
    show_found(found, ("profile", "since"), rows, json=json, nothing="nobody")


@audience.command
def text(
    words: Annotated[
        str, Parameter(name="text", help="Who is meant, in English, Korean or Traditional Chinese.")
    ],
    workspace: Folder = Path(),
    *,
    language: Annotated[str | None, Parameter(help="en, ko or zh-TW; by its letters if left out.")] = None,
    json: AsJson = False,
) -> int:
    """Read a text as the rule of an audience, and say it back. Nothing is saved. Ends with 1 if it was not understood.

    For example:

        weft audience text "bought twice this year but not in the last 60 days" -w shop
        weft audience text "최근 30일 동안 2회 이상 구매한 사람" -w shop --json
    """
    with engine_api(workspace) as api:
        found = api("POST", "/api/audiences/read-text", json={"text": words, "language": language})
    if json:
        show_json(found)
    else:
        _text_reading(found)
    return 0 if found["rule"] is not None else 1


def _text_reading(found: dict[str, Any]) -> None:
    said = found["language"]
    for each in found["not_understood"]:
        near = f" Did you mean {' or '.join(f'`{name}`' for name in each['near'])}?" if each["near"] else ""
        show_line(f"not understood: {each['text']} ({each['why']}).{near}")
        if each["trait"] is not None:
            show_line(f"  this trait would say it: {encode(each['trait']).decode()}")
    if found["rule"] is not None:
        show_line(found["sentence"][said])
        show_line(f"\nwho: {encode(found['rule']).decode()}")
    for each in found["alternatives"]:
        show_line(f"\nor: {each['sentence'][said]}\nwho: {encode(each['rule']).decode()}")


def _event(event: dict[str, Any], *, json: bool) -> None:
    if json:
        show_line(encode(event).decode())
    else:
        what = f"{event['type']} {event['name']}".strip()
        show_line(
            f"{event['occurred_at']}  {event['source']}  {what}  {encode(event['properties']).decode()}"
        )
