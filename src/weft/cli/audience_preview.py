"""`weft audience preview`."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import yaml
from cyclopts import Parameter

from weft.cli.client import Caller, Folder, engine_api
from weft.cli.progress import steps
from weft.cli.show import AsJson, show_json, show_line, show_table
from weft.definitions import read_yaml
from weft.errors import Rejected

POLL_SECONDS = 0.2
WAIT_SECONDS = 2.0


def preview(
    what: Annotated[
        str, Parameter(help="An audience's name, or a YAML file with an audience, a list of them, or a rule.")
    ],
    workspace: Folder = Path(),
    *,
    trait: Annotated[
        list[str] | None,
        Parameter(help="Break the members down by this trait; may be given again.", negative=""),
    ] = None,
    sample: Annotated[int, Parameter(help="How many members to show.")] = 10,
    json: AsJson = False,
) -> None:
    """Count what an audience comes to for everybody, without defining it: its size, clause by clause, and who is in it.

    For example:

        weft audience preview big_spenders -w shop
        weft audience preview draft.yaml --trait plan --trait country
    """
    counted = {"traits": trait or [], "sample": sample, "wait_seconds": WAIT_SECONDS}
    with engine_api(workspace) as api:
        found = [(name, _counted(api, asked | counted)) for name, asked in _asked(what)]
    if json:
        show_json([{"name": name, **each} for name, each in found])
        return
    for name, each in found:
        _show(name, each)


def _asked(what: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a name to show, and what to ask for."""
    path = Path(what)
    if path.suffix not in (".yaml", ".yml") and not path.is_file():
        yield what, {"name": what}
        return
    try:
        written = read_yaml(path.read_text("utf-8"))
    except OSError as error:
        raise Rejected(
            f"{path} cannot be read ({error.strerror}). Name a YAML file or an audience."
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Rejected(f"{path} is no YAML: {error}") from error
    for each in written if isinstance(written, list) else [written]:
        if not isinstance(each, dict):
            raise Rejected(f"{path} holds no audience: write a mapping with `name` and `who`, or a rule.")
        if "who" in each:
            yield str(each.get("name", path.stem)), {"audience": {"name": path.stem, **each}}
        else:
            yield path.stem, {"who": each}


def _counted(api: Caller, asked: dict[str, Any]) -> dict[str, Any]:
    """Ask until the picture of everybody is there."""
    with steps() as tell:
        while True:
            found: dict[str, Any] = api("POST", "/api/audiences/preview", json=asked)
            if found["state"] == "counted":
                return found
            tell("reading", found["read"] / max(found["of"], 1))
            time.sleep(POLL_SECONDS)


def _show(name: str, found: dict[str, Any]) -> None:
    share = found["size"] / max(found["of"], 1)
    show_line(f"{name}: {found['size']:,} of {found['of']:,} profiles ({share:.1%}), as of {found['as_of']}")
    show_line(f"{found['sentence']['en']}\n")
    for warning in found["warnings"]:
        show_line(f"warning: {warning}")
    show_table(("clause", "profiles"), [(each["at"], each["size"]) for each in found["clauses"]])
    for breakdown in found["breakdowns"]:
        show_line("")
        bars = [(_bar(each), each["count"]) for each in breakdown["bars"]]
        rest = [(word, breakdown[key]) for key, word in (("others", "(another)"), ("missing", "(none)"))]
        show_table((breakdown["trait"], "members"), [*bars, *(each for each in rest if each[1])])
    show_line("")
    shared = [each for each in found["overlaps"] if each["both"]]
    show_table(
        ("audience", "members", "in both", "jaccard"),
        [
            (each["audience"], each["size"], each["both"], f"{each['jaccard']:.2f}")
            for each in sorted(shared, key=lambda each: -each["jaccard"])
        ],
        nothing="no overlap with other audiences",
    )
    show_line("")
    purposes = sorted({purpose for each in found["reach"] for purpose in each["purposes"]})
    show_table(
        ("channel", "with an address", *(f"may be told: {purpose}" for purpose in purposes)),
        [
            (each["channel"], each["addressed"], *(each["purposes"].get(purpose, 0) for purpose in purposes))
            for each in found["reach"]
        ],
    )
    show_line("")
    show_table(
        ("profile", "known as", "last seen"),
        [
            (
                each["profile_id"],
                ", ".join(f"{i['namespace']}:{i['value']}" for i in each["identifiers"][:3]),
                each["last_seen_at"],
            )
            for each in found["sample"]
        ],
        nothing="nobody",
    )


def _bar(bar: dict[str, Any]) -> str:
    if bar["upto"] is None:
        value = bar["value"]
        return f"{value:g}" if isinstance(value, float) else str(value)
    return f"{bar['value']:g} to {bar['upto']:g}"
