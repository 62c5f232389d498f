"""How plans and versions of definitions look in a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from rich.text import Text

from weft.cli.show import console, counted, show_line, show_table

Told = Mapping[str, Any]

MARKS = {"added": ("+", "green"), "changed": ("~", "yellow"), "deleted": ("-", "red")}
VALUE_CHARACTERS = 60
NAMED = 5


def show_plan(plan: Told) -> None:
    """Print a plan: what changes first, then whom it concerns."""
    if not plan["changes"]:
        show_line("No changes: what the folder says is in force.")
        return
    show_changes(plan["changes"])
    _audiences(plan["audiences"])
    _traits(plan["traits"])
    if plan["destinations"]:
        show_line("\nwould be told:")
        rows = ((e["destination"], e["audience"], e["entered"], e["exited"]) for e in plan["destinations"])
        show_table(("destination", "audience", "entered", "exited"), rows)
    if plan["identity"]:
        would = plan["identity"]
        show_line(
            f"\nidentity: {would['before']:,} people now, {would['after']:,} then; {would['merging']:,} come together, "
            f"{would['splitting']:,} come apart. The audiences above are those of the people as they are now."
        )
    show_line(f"\n{_summary(plan['changes'])} State {plan['state']}.")


def show_changes(changes: Sequence[Told]) -> None:
    """Print definitions that differ, place by place."""
    for each in changes:
        mark, colour = MARKS[each["what"]]
        console().print(Text(f"{mark} {each['kind']}/{each['name']}", style=f"bold {colour}"))
        show_differences(each["differences"])


def show_differences(found: Sequence[Told]) -> None:
    """Print places at which definitions differ."""
    for each in found:
        line = Text("    ")
        line.append(f"{each['at']}  ")
        if "before" in each:
            line.append(_value(each["before"]), style="red")
        if "before" in each and "after" in each:
            line.append(" → ")
        if "after" in each:
            line.append(_value(each["after"]), style="green")
        console().print(line)


def _audiences(found: Sequence[Told]) -> None:
    if not found:
        return
    show_line("")
    rows = ((e["name"], e["before"], e["after"], e["entering"], e["leaving"], _why(e)) for e in found)
    show_table(("audience", "now", "then", "enter", "leave", ""), rows)
    for each in found:
        for key, word, number in (("enters", "enter", "entering"), ("leaves", "leave", "leaving")):
            if each[key]:
                names = ", ".join(_people(each[key][:NAMED]))
                more = each[number] - len(each[key][:NAMED])
                rest = f" and {more:,} more" if more > 0 else ""
                console().print(Text(f"  {word} {each['name']}: {names}{rest}", style="dim"))


def _why(audience: Told) -> str:
    if audience["what"] == "deleted":
        return "deleted: nobody is told"
    return f"through {', '.join(audience['through'])}" if audience["through"] else ""


def _traits(found: Sequence[Told]) -> None:
    if found:
        show_line("\ncomputed anew:")
        rows = ((e["name"], e["what"], e["profiles"]) for e in found)
        show_table(("trait", "", "profiles with a value"), rows)


def _people(found: Sequence[Told]) -> Iterator[str]:
    for each in found:
        names = [f"{one['namespace']}:{one['value']}" for one in each["identifiers"]]
        known = each["name"]["full"]
        yield f"{known} ({names[0]})" if known and names else known or (names or [each["profile_id"]])[0]


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= VALUE_CHARACTERS else text[: VALUE_CHARACTERS - 1] + "…"


def _summary(changes: Sequence[Told]) -> str:
    counts = {what: sum(each["what"] == what for each in changes) for what in MARKS}
    parts = (f"{number} {what}" for what, number in counts.items() if number)
    return f"{counted(len(changes), 'definition')}: {', '.join(parts)}."
