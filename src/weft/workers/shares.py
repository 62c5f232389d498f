"""The shares worker: what it takes today to be among the top or bottom percents of a trait."""

import math
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine

from weft.audience.counting import Numbers, threshold
from weft.clock import HOUR_US, us_of
from weft.model.audience import TraitRule, givens_in
from weft.model.expression import GivenKind
from weft.model.measure import Operator
from weft.model.signal import Cause
from weft.model.trait import Trait
from weft.storage.database import read_fact, transaction, write_fact
from weft.storage.database_batches import BatchRun, read_runs
from weft.storage.database_outside import look_again
from weft.storage.database_profiles import count_profiles
from weft.storage.database_thresholds import read_thresholds, write_thresholds
from weft.storage.defined import Defined, define
from weft.storage.duckdb_rebuild import RebuildStore
from weft.storage.duckdb_warehouse import Warehouse
from weft.storage.outside import Outside

SHARES = "shares"
EVERY_US = HOUR_US
GROWTH = 1.2
"""So many times the people make the thresholds of before wrong."""
NODES_PER_WRITE = 20_000


class Counted(msgspec.Struct, frozen=True):
    """For which columns of `clock`, among how many profiles and when it was computed last."""

    names: tuple[str, ...]
    people: int
    at_us: int


class Shares:
    """The worker's step: once an hour, when the rules over shares are others, when many people are new, and when a SQL
    trait has its first values.

    clock: UTC without a zone.
    """

    def __init__(
        self, database: Engine, warehouse: Warehouse, defined: Defined, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._reader = database.execution_options(read_only=True)
        self._warehouse = warehouse
        self._rules = defined.thresholds
        self._clock = clock
        self._batches = {
            name: {given.name for given in givens_in(rule) if given.kind is GivenKind.BATCH}
            for name, rule in self._rules.items()
        }
        traits = [Trait(name, rule.value) for name, rule in self._rules.items()]
        self._measured = define(traits, (), defined.survival, defined.home)

    def step(self) -> int:
        """Compute the thresholds if they are old; return how many moved."""
        if not self._rules:
            return 0
        now = self._clock()
        with self._reader.begin() as connection:
            before, fact = read_thresholds(connection), read_fact(connection, SHARES)
            people, runs = count_profiles(connection), read_runs(connection)
        last = msgspec.json.decode(fact, type=Counted) if fact else Counted((), 0, 0)
        fits = last.names == tuple(self._rules) and people < last.people * GROWTH
        if any(_came(runs[name], last) for name in self._awaited(before) & runs.keys()):
            fits = False
        if fits and us_of(now) - last.at_us < EVERY_US:
            return 0
        nodes, values = self._values(now)
        found = {
            name: (reached, int(np.isfinite(values[name]).sum()))
            for name, rule in self._rules.items()
            if (reached := threshold(values[name], rule.condition)) is not None
        }
        moved = [name for name, (reached, _) in found.items() if before.get(name) != reached]
        turned = np.zeros(len(nodes), bool)
        for name in moved:
            rule = self._rules[name]
            turned |= _meets(rule, values[name], before.get(name)) != _meets(
                rule, values[name], found[name][0]
            )
        again = [nodes[row] for row in np.flatnonzero(turned)]
        with transaction(self._database) as connection:
            write_thresholds(connection, found, us_of(now))
            counted = Counted(tuple(self._rules), people, us_of(now))
            write_fact(connection, SHARES, msgspec.json.encode(counted).decode())
            for start in range(0, len(again), NODES_PER_WRITE):
                look_again(connection, again[start : start + NODES_PER_WRITE], Cause.SHARE)
        return len(moved)

    def _awaited(self, before: Mapping[str, float]) -> set[str]:
        """Return the SQL traits behind shares that have no threshold yet."""
        return set[str]().union(*(names for rule, names in self._batches.items() if rule not in before))

    def _values(self, now: datetime) -> tuple[list[bytes], Mapping[str, Numbers]]:
        """Return a node of each profile, and the value of each threshold's trait; NaN where it has none."""
        store = RebuildStore(self._warehouse, self._measured)
        nodes: list[bytes] = []
        values: dict[str, list[float]] = {name: [] for name in self._rules}
        for part in store.everybody(Outside(self._database, self._measured).giving, now):
            for key, profile in part.profiles.items():
                nodes.append(min(profile.nodes))
                known = part.evaluated[key].traits
                for name, mine in values.items():
                    mine.append(known.get(name, math.nan))
        return nodes, {name: np.array(mine, np.float64) for name, mine in values.items()}


def _came(run: BatchRun, last: Counted) -> bool:
    """Tell if a SQL trait got values after thresholds were computed last."""
    return run.profiles > 0 and run.computed_us + run.seconds * 1e6 > last.at_us


def _meets(rule: TraitRule, values: Numbers, reached: float | None) -> NDArray[np.bool_]:
    """Return who is within the share; nobody where there is no threshold, and who has no value is not."""
    if reached is None:
        return np.zeros(len(values), bool)
    return values >= reached if rule.condition.operator is Operator.TOP_PERCENT else values <= reached
