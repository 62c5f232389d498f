"""What a folder of definitions would change in a workspace: which definitions, which audiences, who is told what."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Literal

import msgspec

from weft.activate.connection import read_connections
from weft.activate.destination import destinations
from weft.definitions import KINDS, Definition, read_texts, state_of
from weft.errors import Rejected
from weft.identity.foresee import Counts
from weft.identity.rules import KIND as IDENTITY
from weft.identity.rules import read_rules
from weft.language.difference import Difference, differences
from weft.language.references import refers
from weft.model.audience import Audience, givens_in, leaves
from weft.model.definition import Key
from weft.model.destination import EVERY, Names
from weft.model.expression import Value
from weft.storage.defined import define
from weft.storage.definitions_in_force import InForce, faults_of
from weft.storage.definitions_read import Understood, understand
from weft.storage.duckdb_foresee_definitions import Moving
from weft.web.api.services import Services
from weft.web.definition_edit import now_in_force

SAMPLES = 10
FILES_MOST = 5_000
ENDINGS = (".yaml", ".yml")

Show = Callable[[str, float], None]
"""Told the step, and how much of it is done."""
What = Literal["added", "changed", "deleted"]


class Changed(msgspec.Struct, frozen=True):
    """A definition that would differ."""

    kind: str
    name: str
    what: What
    differences: tuple[Difference, ...]


class Sized(msgspec.Struct, frozen=True):
    """An audience whose members may differ. through: the traits that make the difference where its rule does not."""

    what: What
    through: tuple[str, ...]
    moving: Moving


class Told(msgspec.Struct, frozen=True):
    """How many signals of an audience a destination would be sent."""

    destination: str
    audience: str
    entered: int
    exited: int


class Plan(msgspec.Struct, frozen=True):
    """What would change. state, wanted: of all definitions now and then; traits: name → what, and of how many people.

    identity: what other rules of identity would do to people; None where they stay.
    """

    state: str
    wanted: str
    changes: tuple[Changed, ...]
    audiences: tuple[Sized, ...] = ()
    traits: Mapping[str, tuple[What, int]] = {}
    told: tuple[Told, ...] = ()
    people: int = 0
    identity: Counts | None = None


def wanted_of(files: Mapping[str, str]) -> tuple[Definition, ...]:
    """Read the files of a folder of definitions, path inside of it → text. Raises Rejected with every fault."""
    if len(files) > FILES_MOST:
        raise Rejected(f"A folder of more than {FILES_MOST:,} files of definitions is not taken.")
    for path in files:
        parts = PurePosixPath(path).parts
        if len(parts) < 2 or parts[0] not in KINDS or ".." in parts or not path.endswith(ENDINGS):
            raise Rejected(
                f"{path}: a definition is a YAML file in one of the folders {', '.join(KINDS)}. Name the folder in "
                "which these are, such as `shop/definitions`.",
                code="bad_definition",
            )
    read = read_texts(files)
    faults = [*map(str, read.faults), *(() if read.faults else map(str, faults_of(read.definitions)))]
    if faults:
        raise Rejected("\n".join(dict.fromkeys(faults)), code="bad_definition")
    return read.definitions


def changes_between(before: Sequence[Definition], after: Sequence[Definition]) -> tuple[Changed, ...]:
    """Return the definitions that differ, by kind and name."""
    old: dict[Key, dict[str, Any]] = {(each.kind, each.name): each.body for each in before}
    new: dict[Key, dict[str, Any]] = {(each.kind, each.name): each.body for each in after}
    found: list[Changed] = []
    for key in sorted(old.keys() | new.keys()):
        what: What = "added" if key not in old else "deleted" if key not in new else "changed"
        differ = tuple(differences(old.get(key, {}), new.get(key, {}))) if what == "changed" else ()
        if differ or what != "changed":
            found.append(Changed(*key, what, differ))
    return tuple(found)


def make_plan(services: Services, files: Mapping[str, str], show: Show) -> Plan:
    """Say what these files would change. Nothing is changed. Raises Rejected for faults in them, Transient."""
    show("reading", 0.0)
    after, present = wanted_of(files), now_in_force(services)
    changes = changes_between(present.definitions, after)
    plan = Plan(state_of(present.definitions), state_of(after), changes)
    if not changes:
        return plan
    old, new = understand(present.definitions), understand(after)
    sized, traits, people = _members(services, changes, old, new, after, show)
    return msgspec.structs.replace(
        plan,
        audiences=sized,
        traits=traits,
        told=tuple(_told(after, sized)),
        people=people,
        identity=_identity(services, changes, after, show),
    )


def _members(
    services: Services,
    changes: Sequence[Changed],
    old: Understood,
    new: Understood,
    after: Sequence[Definition],
    show: Show,
) -> tuple[tuple[Sized, ...], dict[str, tuple[What, int]], int]:
    """Evaluate what may differ. Return audiences, traits, and how many people there are."""
    rules = {each.name: each.version for each in old.audiences}
    every = old.survival != new.survival
    versions = {each.name: each.version for each in old.traits}
    fresh = [each for each in new.traits if versions.get(each.name) != each.version]
    run = {each.value for each in fresh if each.batch is not None}
    moved = [
        each for each in new.audiences if every or rules.get(each.name) != each.version or _reads(each, run)
    ]
    gone = versions.keys() - {each.name for each in new.traits}
    deleted = [each.name for each in changes if (each.kind, each.what) == ("audiences", "deleted")]
    values: dict[str, int] = {}
    moving: dict[str, Moving] = {}
    people = 0
    if moved or fresh:
        show("evaluating", 0.0)
        found = services.trying.foresee(
            define(fresh, moved, new.survival, services.settings.workspace.timezone),
            SAMPLES,
            lambda share: show("evaluating", share),
        )
        values, people = found.values, found.people
        moving = {each.name: each for each in found.audiences}
    sizes = services.facts.sizes()
    bodies = {each.name: each.body for each in after if each.kind == "audiences"}
    whats: dict[str, What] = {each.name: each.what for each in changes if each.kind == "audiences"}
    sized = [
        Sized(
            whats.get(name, "changed"),
            tuple(each.name for each in fresh if refers("audiences", bodies[name], "traits", each.name)),
            moving[name],
        )
        for name in sorted(moving)
    ]
    sized += [Sized("deleted", (), Moving(name, before=sizes.get(name, 0))) for name in deleted]
    traits: dict[str, tuple[What, int]] = {
        each.name: ("changed" if each.name in versions else "added", values.get(each.name, 0))
        for each in fresh
    }
    traits |= dict.fromkeys(gone, ("deleted", 0))
    return tuple(sized), dict(sorted(traits.items())), people


def _reads(audience: Audience, values: Collection[Value]) -> bool:
    """Say whether an audience reads any of these values of SQL traits, in a formula too."""
    return any(given in values for leaf in leaves(audience.who) for given in givens_in(leaf))


def _told(after: Sequence[Definition], sized: Sequence[Sized]) -> list[Told]:
    """Return what destinations would be told of who enters and leaves; of a deleted audience nobody is told."""
    found: list[Told] = []
    for connection in read_connections(after, destinations())[0]:
        when = connection.common.when
        for each in sized:
            name = each.moving.name
            entered = each.moving.entering if _wants(when.entered, name) else 0
            exited = each.moving.leaving if _wants(when.exited, name) and each.what != "deleted" else 0
            if entered or exited:
                found.append(Told(connection.name, name, entered, exited))
    return found


def _wants(names: Names, name: str) -> bool:
    return names == EVERY or name in names


def _identity(
    services: Services, changes: Sequence[Changed], after: Sequence[Definition], show: Show
) -> Counts | None:
    if all(each.kind != IDENTITY for each in changes):
        return None
    show("solving", 0.0)
    return services.foreseeing.foresee(read_rules(after)[0], services.clock(), 0).counts


def mirrored(texts: Mapping[str, str], files: Mapping[str, str], found: InForce) -> dict[str, str | None]:
    """Return what must be written so that the definition files are these, byte for byte, and no others.

    texts: the files now. Empty when the definitions in force are the same already, however they are laid out, and none
    of them is set aside.
    """
    if not found.set_aside and not changes_between(found.definitions, read_texts(files).definitions):
        return {}
    written: dict[str, str | None] = {path: text for path, text in files.items() if texts.get(path) != text}
    return written | dict.fromkeys(texts.keys() - files.keys())
