"""The one door for what can be plugged in: entry points. Built-ins come through it like everybody else."""

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import TypeVar

from weft.errors import Misconfigured

DESTINATIONS = "weft.destinations"

T = TypeVar("T")


def load_entries(group: str, kind: type[T]) -> Mapping[str, T]:
    """Return name → object of every entry point of a group, by name.

    Raises Misconfigured for a package that cannot be imported, that offers something else than a `kind`, or
    that takes a name which is already taken.
    """
    found: dict[str, T] = {}
    for entry in sorted(entry_points(group=group), key=lambda entry: (entry.name, entry.value)):
        if entry.name in found:
            raise Misconfigured(f"{group}: two packages offer `{entry.name}`. Uninstall one of them.")
        found[entry.name] = _load(entry, kind)
    return MappingProxyType(found)


def _load(entry: EntryPoint, kind: type[T]) -> T:
    try:
        loaded: object = entry.load()
    except Exception as error:
        raise Misconfigured(
            f"{entry.group}: `{entry.name}` ({entry.value}) cannot be loaded: {error}. "
            "Install its package again or remove it."
        ) from error
    if not isinstance(loaded, kind):
        raise Misconfigured(
            f"{entry.group}: `{entry.name}` ({entry.value}) is no {kind.__name__}. "
            "Ask its author for a version for this Weft, or uninstall it."
        )
    return loaded
