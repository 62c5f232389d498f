"""Which definitions another one names, as they are written: whoever deletes one must know."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

NAMED = {"trait": "traits", "beside": "traits", "audience": "audiences", "list": "lists"}
"""The keys of rules under which a definition of that kind is named."""


def refers(kind: str, body: Mapping[str, Any], other_kind: str, other: str) -> bool:
    """Say whether a definition of a kind names another one: in a rule, a formula, or what a destination sends."""
    return (other_kind, other) in named_in(kind, body)


def named_in(kind: str, body: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return the traits, audiences and lists, as (kind, name), that a definition names; some may not exist."""
    if kind == "destinations":
        return {(each, name) for each in NAMED.values() for name in _sent(body, each)}
    found: set[tuple[str, str]] = set()
    for key, text in _texts(body):
        if key == "formula":
            found.update(("traits", name) for name in re.findall(r"[^\W\d]\w*", text))
        elif key in ("trait", "beside") and text.startswith("context."):
            found.add(("traits", text.split(".")[1]))
        elif key in NAMED:
            found.add((NAMED[key], text))
    return found


def _texts(value: Any) -> Iterator[tuple[str, str]]:
    """Yield each key with the text under it, at every depth."""
    items: Iterable[Any] = value.values() if isinstance(value, Mapping) else value
    if isinstance(value, Mapping):
        yield from ((str(key), item) for key, item in value.items() if isinstance(item, str))
    for item in items:
        if isinstance(item, Mapping | list):
            yield from _texts(item)


def _sent(body: Mapping[str, Any], kind: str) -> set[str]:
    keys = {"audiences": ("when", ("entered", "exited")), "traits": ("include", ("traits",))}
    if kind not in keys:
        return set()
    part, lists = keys[kind]
    written = body.get(part)
    found: set[str] = set()
    for each in lists:
        names: Any = written.get(each, ()) if isinstance(written, Mapping) else ()
        found.update(name for name in (names if isinstance(names, list) else ()) if isinstance(name, str))
    return found
