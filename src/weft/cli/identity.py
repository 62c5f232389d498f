"""`weft identity`: who is who, how sure, why, and how to take it back."""

import os
from pathlib import Path

import msgspec
from cyclopts import App

from weft.cli.client import Folder
from weft.cli.identity_files import evaluate, explain, train
from weft.cli.identity_people import learn
from weft.cli.show import AsJson, show_json, show_line, show_table
from weft.workspace import open_workspace

identity = App(
    name="identity", help="Who is who: rules, links, merging and splitting; models, and people of files."
)
identity.command(train)
identity.command(evaluate)
identity.command(explain)
identity.command(learn)


@identity.command
def rules(workspace: Folder = Path(), *, json: AsJson = False) -> None:
    """Show the rules in force: those of `definitions/identity/rules.yaml` and the defaults.

    For example:

        weft identity rules -w shop
    """
    from weft.definitions import load_definitions
    from weft.storage.definitions_read import identity_rules

    found = identity_rules(load_definitions(open_workspace(workspace, {}, os.environ).definitions))
    if json:
        show_json(msgspec.to_builtins(found))
        return
    show_line(f"merge from {found.merge} on, ask from {found.review} on")
    show_line("")
    titles = (
        "namespace",
        "priority",
        "most per profile",
        "most profiles",
        "bits",
        "half-life",
        "owned by login",
    )
    show_table(
        titles,
        [
            (
                name,
                str(each.priority),
                f"{each.most_per_profile:,}",
                f"{each.most_profiles:,}",
                f"{each.bits:g}",
                f"{each.half_life_days:g} days" if each.half_life_days else "",
                "yes" if each.owned_by_login else "",
            )
            for name, each in [*found.namespaces.items(), ("(others)", found.others)]
        ],
    )
