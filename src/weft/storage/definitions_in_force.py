"""Which definitions are in force: those that are good, and of those that fail what they last were."""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from weft.activate.connection import read_connections
from weft.activate.destination import destinations
from weft.collect.plans import read_plans
from weft.decide.definition import read_slots
from weft.definitions import Definition, Fault, Read, version_of
from weft.identity.rules import read_rules
from weft.language.references import refers
from weft.model.definition import Key, SetAside
from weft.storage.definitions_read import understand

Check = Callable[[Sequence[Definition], Collection[Key]], Iterable[Fault]]


class InForce(msgspec.Struct, frozen=True):
    """The definitions in force, sorted by kind and name; what is set aside; the keys that are out of force."""

    definitions: tuple[Definition, ...]
    set_aside: tuple[SetAside, ...] = ()
    out: frozenset[Key] = frozenset()

    @property
    def held(self) -> tuple[str, ...]:
        """The audiences that are out of force because they fail: who is in them stays as it was."""
        return tuple(sorted(name for kind, name in self.out if kind == "audiences"))


def faults_of(
    definitions: Sequence[Definition], out: Collection[Key] = (), environ: Mapping[str, str] = os.environ
) -> Iterator[Fault]:
    """Yield everything that keeps definitions from being in force together, but not what only follows from another.

    out: those that fail, but are defined; environ: where secrets are.
    """
    kinds = {(each.path, each.name): each.kind for each in definitions}
    audiences = [name for kind, name in out if kind == "audiences"]
    problems = (
        *(each for each in understand(definitions).problems if not each.follows),
        *read_rules(definitions)[1],
        *read_connections(definitions, destinations(), environ, audiences)[1],
        *read_plans(definitions)[1],
        *read_slots(definitions, audiences)[1],
    )
    for each in problems:
        if each.is_error:
            yield Fault(kinds.get((each.path, each.name), ""), each.name, each.path, each.message)
    for kind, name in out:
        for each in definitions:
            if kind == "traits" and each.kind != "destinations" and refers(each.kind, each.body, kind, name):
                yield Fault(each.kind, each.name, each.path, f"reads the trait `{name}`, which is set aside")


def in_force(read: Read, good: Mapping[Key, Definition], check: Check = faults_of) -> InForce:
    """Decide. good: the last good state of each definition, with the path of its file.

    One that fails is in force as it last was; one that was never good, or whose last state fails beside the others, is
    out of force. Of a file that cannot be read all definitions stay as they last were.
    """
    present = {(each.kind, each.name): each for each in read.definitions}
    aside: dict[tuple[str, str, str], SetAside] = {}
    out: set[Key] = set()
    for fault in read.faults:
        behind = {key: each for key, each in good.items() if each.path == fault.path and key not in present}
        if not fault.name:
            present |= behind
        _note(aside, fault, kept=bool(behind) or (fault.kind, fault.name) in present)
    while faults := [each for each in check([*present.values()], out) if (each.kind, each.name) in present]:
        kept = {key: good[key] for key in map(_key, faults) if _differs(good.get(key), present[key])}
        for fault in faults:
            _note(aside, fault, kept=_key(fault) in kept)
        failing = {_key(fault) for fault in faults}
        present = {key: each for key, each in present.items() if key not in failing} | kept
        out |= failing - kept.keys()
    found = tuple(present[key] for key in sorted(present))
    return InForce(found, tuple(aside[key] for key in sorted(aside)), frozenset(out))


def _key(each: Fault) -> Key:
    return each.kind, each.name


def _differs(before: Definition | None, now: Definition) -> bool:
    return before is not None and version_of(before.body) != version_of(now.body)


def _note(aside: dict[tuple[str, str, str], SetAside], fault: Fault, *, kept: bool) -> None:
    key = (fault.kind, fault.name, fault.path)
    before = aside.get(key)
    reasons = (fault.message,) if before is None else tuple(dict.fromkeys((*before.reasons, fault.message)))
    aside[key] = SetAside(*key, reasons, kept)
