"""Catching up in bulk: the project worker's other gear, for imports and for changed definitions."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from weft.clock import us_of
from weft.identity.live.person import PersonFields
from weft.model.signal import Cause
from weft.profile.gather import Gathered
from weft.profile.projection import project
from weft.storage.database import transaction
from weft.storage.database_consent import insert_consents
from weft.storage.database_profiles import load_audiences, load_profiles
from weft.storage.database_thresholds import read_thresholds
from weft.storage.database_worker import get_position, set_position
from weft.storage.defined import Defined
from weft.storage.duckdb_rebuild import Reached, RebuildStore, Slice
from weft.storage.outside import Outside, sayings
from weft.workers.project import (
    CHANGES,
    PROJECT,
    Wrote,
    consent_rows,
    queue_persons,
    write_devices,
    write_projection,
)

UNFINISHED = "project.bulk"
"""Worker position that is not 0 while a rebuild runs: a crash in the middle starts it again."""

CONSENTS_PER_WRITE = 20_000


class Rebuilder:
    """Rebuilds profiles from the facts; each slice is one transaction, the position moves at the end.

    Interrupted and begun again it comes to the same: a written slice compares with itself and signals nothing.
    """

    def __init__(
        self,
        database: Engine,
        rebuild: RebuildStore,
        defined: Defined,
        persons: PersonFields,
        clock: Callable[[], datetime],
        wrote: Wrote = lambda _: None,
    ) -> None:
        self._wrote = wrote
        self._persons = persons
        self._database = database
        self._reader = database.execution_options(read_only=True)
        self._rebuild = rebuild
        self._defined = defined
        self._outside = Outside(database, defined)
        self._clock = clock

    def unfinished(self) -> bool:
        """Say whether a rebuild was interrupted."""
        with self._reader.begin() as connection:
            return get_position(connection, UNFINISHED) > 0

    def run(self, *, everybody: bool, progress: Callable[[int], None] = lambda _: None) -> int:
        """Bring profiles up to date with the warehouse; return how many were written.

        everybody: all profiles (definitions changed), else those touched since the worker's position.
        """
        now = self._clock()
        with self._reader.begin() as connection:
            after = Reached(*(get_position(connection, name) for name in (PROJECT, CHANGES)))
            self._rebuild.thresholds = read_thresholds(connection)
        with self._rebuild.snapshot() as reached:
            position = reached.position
            self._rebuild.prepare(after, position, now, everybody=everybody)
            heirs = self._heirs(after)
        with transaction(self._database) as connection:
            set_position(connection, UNFINISHED, position)
        self._write_consents(after.position, position)
        cause = Cause.DEFINITION if everybody else Cause.IMPORT
        written = 0
        for part in self._rebuild.slices(self._outside.giving):
            written += self._write(part, heirs, position, cause, now)
            progress(written)
        self._finish(after.position, reached)
        self._rebuild.forget()
        return written

    def _write_consents(self, after: int, upto: int) -> None:
        """Write what was said before anybody is evaluated by it; said again it changes nothing."""
        consents = self._rebuild.consents(after, upto)
        for start in range(0, len(consents), CONSENTS_PER_WRITE):
            with transaction(self._database) as connection:
                insert_consents(connection, consent_rows(consents[start : start + CONSENTS_PER_WRITE]))

    def _heirs(self, after: Reached) -> dict[bytes, bytes]:
        """Return, for each served profile that is no more, the profile that now holds its first node."""
        with self._reader.begin() as connection:
            gone = load_profiles(connection, self._rebuild.gone(after))
        first = {key: min(profile.nodes) for key, profile in gone.items()}
        owners = self._rebuild.owners(first.values())
        return {key: owners[node] for key, node in first.items()}

    def _write(
        self,
        part: Slice,
        heirs: dict[bytes, bytes],
        position: int,
        cause: Cause,
        now: datetime,
    ) -> int:
        profiles, told, evaluated = part.profiles, part.told, part.evaluated
        gone = {one: heir for one, heir in heirs.items() if heir in profiles}
        with self._reader.begin() as connection:
            before = load_audiences(connection, [*profiles, *gone])
        for key, audiences in before.items():
            heir = profiles.get(key) or profiles[gone[key]]
            heir.inherited |= key in gone
            for name, since in audiences.items():
                heir.audiences[name] = min(since, heir.audiences.get(name, since))
        owned = {node: key for key, profile in profiles.items() for node in profile.nodes}
        says, now_us = sayings(self._defined), us_of(now)
        projected = [
            project(key, profile, told[key], evaluated[key], says, position=position, now_us=now_us)
            for key, profile in profiles.items()
        ]
        tells = self._persons.tells
        states = (state for profile in profiles.values() for state in profile.nodes.values())
        tells_now = [state for state in states if state.traits and tells(state.traits)]
        with transaction(self._database) as connection:
            gathered = Gathered(profiles, gone, owned)
            write_projection(connection, projected, gathered, position, now, lambda _: cause)
            queue_persons(connection, self._persons, tells_now, position)
        self._wrote([*profiles, *gone])
        return len(projected)

    def _finish(self, after: int, reached: Reached) -> None:
        devices = self._rebuild.devices(after, reached.position)
        with transaction(self._database) as connection:
            write_devices(connection, devices)
            set_position(connection, PROJECT, reached.position)
            set_position(connection, CHANGES, reached.change)
            set_position(connection, UNFINISHED, 0)
