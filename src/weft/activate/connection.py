"""From definitions to connections: everything that is wrong is told at once, with the file and what to do."""

import os
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec.structs import fields

from weft.activate.destination import Destination
from weft.definitions import Definition
from weft.language.strict import Problem
from weft.model.destination import EVERY, Common, Connection, When

S = TypeVar("S", bound=msgspec.Struct)

KIND = "destinations"


def read_connections(
    definitions: Sequence[Definition],
    registry: Mapping[str, Destination],
    environ: Mapping[str, str] = os.environ,
    known: Collection[str] = (),
) -> tuple[tuple[Connection, ...], tuple[Problem, ...]]:
    """Return the connections that are enabled, and every fault.

    Faults are unknown keys and types, wrong values, audiences that are not defined, secrets that the environment does
    not hold. known: audiences that count as defined beside those among the definitions.
    """
    audiences = {*known, *(each.name for each in definitions if each.kind == "audiences")}
    problems: list[Problem] = []
    found: list[Connection] = []
    for definition in definitions:
        if definition.kind != KIND:
            continue
        connection, wrong = _connection(definition, registry, environ)
        if connection is not None:
            wrong += _unknown_audiences(connection, audiences)
            if connection.common.enabled and not wrong:
                found.append(connection)
        problems += [Problem(definition.path, definition.name, fault) for fault in wrong]
    return tuple(found), tuple(problems)


def build(kind: type[S], body: Mapping[str, Any], at: str = "") -> tuple[S | None, list[str]]:
    """Return the struct, or None and every fault: unknown, missing and wrong keys, also in nested structs."""
    known = {info.encode_name: info for info in fields(kind)}
    faults = [f"unknown key `{at}{key}`; known are {_list(known)}" for key in body if key not in known]
    values: dict[str, Any] = {}
    for name, info in known.items():
        if name not in body:
            if info.required:
                faults.append(f"`{at}{name}` is missing: {_description(info.type)}")
            continue
        value, wrong = _value(info.type, body[name], f"{at}{name}")
        values[info.name] = value
        faults += wrong
    return (None, faults) if faults else (kind(**values), faults)


def _connection(
    definition: Definition, registry: Mapping[str, Destination], environ: Mapping[str, str]
) -> tuple[Connection | None, list[str]]:
    destination = registry.get(str(definition.body.get("type")))
    if destination is None:
        return None, [f"`type` must be one of {_list(registry)}"]
    shared = {info.encode_name for info in fields(Common)}
    own = {info.encode_name for info in fields(destination.settings)}
    common, wrong = build(Common, {k: v for k, v in definition.body.items() if k in shared})
    settings, faults = build(destination.settings, {k: v for k, v in definition.body.items() if k in own})
    faults = [
        f"unknown key `{key}`; known are {_list(shared | own)}"
        for key in definition.body
        if key not in shared | own
    ] + [*wrong, *faults]
    if settings is not None and (common is None or common.enabled):  # who sends nothing needs no secret yet
        faults += destination.check(settings, environ)
    if common is None or settings is None or faults:
        return None, faults
    if not common.channel:
        common = msgspec.structs.replace(common, channel=destination.channel)
    if common.when == When():
        faults.append(
            "`when` names no signal: state `entered`, `exited`, `merged` or `split`, or delete the file"
        )
    return Connection(common, settings, definition.path), faults


def _value(kind: Any, value: Any, at: str) -> tuple[Any, list[str]]:
    plain = getattr(kind, "__origin__", kind)
    if isinstance(plain, type) and issubclass(plain, msgspec.Struct) and isinstance(value, dict):
        return build(plain, value, f"{at}.")
    try:
        return msgspec.convert(value, kind), []
    except msgspec.ValidationError as error:
        return None, [f"`{at}`: {str(error).partition(' - at ')[0]}"]


def _unknown_audiences(connection: Connection, audiences: set[str]) -> list[str]:
    when = connection.common.when
    return [
        f"`when.{key}` names the audience `{name}`, which is not defined; defined are {_list(audiences)}"
        for key, names in (("entered", when.entered), ("exited", when.exited))
        if names != EVERY
        for name in names
        if name not in audiences
    ]


def _description(kind: Any) -> str:
    for extra in getattr(kind, "__metadata__", ()):
        if isinstance(extra, msgspec.Meta) and extra.description:
            return extra.description
    return "state it"


def _list(names: Mapping[str, Any] | set[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)) or "none"
