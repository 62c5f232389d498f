"""What the JSON Schemas of definitions say beyond the types: which keys exclude each other."""

from collections.abc import Iterable, Mapping
from inspect import cleandoc
from typing import Any

from weft.model.measure import Operator

DIALECT = "https://json-schema.org/draft/2020-12/schema"
REFERENCE = "#/$defs/{name}"
SOURCES = ("event", "record", "type")
PLACES = ("property", "context", "at")
STEPS = ("then", "not_then")


def one_or_list(title: str, part: str, parts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a file: one definition or a list of them. part: its name among the parts."""
    one = {"$ref": REFERENCE.format(name=part)}
    return {
        "$schema": DIALECT,
        "title": title,
        "if": {"type": "array"},
        "then": {"items": one},
        "else": one,
        "$defs": {name: _strict(name, schema) for name, schema in parts.items()},
    }


def chosen_by_key(kinds: Mapping[str, str]) -> dict[str, Any]:
    """Return the schema of a mapping that has exactly one of some keys. kinds: key → the part that it then is.

    Not `oneOf` the parts themselves: so an editor tells the fault inside the part that is meant.
    """
    parts = {key: {"$ref": REFERENCE.format(name=part)} for key, part in kinds.items()}
    return {
        "type": "object",
        **_exactly_one(kinds),
        "allOf": [{"if": {"required": [key]}, "then": part} for key, part in parts.items()],
    }


def _strict(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    keys = schema.get("properties", {})
    groups: list[dict[str, Any]] = []
    if Operator.EXISTS in keys:
        groups.append(_exactly_one(operator for operator in Operator if operator in keys))
    groups += [_exactly_one(group) for group in (SOURCES, STEPS) if all(key in keys for key in group)]
    if name in ("WrittenCondition", "WrittenOther"):
        groups.append(_exactly_one(key for key in PLACES if key in keys))
    told = {"description": cleandoc(schema["description"])} if "description" in schema else {}
    return schema | told | ({"allOf": groups} if groups else {})


def _exactly_one(keys: Iterable[str]) -> dict[str, Any]:
    return {"oneOf": [{"required": [str(key)]} for key in keys]}
