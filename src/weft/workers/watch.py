"""Notices edited definitions: they take effect by a fresh start of the engine, which sets bad ones aside."""

from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from weft.definitions import Definition
from weft.model.catalogue import Learned
from weft.storage.definitions_read import validate

log = structlog.get_logger()

Fingerprint = tuple[tuple[str, int, int], ...]


def tell_doubts(definitions: Sequence[Definition], known: Sequence[Learned]) -> None:
    """Write to the log what is probably a mistake: an event that was never seen, a trait that looks mistyped."""
    events = {each.name for each in known if each.type == "track"}
    for problem in validate(definitions, events):
        if not problem.is_error:
            log.warning("definitions.doubt", said=str(problem))


class DefinitionsWatch:
    """One step: look whether files changed and have come to rest."""

    def __init__(self, folder: Path, changed: Callable[[], None]) -> None:
        self._folder = folder
        self._changed = changed
        self._known = self._seen = fingerprint(folder)

    def step(self) -> int:
        """Return 1 when a change was dealt with."""
        now = fingerprint(self._folder)
        at_rest, self._seen = now == self._seen, now
        if now == self._known or not at_rest:
            return 0
        self._known = now
        log.info("definitions.changed", now="the engine starts again with them")
        self._changed()
        return 1


def fingerprint(folder: Path) -> Fingerprint:
    """Return path, size and time of change of every definition file."""
    found: list[tuple[str, int, int]] = []
    for path in sorted(folder.rglob("*.y*ml")):
        try:
            status = path.stat()
        except FileNotFoundError:  # an editor is replacing it
            continue
        found.append((str(path), status.st_size, status.st_mtime_ns))
    return tuple(found)
