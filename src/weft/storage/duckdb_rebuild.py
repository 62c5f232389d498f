"""Set-based projection: the states of all (or of all touched) profiles from the facts, in slices of profiles.

Used when the project worker is far behind (an import) and when definitions changed.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

import pyarrow as pa

from weft.clock import us_of
from weft.model.survivorship import Survival
from weft.profile.given import known_zones
from weft.profile.projection import Evaluated, NodeState, StoredProfile
from weft.storage.arrow_frame import clock_table, zones_of
from weft.storage.defined import Defined
from weft.storage.duckdb_arrow import fetch, registered, uuid_array, uuid_bytes
from weft.storage.duckdb_evaluate import outcome_reader
from weft.storage.duckdb_project import Consent, Devices, consents_of, devices_of
from weft.storage.duckdb_told import add_told, add_zones
from weft.storage.duckdb_warehouse import Warehouse, read_meta

SLICE_PROFILES = 20_000
PORTION_SLICES = 5
"""Slices whose states are computed together: 100,000 profiles. Those of 1,000,000 at once did not fit into memory."""

TOUCHED_PROFILES = """
CREATE OR REPLACE TEMP TABLE slice AS
SELECT profile_id, CAST((row_number() OVER (ORDER BY profile_id) - 1) // ? AS INTEGER) AS slice FROM (
    SELECT DISTINCT profile_id FROM identity_map WHERE ? OR node_id IN (
        SELECT node_id FROM event WHERE position > ? AND position <= ?
        UNION SELECT node_id FROM change WHERE number > ?
        UNION SELECT node_id FROM node WHERE first_position > ? AND first_position <= ?
    ) OR profile_id IN (
        SELECT profile_id FROM change WHERE number > ?
        UNION SELECT other_id FROM change WHERE number > ?
    )
)
"""
SLICED_NODES = """
CREATE OR REPLACE TEMP TABLE sliced_node AS
SELECT slice, node_id, profile_id, namespace, value FROM identity_map JOIN slice USING (profile_id)
JOIN (SELECT node_id, value FROM node) USING (node_id) ORDER BY slice
"""
SET_UPTO = "SET VARIABLE upto = ?"
FACTS_OF_ALL = """
CREATE OR REPLACE TEMP VIEW facts AS
SELECT * EXCLUDE (identifiers, context), json_extract_string(context, '/timezone') AS timezone FROM event
WHERE position <= getvariable('upto')
    AND position NOT IN (SELECT position FROM superseded WHERE by_position <= getvariable('upto'))
"""
"""Those up to a position are the same while the tick goes on; to which node one belongs may change, and the change
feed tells."""
FACTS = """
CREATE OR REPLACE TEMP VIEW facts AS
SELECT * EXCLUDE (identifiers, context), json_extract_string(context, '/timezone') AS timezone FROM event
WHERE position <= getvariable('upto')
    AND position NOT IN (SELECT position FROM superseded WHERE by_position <= getvariable('upto'))
    AND node_id IN (SELECT node_id FROM portion_node)
"""
PORTION = (
    "CREATE OR REPLACE TEMP TABLE portion_node AS SELECT * FROM sliced_node WHERE slice >= ? AND slice < ?"
)
ALL_TOUCHED = "SELECT (SELECT count(*) FROM portion_node) = (SELECT count(*) FROM identity_map)"
SET_TELLING = "SET VARIABLE telling = CAST(? AS VARCHAR[])"
SLICED_TELLING = """
CREATE OR REPLACE TEMP TABLE sliced_telling AS
SELECT slice, facts.node_id, occurred_at, message_key, properties, type, name, source
FROM facts JOIN portion_node ON facts.node_id = portion_node.node_id
WHERE type = 'identify' OR (type IN ('record', 'track') AND list_contains(getvariable('telling'), name)) ORDER BY slice
"""
SET_ZONES = "SET VARIABLE known_zones = CAST(? AS VARCHAR[])"
SLICED_ZONES = """
CREATE OR REPLACE TEMP TABLE sliced_zone AS
SELECT slice, node_id, last.at AS occurred_at, last.key AS message_key, last.zone AS timezone FROM (
    SELECT node_id, max({'at': occurred_at, 'key': message_key, 'zone': timezone}) AS last FROM facts
    WHERE timezone IN (SELECT unnest(getvariable('known_zones'))) GROUP BY node_id
) JOIN portion_node USING (node_id) ORDER BY slice
"""
GIVEN = "CREATE OR REPLACE TEMP TABLE given AS FROM given_rows"
"""A table, for DuckDB does not join with the UUIDs of Arrow."""
ZONES = "CREATE OR REPLACE TEMP TABLE zones AS FROM zones_rows"
CLOCK = "CREATE OR REPLACE TEMP TABLE clock AS FROM clock_rows"
SLICES = "SELECT coalesce(max(slice) + 1, 0) FROM slice"
SLICE_NUMBER = "CREATE OR REPLACE TEMP TABLE slice_number AS SELECT ?::INTEGER AS slice"
TELLING_OF = "SELECT * EXCLUDE (slice) FROM sliced_telling WHERE slice = ?"
ZONES_OF = "SELECT * EXCLUDE (slice) FROM sliced_zone WHERE slice = ?"
GONE = """
SELECT DISTINCT other_id FROM change
WHERE number > ? AND kind IN ('merged', 'moved')
    AND other_id NOT IN (SELECT profile_id FROM identity_map)
"""
OWNERS = "SELECT node_id, profile_id FROM identity_map WHERE node_id IN (SELECT node_id FROM wanted)"
CONSENTS = """
SELECT node_id, consent, occurred_at, received_at, source, message_id FROM event
WHERE consent IS NOT NULL AND position > ? AND position <= ? ORDER BY position
"""
FORGET = (
    "DROP VIEW IF EXISTS facts",
    "DROP TABLE IF EXISTS slice",
    "DROP TABLE IF EXISTS sliced_node",
    "DROP TABLE IF EXISTS portion_node",
    "DROP TABLE IF EXISTS sliced_state",
    "DROP TABLE IF EXISTS sliced_telling",
    "DROP TABLE IF EXISTS sliced_zone",
    "DROP TABLE IF EXISTS given",
    "DROP TABLE IF EXISTS zones",
)


Giving = Callable[
    [dict[bytes, StoredProfile], datetime],
    tuple[dict[bytes, tuple[dict[str, Any], dict[str, str]]], pa.Table],
]
"""Returns the told traits of profiles and what told them, and the rows of `given`."""


class Reached(NamedTuple):
    """How far profiles are, or the warehouse is: a position of the log, a row of the map's change feed."""

    position: int
    change: int


NOTHING = Reached(0, 0)


class RebuildSql(NamedTuple):
    """The compiled statements: the table of all states; of one slice the nodes with their states as text, and what
    its profiles come to.
    """

    states: str
    nodes: str
    evaluate: str


class RebuildStore:
    """Computes states in bulk. Belongs to the project worker's thread. thresholds: as the evaluator's."""

    def __init__(
        self,
        warehouse: Warehouse,
        defined: Defined,
        slice_profiles: int = SLICE_PROFILES,
        sql: RebuildSql | None = None,
    ) -> None:
        self._cursor = warehouse.cursor()
        self._sql = sql or rebuild_statements(warehouse, defined)
        self._defined = defined
        self._outcomes = outcome_reader(defined)
        self.thresholds: Mapping[str, float] = {}
        self._survival = defined.survival
        self._slice_profiles = slice_profiles

    @contextmanager
    def snapshot(self) -> Generator[Reached]:
        """Hold the warehouse still, for the tick goes on beside it, and say how far it is."""
        cursor = self._cursor
        cursor.execute("BEGIN")
        try:
            yield Reached(*(int(read_meta(cursor, key) or 0) for key in ("position", "change_number")))
            cursor.execute("COMMIT")
        except BaseException:
            cursor.execute("ROLLBACK")
            raise

    def prepare(self, after: Reached, upto: int, now: datetime, *, everybody: bool) -> None:
        """Say, within a snapshot, which are the profiles touched behind `after` (or everybody), and their nodes."""
        cursor = self._cursor
        span = [after.position, upto]
        changes = [after.change]
        self._now = now
        with registered(cursor, "clock_rows", clock_table(self._defined, us_of(now), self.thresholds)):
            cursor.execute(CLOCK)
        cursor.execute(
            TOUCHED_PROFILES, [self._slice_profiles, everybody, *span, *changes, *span, *(changes * 2)]
        )
        cursor.execute(SLICED_NODES)
        cursor.execute(SET_UPTO, [upto])
        cursor.execute(SET_TELLING, [self._survival.record_names])
        cursor.execute(SET_ZONES, [sorted(known_zones())])

    def gone(self, after: Reached) -> list[bytes]:
        """Return the profiles that lost their last node."""
        return uuid_bytes(fetch(self._cursor, GONE, [after.change])["other_id"])

    def owners(self, nodes: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return node → profile as the map stands."""
        with registered(self._cursor, "wanted", pa.table([uuid_array(list(nodes))], names=["node_id"])):
            rows = fetch(self._cursor, OWNERS)
        return dict(zip(uuid_bytes(rows["node_id"]), uuid_bytes(rows["profile_id"]), strict=True))

    def consents(self, after: int, upto: int) -> list[Consent]:
        """Return the consent choices that came with events."""
        return consents_of(fetch(self._cursor, CONSENTS, [after, upto]))

    def devices(self, after: int, upto: int) -> Devices:
        """Return what log-ins on shared devices changed."""
        return devices_of(self._cursor, [after, upto])

    def slices(self, given: Giving) -> Iterator["Slice"]:
        """Yield the prepared profiles with all their nodes, in the order of their ids, and what they come to.

        given: asked for what is given of the profiles of each slice. The audiences of the stored profiles are left
        empty. The next slice is computed while the caller has this one.
        """
        count = self._count()
        with ThreadPoolExecutor(1, "rebuild") as beside:
            following = beside.submit(self._fetch, 0, given) if count else None
            for number in range(1, count + 1):
                assert following is not None
                part = following.result()
                following = beside.submit(self._fetch, number, given) if number < count else None
                yield part

    def everybody(self, given: Giving, now: datetime) -> Iterator["Slice"]:
        """Yield every profile as the warehouse has it now, by slices, and free what that took."""
        with self.snapshot() as reached:
            self.prepare(NOTHING, reached.position, now, everybody=True)
        try:
            yield from self.slices(given)
        finally:
            self.forget()

    def forget(self) -> None:
        """Free what `prepare` made."""
        for statement in FORGET:
            self._cursor.execute(statement)

    def _count(self) -> int:
        row = self._cursor.execute(SLICES).fetchone()
        return 0 if row is None else int(row[0])

    def _fetch(self, number: int, given: Giving) -> "Slice":
        cursor = self._cursor
        if number % PORTION_SLICES == 0:
            self._compute(number)
        cursor.execute(SLICE_NUMBER, [number])
        telling, places = (fetch(cursor, statement, [number]) for statement in (TELLING_OF, ZONES_OF))
        profiles = _profiles(fetch(cursor, self._sql.nodes), telling, places, self._survival)
        told, rows = given(profiles, self._now)
        zones = zones_of(self._defined, rows, us_of(self._now))
        with registered(cursor, "given_rows", rows), registered(cursor, "zones_rows", zones):
            cursor.execute(GIVEN)
            cursor.execute(ZONES)
        outcomes = fetch(cursor, self._sql.evaluate)
        return Slice(profiles, told, self._outcomes(outcomes), (number + 1) / self._count())

    def _compute(self, first: int) -> None:
        """Compute the states of the portion that begins with a slice."""
        cursor = self._cursor
        cursor.execute(PORTION, [first, first + PORTION_SLICES])
        cursor.execute(FACTS_OF_ALL if cursor.execute(ALL_TOUCHED).fetchone() == (True,) else FACTS)
        cursor.execute(self._sql.states)
        cursor.execute(SLICED_TELLING)
        cursor.execute(SLICED_ZONES)


class Slice(NamedTuple):
    """Some profiles, the told traits of each and what told them, and what each comes to. done: the share so far."""

    profiles: dict[bytes, StoredProfile]
    told: dict[bytes, tuple[dict[str, Any], dict[str, str]]]
    evaluated: dict[bytes, Evaluated]
    done: float


def _profiles(
    columns: pa.Table, telling: pa.Table, places: pa.Table, survival: Survival
) -> dict[bytes, StoredProfile]:
    profiles: dict[bytes, StoredProfile] = {}
    states: dict[bytes, NodeState] = {}
    for node, profile, namespace, value, events, first, last, measures in zip(
        uuid_bytes(columns["node_id"]),
        uuid_bytes(columns["profile_id"]),
        *(columns[name].to_numpy().tolist() for name in ("namespace", "value")),
        *(columns[name].fill_null(0).to_numpy().tolist() for name in ("events", "first_us", "last_us")),
        columns["state"].to_numpy().tolist(),
        strict=True,
    ):
        state = NodeState(node, namespace, value, events, first, last, {}, measures)
        states[node] = state
        holder = profiles.get(profile)
        if holder is None:
            profiles[profile] = StoredProfile({node: state}, {})
        else:
            holder.nodes[node] = state
    add_told(telling, states, survival)
    add_zones(places, states)
    return profiles


def rebuild_statements(warehouse: Warehouse, defined: Defined) -> RebuildSql:
    """Return the statements for a set of definitions."""

    def make() -> RebuildSql:
        from weft.storage.ibis_rebuild import rebuild_sql

        return rebuild_sql(defined)

    return warehouse.statements(RebuildSql, defined.content, make)
