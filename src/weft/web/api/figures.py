"""The figures of a workspace that several pages show, each counted at most as often as it is worth."""

import time
from collections.abc import Mapping, Sequence
from shutil import disk_usage
from typing import NamedTuple

from weft.clock import DAY_US, MINUTE_US
from weft.language.strict import Problem
from weft.model.catalogue import Volume
from weft.model.traffic import Came, Moved, People
from weft.storage.database_batches import BatchRun, read_runs
from weft.storage.database_delivery import counts
from weft.storage.database_people import count_people
from weft.storage.database_worker import get_position
from weft.storage.definitions_read import validate
from weft.web.api.remembered import Remembered
from weft.web.api.services import Services

PROJECT = "project"
"""The worker whose position says up to where profiles reflect the log."""

DAY_MINUTES = 24 * 60
DOUBTS_SECONDS = 10.0
PEOPLE_SECONDS = 5.0
VOLUMES_SECONDS = 60.0
VOLUMES_WAIT_SECONDS = 1.0
VOLUME_DAYS = 14


class Gathered(NamedTuple):
    """Figures that take time to count; None: it is counted for the first time."""

    people: People | None
    sizes: dict[str, int] | None  # audience → members, every defined audience among them
    quarantine: dict[str, int] | None  # reason → refused events that were not sent again
    deliveries: dict[str, dict[str, int]] | None  # destination → state → items
    doubts: Sequence[Problem]  # what is probably a mistake in the definitions


class Figures:
    """Asks the stores; lives as long as the application."""

    def __init__(self, services: Services, *, wait_seconds: float = 0.05) -> None:
        self._services = services
        self._wait_seconds = wait_seconds
        self._people = Remembered(
            "people", self._count_people, seconds=PEOPLE_SECONDS, wait_seconds=wait_seconds
        )
        self._sizes = Remembered("sizes", self._count_members, wait_seconds=wait_seconds)
        self._quarantine = Remembered("quarantine", services.quarantine.counts, wait_seconds=wait_seconds)
        self._deliveries = Remembered("deliveries", self._count_deliveries, wait_seconds=wait_seconds)
        self._doubts = Remembered(
            "doubts", self._find_doubts, seconds=DOUBTS_SECONDS, wait_seconds=wait_seconds
        )
        self._volumes = Remembered(
            "volumes", self._count_volumes, seconds=VOLUMES_SECONDS, wait_seconds=VOLUMES_WAIT_SECONDS
        )

    def begin(self) -> None:
        """Begin to count what is too old, so that who asks next need not wait."""
        for each in (self._people, self._sizes, self._quarantine, self._deliveries, self._doubts):
            each.begin()

    def volumes(self) -> Sequence[Volume] | None:
        """Return how many events of each name occurred on each of the last VOLUME_DAYS days; None: not counted yet."""
        return self._volumes.get()

    def day(self) -> int:
        """Return the present day since 1970 UTC."""
        return self._services.clock() // DAY_US

    def gather(self) -> Gathered:
        """Return the figures; all of them together wait no longer than one may."""
        until = time.monotonic() + self._wait_seconds
        self.begin()

        def left() -> float:
            return max(0.0, until - time.monotonic())

        refused = self._quarantine.get(left())
        return Gathered(
            people=self._people.get(left()),
            sizes=self._sizes.get(left()),
            quarantine=None if refused is None else dict(refused),
            deliveries=self._deliveries.get(left()),
            doubts=self._doubts.get(left()) or (),
        )

    def minutes(self, most: int) -> Sequence[Came]:
        """Return what came in during the last minutes, this one among them."""
        return self._services.traffic.minutes(self.minute() - most + 1)

    def hours(self) -> Sequence[Came]:
        """Return what came in during the last 24 hours by hour, this one among them."""
        this_hour = self.minute() // 60 * 60
        return self._services.traffic.hours(this_hour - DAY_MINUTES + 60)

    def movements(self) -> Sequence[Moved]:
        """Return who entered and exited audiences during the last 24 hours."""
        return self._services.movements.since(self._services.clock() - DAY_MINUTES * MINUTE_US)

    def minute(self) -> int:
        """Return the present minute since 1970."""
        return self._services.clock() // MINUTE_US

    def projected(self) -> int:
        """Return the log position that profiles reflect."""
        with self._services.database.connect().execution_options(read_only=True) as connection:
            return get_position(connection, PROJECT)

    def sql_runs(self) -> Mapping[str, BatchRun]:
        """Return how the last run of each SQL trait went."""
        with self._services.database.connect().execution_options(read_only=True) as connection:
            return read_runs(connection)

    def disk(self) -> tuple[int, int]:
        """Return the free and all bytes of the disk that the stores are on."""
        usage = disk_usage(self._services.data)
        return usage.free, usage.total

    def _count_people(self) -> People:
        with self._services.database.connect().execution_options(read_only=True) as connection:
            counted = count_people(connection)
        return People(counted.get(True, 0), counted.get(False, 0))

    def _count_members(self) -> dict[str, int]:
        sizes = self._services.facts.sizes()
        defined = (each.name for each in self._services.definitions if each.kind == "audiences")
        return {name: sizes.get(name, 0) for name in defined}

    def _count_deliveries(self) -> dict[str, dict[str, int]]:
        with self._services.database.connect().execution_options(read_only=True) as connection:
            found = counts(connection)
        return {to: {state.value: n for state, n in states.items()} for to, states in found.items()}

    def _count_volumes(self) -> Sequence[Volume]:
        return self._services.catalogue.volumes((self.day() - VOLUME_DAYS + 1) * DAY_US)

    def _find_doubts(self) -> Sequence[Problem]:
        known = {each.name for each in self._services.catalogue.known() if each.type == "track"}
        return [each for each in validate(self._services.definitions, known) if not each.is_error]
