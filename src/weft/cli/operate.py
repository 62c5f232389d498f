"""`weft source`, `weft quarantine`, `weft destination`, `weft token`."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from weft.cli.client import Folder, engine_api
from weft.cli.show import AsJson, Most, counted, show_found, show_line
from weft.model.access import Scope

source = App(name="source", help="Where events come from, and their write keys.")
quarantine = App(name="quarantine", help="Events that were refused.")
destination = App(name="destination", help="Where acts go to, and how they fare.")
token = App(name="token", help="Who may use the API and the Profile API.")

Name = Annotated[str, Parameter(help="Its name.")]
Reason = Annotated[str | None, Parameter(help="Only what was refused for this reason.")]
From = Annotated[str | None, Parameter(name="--source", help="Only what came from this source.")]


@source.command(name="list")
def list_sources(workspace: Folder = Path(), *, json: AsJson = False) -> None:
    """List the sources with their write keys.

    For example:

        weft source list -w shop
    """
    with engine_api(workspace) as api:
        found = api("GET", "/api/sources")
    rows = (
        (each["name"], key["key"], "revoked" if key["revoked_at"] else "valid")
        for each in found
        for key in each["keys"]
    )
    titles = ("source", "write key", "state")
    show_found(found, titles, rows, json=json, nothing="no source yet; `weft source add shop`")


@source.command
def add(name: Name, workspace: Folder = Path()) -> None:
    """Make a source and print its write key.

    For example:

        weft source add web -w shop
    """
    with engine_api(workspace) as api:
        made = api("POST", "/api/sources", json={"name": name})
    show_line(f"write key: {made['key']}")


@source.command
def rotate(name: Name, workspace: Folder = Path()) -> None:
    """Give a source a new write key. The old one stays valid until you revoke it.

    For example:

        weft source rotate web -w shop
    """
    with engine_api(workspace) as api:
        made = api("POST", f"/api/sources/{name}/keys")
    show_line(f"write key: {made['key']}")


@source.command(name="revoke")
def revoke_key(key: Annotated[str, Parameter(help="The write key.")], workspace: Folder = Path()) -> None:
    """End a write key, for good: events with it are refused from now on.

    For example:

        weft source revoke 5f1c0d4e9b7a4c61a1e2d3c4b5a69788 -w shop
    """
    with engine_api(workspace) as api:
        api("DELETE", f"/api/keys/{key}")
    show_line("revoked")


@quarantine.command(name="list")
def list_refused(
    workspace: Folder = Path(),
    *,
    reason: Reason = None,
    from_source: From = None,
    limit: Most = 50,
    json: AsJson = False,
) -> None:
    """List refused events, oldest first, with the reason.

    For example:

        weft quarantine list -w shop --reason no_identifier
    """
    wanted = {name: value for name, value in (("reason", reason), ("source", from_source)) if value}
    with engine_api(workspace) as api:
        found = api("GET", "/api/quarantine", params={**wanted, "limit": limit})["events"]
    rows = (
        (e["position"], e["received_at"], e["source"], e["name"], e["reason"], e["detail"]) for e in found
    )
    titles = ("position", "received", "source", "event", "reason", "detail")
    show_found(found, titles, rows, json=json, nothing="nothing was refused")


@quarantine.command(name="replay")
def replay_refused(workspace: Folder = Path(), *, reason: Reason = None, from_source: From = None) -> None:
    """Send refused events again, after you changed a plan or a setting.

    For example:

        weft quarantine replay -w shop --reason against_plan
    """
    wanted = {name: value for name, value in (("reason", reason), ("source", from_source)) if value}
    with engine_api(workspace) as api:
        done = api("POST", "/api/quarantine/replay", json=wanted)
    show_line(f"sent again: {counted(done['events'], 'event')}")


@destination.command(name="list")
def list_destinations(workspace: Folder = Path(), *, json: AsJson = False) -> None:
    """List the destinations, what waits for each, and its breaker.

    For example:

        weft destination list -w shop
    """
    with engine_api(workspace) as api:
        found = api("GET", "/api/destinations")
    rows = (
        (
            each["name"],
            each["definition"].get("type", ""),
            ", ".join(f"{number} {state}" for state, number in sorted(each["items"].items())),
            each["lane"].get("breaker", "not running"),
        )
        for each in found
    )
    titles = ("destination", "type", "items", "breaker")
    show_found(found, titles, rows, json=json, nothing="no destination is defined yet")


@destination.command
def dead(name: Name, workspace: Folder = Path(), *, limit: Most = 50, json: AsJson = False) -> None:
    """List the dead letters of a destination and why they died.

    For example:

        weft destination dead crm -w shop
    """
    wanted = {"destination": name, "state": "dead", "limit": limit}
    with engine_api(workspace) as api:
        found = api("GET", "/api/deliveries", params=wanted)
    rows = (
        (each["key"], each["kind"], each["attempts"], each["error"], each["settled_at"]) for each in found
    )
    titles = ("key", "act", "attempts", "error", "since")
    show_found(found, titles, rows, json=json, nothing="no dead letters")


@destination.command(name="replay")
def replay_dead(name: Name, workspace: Folder = Path()) -> None:
    """Try the dead letters of a destination again. The gate looks at each of them once more.

    For example:

        weft destination replay crm -w shop
    """
    with engine_api(workspace) as api:
        done = api("POST", "/api/deliveries/replay", json={"destination": name})
    show_line(f"to be sent again: {counted(done['items'], 'dead letter')}")


@token.command
def new(
    name: Annotated[str, Parameter(help="Who will use it.")],
    workspace: Folder = Path(),
    *,
    scope: Annotated[
        tuple[Scope, ...],
        Parameter(help="What it may do; repeat for more.", negative="", consume_multiple=False),
    ] = (Scope.PROFILES,),
    days: Annotated[int | None, Parameter(help="Days until it ends.")] = None,
) -> None:
    """Make a token and print its secret, which is shown only now.

    For example:

        weft token new "call centre" -w shop
        weft token new deploy -w shop --scope read --scope write --days 90
    """
    wanted = {"name": name, "scopes": list(scope), **({"days": days} if days else {})}
    with engine_api(workspace) as api:
        made = api("POST", "/api/tokens", json=wanted)
    show_line(f"id: {made['token']['id']}\ntoken: {made['secret']}")


@token.command(name="list")
def list_tokens(workspace: Folder = Path(), *, json: AsJson = False) -> None:
    """List the tokens that are valid.

    For example:

        weft token list -w shop
    """
    with engine_api(workspace) as api:
        found = api("GET", "/api/tokens")
    rows = ((e["id"], e["name"], e["kind"], " ".join(e["scopes"]), e["expires_at"] or "never") for e in found)
    show_found(found, ("id", "name", "kind", "scopes", "ends"), rows, json=json, nothing="no tokens")


@token.command(name="revoke")
def revoke_token(token_id: Annotated[str, Parameter(help="Its id.")], workspace: Folder = Path()) -> None:
    """End a token, for good.

    For example:

        weft token revoke tok_0a1b2c3d4e5f -w shop
    """
    with engine_api(workspace) as api:
        api("DELETE", f"/api/tokens/{token_id}")
    show_line("revoked")


@token.command
def link(workspace: Folder = Path()) -> None:
    """Print a link that signs a browser in, once.

    For example:

        weft token link -w shop
    """
    with engine_api(workspace) as api:
        made = api("POST", "/api/links")
    show_line(made["url"])
