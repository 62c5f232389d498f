"""The worker of SQL traits: runs each as often as it says, apart from the tick, and hands its values on."""

import time
from collections.abc import Callable
from datetime import datetime

import structlog
from msgspec import structs
from sqlalchemy import Engine

from weft.clock import us_of
from weft.model.trait import Trait
from weft.storage.database import transaction
from weft.storage.database_batches import BatchRun, drop_values, read_runs, replace_values, write_run
from weft.storage.database_profiles import count_profiles
from weft.storage.defined import Defined
from weft.storage.duckdb_warehouse import Warehouse
from weft.storage.sql.run import Answer, FailedRunError, Limits, forget_left, run_sql

BATCHES = "batches"
GROWTH = 1.2
"""So many times the people make what was computed before stand for too few."""

log = structlog.get_logger()


class Batches:
    """The worker's step: one run, of a trait that is due. clock: UTC without a zone.

    A run that fails leaves the values that there are; the other traits go on.
    """

    def __init__(
        self,
        database: Engine,
        warehouse: Warehouse,
        defined: Defined,
        limits: Limits,
        clock: Callable[[], datetime],
        done: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._warehouse = warehouse
        self._traits = {trait.name: trait for trait in defined.traits if trait.batch is not None}
        self._limits = limits
        self._clock = clock
        self._done = done
        forget_left(warehouse.path.parent)

    def step(self) -> int:
        """Run what has waited longest, if anything is due; return 1 if there was."""
        with self._database.connect().execution_options(read_only=True) as connection:
            runs = read_runs(connection)
            people = count_profiles(connection) if self._traits else 0
        for name in runs.keys() - self._traits.keys():
            with transaction(self._database) as connection:
                drop_values(connection, name)
        now_us = us_of(self._clock())
        due = [each for each in self._traits.values() if _due(each, runs.get(each.name), people, now_us)]
        if not due or not people:
            return 0
        trait = min(due, key=lambda each: runs[each.name].tried_us if each.name in runs else 0)
        self._run(trait, runs.get(trait.name), people, now_us)
        return 1

    def _run(self, trait: Trait, before: BatchRun | None, people: int, now_us: int) -> None:
        started = time.perf_counter()
        fault, answer = "", Answer({}, 0)
        try:
            answer = run_sql(trait, self._database, self._warehouse, self._limits)
        except FailedRunError as error:
            fault = str(error)
        seconds = round(time.perf_counter() - started, 3)
        if fault:
            log.warning("trait.set_aside", trait=trait.name, said=fault, now="its last good values stay")
            last = before or BatchRun(trait.version, now_us)
            run = structs.replace(
                last, version=trait.version, tried_us=now_us, fault=fault, people=people, seconds=seconds
            )
        else:
            replace_values(self._database, trait.name, answer.values, now_us)
            run = BatchRun(
                trait.version, now_us, "", now_us, people, len(answer.values), answer.unknown, seconds
            )
        with transaction(self._database) as connection:
            write_run(connection, trait.name, run)
        self._done()


def _due(trait: Trait, run: BatchRun | None, people: int, now_us: int) -> bool:
    if trait.batch is None or run is None or run.version != trait.version:
        return True
    return now_us >= run.next_us(trait.batch) or people >= run.people * GROWTH
