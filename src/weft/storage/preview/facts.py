"""What measures come to for everybody, out of the facts in the warehouse, at one moment."""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from weft.audience.counting import Flags
from weft.clock import utc_of
from weft.model.measure import Measure
from weft.model.trait import Trait
from weft.storage.arrow_frame import clock_table, zones_table
from weft.storage.defined import define
from weft.storage.duckdb_arrow import fetch, registered
from weft.storage.duckdb_warehouse import Warehouse
from weft.storage.preview.columns import Places, Values, plain
from weft.storage.preview.cut import NOBODY, Cut, cut
from weft.storage.preview.near import SET_NEAR, Near, NearFacts
from weft.storage.preview.picture import Picture

PLACED = """
CREATE OR REPLACE TEMP TABLE placed AS
SELECT node_id, node, place FROM near.numbered JOIN identity_map USING (node_id) JOIN living USING (profile_id)
"""
FORGET_TOUCHED = "DELETE FROM placed WHERE place IN (SELECT place FROM touched)"
PLACE_TOUCHED = """
INSERT INTO placed SELECT node_id, node, place
FROM near.numbered JOIN identity_map USING (node_id) JOIN touched USING (profile_id) WHERE living
"""
SET_AFTER = "SET VARIABLE after = ?"
SET_UPTO = "SET VARIABLE upto = ?"
STATEMENTS_MOST = 500


class At(NamedTuple):
    """A moment: microseconds since 1970 UTC, the zone of each place (IANA names), and the workspace's."""

    now_us: int
    zones: "pa.Array"
    home: str


class Typed(NamedTuple):
    """A column with a row for each place, and its Ibis type. found: where there are facts; all others are alike."""

    values: Values
    type: str
    found: Flags | None = None


class Facts:
    """Evaluates measures over all facts. Belongs to one thread at a time; `interrupt` may come from any."""

    def __init__(self, warehouse: Warehouse, near: NearFacts) -> None:
        self._warehouse = warehouse
        self._near = near
        self.cursor = warehouse.cursor()
        self._present = frozenset(warehouse.columns("event"))
        self._sql: dict[str, tuple[str, str]] = {}
        self._placed = False

    def begin(self, picture: Picture, touched: Places) -> None:
        """Take everybody as they are now: which nodes are at which place. touched: the places that changed since."""
        self._near.begin(self.cursor)
        if not self._placed:
            with self._warehouse.bulk(), registered(self.cursor, "living", picture.living_ids()):
                self.cursor.execute(PLACED)
            self._placed = True
        elif len(touched):
            with registered(self.cursor, "touched", picture.ids_at(np.unique(touched))):
                self.cursor.execute(FORGET_TOUCHED)
                self.cursor.execute(PLACE_TOUCHED)

    def value(self, measure: Measure, at: At) -> Typed:
        """Return what a measure comes to at each place."""
        cutting = cut(measure, at.now_us)
        near = self._near.of(cutting.measure)
        statement, kind = self._statement(cutting, near)
        defined = define([Trait("value", cutting.measure)], (), home=at.home)
        given = {"profile_id": pa.array(np.arange(len(at.zones), dtype=np.int32)), "zone": at.zones}
        names = at.zones.dictionary.to_pylist() if defined.needs_zones else ()
        tables = {
            "clock": clock_table(defined, at.now_us, {}),
            "zones": zones_table(defined, at.now_us, names, at.home),
            "given": pa.table(given),
        }
        rows = self._fetch(statement, cutting, near, tables)
        values, found = _scattered(rows, len(at.zones))
        return Typed(values, kind, found)

    def interrupt(self) -> None:
        """End what runs now: it raises duckdb.InterruptException."""
        self.cursor.interrupt()

    def close(self) -> None:
        """Free everything."""
        self.cursor.close()

    def _fetch(
        self, statement: str, cutting: Cut, near: Near | None, tables: Mapping[str, pa.Table]
    ) -> pa.Table:
        if near is not None:
            self.cursor.execute(SET_NEAR, [near.upto])
        for name, wanted in ((SET_AFTER, cutting.after_us), (SET_UPTO, cutting.upto_us)):
            self.cursor.execute(name, [None if wanted is None else utc_of(wanted).isoformat()])
        with ExitStack() as stack:
            for name, rows in tables.items():
                stack.enter_context(registered(self.cursor, name, rows))
            stack.enter_context(self._warehouse.bulk())
            return fetch(self.cursor, statement)

    def _statement(self, cutting: Cut, near: Near | None) -> tuple[str, str]:
        behind = near is not None and near.upto < self._warehouse.position
        name = "" if near is None else f"{near.name} {behind}"
        key = f"{cutting.measure.key} {cutting.after_us is None} {cutting.upto_us is None} {name}"
        if key not in self._sql:
            from weft.storage.preview.ibis_preview import value_sql

            if len(self._sql) >= STATEMENTS_MOST:
                self._sql.clear()
            self._sql[key] = value_sql(cutting, near, self._present, behind=behind)
        return self._sql[key]


def _scattered(rows: pa.Table, count: int) -> tuple[Values, Flags]:
    """Return the values in the order of their places (where there is none, that of NOBODY), and where there are any."""
    places = rows["profile_id"].to_numpy()
    order = np.full(count, np.flatnonzero(places == NOBODY)[0], np.int64)
    some = places >= 0
    order[places[some]] = np.flatnonzero(some)
    found = np.zeros(count, np.bool_)
    found[places[some]] = True
    return plain(rows["value"]).take(pa.array(order)), found
