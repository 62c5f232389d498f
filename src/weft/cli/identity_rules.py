"""`weft identity rules`: the rules in force, and what others would do."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter

from weft.cli.client import Folder, engine_api
from weft.cli.show import AsJson, counted, show_json, show_line, show_table
from weft.errors import Rejected
from weft.workspace import open_workspace

LISTED = 10
Told = Mapping[str, Any]


def rules(
    workspace: Folder = Path(),
    *,
    dry_run: Annotated[
        Path | None,
        Parameter(
            name="--dry-run", help="Say what the rules of this YAML file would do; nothing is changed."
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Show the rules in force, those of `definitions/identity/rules.yaml` and the defaults; or try others.

    For example:

        weft identity rules -w shop
        weft identity rules --dry-run stricter.yaml -w shop
    """
    if dry_run is not None:
        _try(workspace, dry_run, json=json)
        return
    from weft.definitions import read_folder
    from weft.storage.definitions_read import identity_rules

    found = identity_rules(read_folder(open_workspace(workspace, {}, os.environ).definitions).definitions)
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


def _try(workspace: Path, file: Path, *, json: bool) -> None:
    """Try the rules of a file. Raises Rejected with every fault in them."""
    with engine_api(workspace) as api:
        found = api("POST", "/api/identity/rules/preview", json=_read(file))
    if found["faults"]:
        faults = (": ".join(filter(None, (each["at"], each["message"]))) for each in found["faults"])
        raise Rejected("\n".join(f"{file}: {fault}" for fault in faults))
    if json:
        show_json(found["would"])
        return
    would = found["would"]
    show_line(_sentence(would))
    if would["causes"]:
        show_line("")
        rows = (
            (each["why"], each["namespace"], each["merging"], each["splitting"]) for each in would["causes"]
        )
        show_table(("because of", "namespace", "merges", "splits"), rows)
    for title, samples in (("merges", would["merges"]), ("splits", would["splits"])):
        if samples:
            show_line(f"\n{title}, the largest first:")
            rows = ((each["people"], _parties(each)) for each in samples[:LISTED])
            show_table(("people", "of" if title == "merges" else "into"), rows)
    if would["replay"]:
        show_line("\nWhat devices did in the past goes to others only by `weft replay`.")


def _read(file: Path) -> dict[str, Any]:
    from weft.definitions import read_bodies

    faults: list[str] = []
    try:
        bodies = read_bodies(file, faults)
    except OSError as error:
        raise Rejected(f"{file} cannot be read ({error.strerror}); name a YAML file of rules.") from error
    if faults:
        raise Rejected("\n".join(faults))
    if len(bodies) != 1:
        raise Rejected(f"{file}: expected one definition of rules, `name: rules` and what it changes.")
    return bodies[0]


def _sentence(would: Told) -> str:
    """Say it in one line: the people first, then what else changes."""
    parts: list[str] = []
    if would["merging"]:
        parts.append(f"merges {would['merging']:,} people into {would['into']:,}")
    if would["splitting"]:
        parts.append(f"splits {would['splitting']:,} into {would['parts']:,}")
    for what in ("generic", "blocked"):
        new, gone = would[what]["new"], would[what]["gone"]
        parts += [f"makes {counted(new, 'value')} {what}"] if new else []
        parts += [f"makes {counted(gone, 'value')} {what} no more"] if gone else []
    if would["questions"]["new"]:
        parts.append(f"asks {counted(would['questions']['new'], 'new question')}")
    if would["questions"]["gone"]:
        parts.append(f"takes {counted(would['questions']['gone'], 'question')} back")
    people = f"{would['before']:,} people now, {would['after']:,} then"
    return f"{'; '.join(parts) or 'changes nobody'} ({people})"


def _parties(sample: Told) -> str:
    names = [
        " ".join(f"{each['namespace']}:{each['value']}" for each in party["identifiers"])
        for party in sample["parties"]
    ]
    more = sample["people"] - len(names)
    return " | ".join(names) + (f" | and {more} more" if more else "")
