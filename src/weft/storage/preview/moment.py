"""Everybody and the facts at one time, and what was found of them since: whatever is asked again is there already."""

import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from weft.audience.counting import Flags, threshold
from weft.model.audience import Audience, Leaf, givens_in, measures_in
from weft.model.expression import Given, GivenKind
from weft.model.measure import Measure, content_hash
from weft.storage.arrow_frame import clock_table, zones_table
from weft.storage.defined import Defined, define
from weft.storage.preview.columns import Places, Values
from weft.storage.preview.evidence import Evidence
from weft.storage.preview.facts import At, Facts, Typed
from weft.storage.preview.picture import Picture

MOMENT_SECONDS = 10.0
"""All that is asked within it is answered as of its beginning, so that what was computed serves again."""


class Moment:
    """Belongs to one thread at a time. thresholds: of the shares that definitions name, by columns of `clock`."""

    def __init__(
        self,
        picture: Picture,
        facts: Facts,
        evidence: Evidence,
        at: At,
        thresholds: Mapping[str, float],
    ) -> None:
        self.picture = picture
        self.facts = facts
        self.evidence = evidence
        self.at = at
        self._thresholds = thresholds
        self._flags: dict[str, Flags] = {}
        self._values: dict[str, Typed] = {}
        self._began = time.monotonic()

    @property
    def over(self) -> bool:
        """Whether it is too old to be asked."""
        return time.monotonic() - self._began > MOMENT_SECONDS

    def flags(self, rule: Leaf) -> Flags:
        """Return for which places a condition holds."""
        key = content_hash(rule)
        if key not in self._flags:
            self._flags[key] = self._holds(rule)
        return self._flags[key]

    def _holds(self, rule: Leaf) -> Flags:
        from weft.storage.ibis_value import value_column
        from weft.storage.preview.ibis_preview import holds_sql

        at = self.at
        found = {
            value_column(part): self._value(part) for measure in measures_in(rule) for part in measure.parts
        }
        found |= {given.column_name: self._given(given) for given in givens_in(rule)}
        defined = define((), [Audience("holds", rule)], home=at.home)
        chosen = self._chosen(list(found.values()), alike=not defined.needs_zones)
        everybody = {"profile_id": self._ids, "zone": at.zones}
        everybody |= {name: column.values for name, column in found.items()}
        rows = pa.table(everybody).take(pa.array(chosen)) if chosen is not None else pa.table(everybody)
        names = at.zones.dictionary.to_pylist() if defined.needs_zones else ()
        types = {name: column.type for name, column in found.items()}
        tables = {
            "everybody": rows.append_column("place", pa.array(np.arange(rows.num_rows, dtype=np.int32))),
            "clock": clock_table(defined, at.now_us, self._thresholds),
            "zones": zones_table(defined, at.now_us, names, at.home),
        }
        shares = self._shares(defined, types, tables, chosen)
        tables["clock"] = clock_table(defined, at.now_us, shares)
        statement = holds_sql(rule, types)
        holds = np.asarray(self.picture.by_place(statement, tables)).astype(np.bool_)
        return self._spread(holds, chosen)

    def _chosen(self, columns: Sequence[Typed], *, alike: bool) -> Places | None:
        """Return the places that have to be looked at, the last for all others; None for all.

        alike: whoever has no facts is like all others who have none.
        """
        found = [column.found for column in columns if column.found is not None]
        if not alike or not columns or len(found) < len(columns):
            return None
        some = np.logical_or.reduce(found)
        others = np.flatnonzero(~some)[:1]
        return np.concatenate((np.flatnonzero(some), others)) if len(others) else None

    def _shares(
        self,
        defined: Defined,
        types: Mapping[str, str],
        tables: Mapping[str, pa.Table],
        chosen: Places | None,
    ) -> dict[str, float]:
        """Return the thresholds of shares: as they were last computed, else as they are now."""
        from weft.storage.preview.ibis_preview import number_sql

        shares = dict(self._thresholds)
        for name, rule in defined.thresholds.items():
            if name not in shares:
                found = self.picture.by_place(number_sql(rule, types), tables)
                numbers = np.asarray(found.cast(pa.float64()), np.float64)
                reached = threshold(self._spread(numbers, chosen)[self.picture.living], rule.condition)
                shares |= {} if reached is None else {name: reached}
        return shares

    def _spread(self, found: NDArray[Any], chosen: Places | None) -> NDArray[Any]:
        """Return for every place what was found for the chosen ones."""
        if chosen is None:
            return found
        spread = np.full(len(self.picture), found[-1])
        spread[chosen] = found
        return spread

    @cached_property
    def _ids(self) -> Values:
        return self.picture.every_id()

    def _value(self, measure: Measure) -> Typed:
        if measure.key not in self._values:
            self._values[measure.key] = self.facts.value(measure, self.at)
        return self._values[measure.key]

    def _given(self, given: Given) -> Typed:
        if given.column_name not in self._values:
            from weft.storage.ibis_rows import STATE_TYPES

            self._values[given.column_name] = Typed(self._looked_up(given), STATE_TYPES[given.type])
        return self._values[given.column_name]

    def _looked_up(self, given: Given) -> Values:
        match given.kind:
            case GivenKind.CONSENT:
                return self.evidence.states(given.name, len(self.picture))
            case GivenKind.LIST:
                return self.evidence.listed(given.name, len(self.picture))
            case _:
                return self.picture.given(given)
