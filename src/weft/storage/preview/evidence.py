"""Whom the gate would let which purpose pass, and on which channels nobody may be reached: for everybody at once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
from sqlalchemy import Connection, Engine

from weft.audience.counting import Flags
from weft.consent.gate import ALLOW
from weft.model.audience import ConsentState
from weft.model.audience_preview import Reach
from weft.model.consent import ALL_CHANNELS
from weft.storage.database_consent import ConsentMark, changed_nodes, consent_mark, read_held, read_suppressed
from weft.storage.database_lists import nodes_listed
from weft.storage.duckdb_arrow import booleans, fetch, registered, uuid_array, uuid_bytes
from weft.storage.preview.columns import Places, Values
from weft.storage.preview.picture import Picture

CHANNELS: Mapping[str, tuple[str, ...]] = {
    "email": ("email",),
    "phone": ("phone",),
    "push": ("push_token", "device_token", "fcm_token", "apns_token"),
}
"""Channel → the namespaces of identifiers that are an address on it."""

TABLES = (
    "CREATE TEMP TABLE held (node_id UUID, purpose VARCHAR, granted BOOLEAN, at_us BIGINT)",
    "CREATE TEMP TABLE suppressed (node_id UUID, channel VARCHAR)",
)
FORGET = (
    "DELETE FROM held WHERE node_id IN (SELECT id FROM wanted)",
    "DELETE FROM suppressed WHERE node_id IN (SELECT id FROM wanted)",
)
FILL_HELD = "INSERT INTO held SELECT node_id, purpose, granted, at_us FROM found"
FILL_SUPPRESSED = "INSERT INTO suppressed SELECT node_id, channel FROM found"
NODES_OF = "SELECT node_id FROM placed WHERE place IN (SELECT place FROM wanted)"
PLACES_OF = "SELECT DISTINCT place FROM placed WHERE node_id IN (SELECT id FROM wanted)"
SAID = """
SELECT place, purpose, bool_or(NOT granted) AS refused, bool_or(granted AND at_us <= ?) AS granted
FROM held JOIN placed USING (node_id) GROUP BY place, purpose
"""
SILENT = "SELECT DISTINCT place, channel FROM suppressed JOIN placed USING (node_id)"


class Said(NamedTuple):
    """What was said of a purpose, by place. held: anything at all."""

    held: Flags
    granted: Flags
    refused: Flags

    @classmethod
    def nothing(cls, count: int) -> "Said":
        """Return that nobody said anything."""
        return cls(*(np.zeros(count, np.bool_) for _ in range(3)))


class Evidence:
    """Keeps the ledger's present state beside the facts. defaults: purpose → `allow` or `deny`.

    It reads the table `placed` of the cursor, which belongs to one thread at a time.
    """

    def __init__(
        self, cursor: duckdb.DuckDBPyConnection, reader: Engine, defaults: Mapping[str, str]
    ) -> None:
        self._cursor = cursor
        self._reader = reader
        self._defaults = defaults
        self._mark: ConsentMark | None = None
        self._said: dict[str, Said] = {}
        self._silent: dict[str, Flags] = {}
        for statement in TABLES:
            cursor.execute(statement)

    def refresh(self, touched: Places, count: int, now_us: int) -> None:
        """Take in what was said since the last time, and what belongs to the profiles at the touched places."""
        with self._reader.connect() as connection:
            before, self._mark = self._mark, consent_mark(connection)
            nodes: set[bytes] | None = None
            if before is not None:
                nodes = changed_nodes(connection, before) | self._nodes_of(touched)
            self._fill(connection, nodes)
        self._said = {}
        for purpose, rows in _by_name(fetch(self._cursor, SAID, [now_us]), "purpose"):
            said = self._said[purpose] = Said.nothing(count)
            places = rows["place"].to_numpy()
            said.held[places] = True
            said.refused[places] = booleans(rows["refused"])
            said.granted[places] = booleans(rows["granted"])
        self._silent = {}
        for channel, rows in _by_name(fetch(self._cursor, SILENT), "channel"):
            silent = self._silent[channel] = np.zeros(count, np.bool_)
            silent[rows["place"].to_numpy()] = True

    def states(self, purpose: str, count: int) -> Values:
        """Return what the ledger says of a purpose, as text; missing where nothing was said."""
        said = self._of(purpose, count)
        texts = pa.array([state.value for state in ConsentState], pa.string())
        order = list(ConsentState)
        codes = np.full(count, order.index(ConsentState.UNKNOWN), np.int32)
        codes[said.granted] = order.index(ConsentState.GRANTED)
        codes[said.refused] = order.index(ConsentState.REFUSED)
        return pa.DictionaryArray.from_arrays(pa.array(codes, mask=~said.held), texts)

    def listed(self, name: str, count: int) -> Values:
        """Return who is on a list; missing for the others."""
        with self._reader.connect() as connection:
            nodes = nodes_listed(connection, name)
        found = np.zeros(count, np.bool_)
        with registered(self._cursor, "wanted", pa.table([uuid_array(nodes)], names=["id"])):
            found[fetch(self._cursor, PLACES_OF)["place"].to_numpy()] = True
        return pa.array(found, mask=~found)

    def _of(self, purpose: str, count: int) -> Said:
        return self._said.get(purpose) or Said.nothing(count)

    def reach(self, picture: Picture, members: Flags) -> tuple[Reach, ...]:
        """Return whom of the members which channel reaches: with an address on it, and cleared as the gate would."""
        purposes = sorted({*self._defaults, *self._said})
        found: list[Reach] = []
        for channel, namespaces in CHANNELS.items():
            addressed = members & picture.having(namespaces)
            silent = np.zeros(len(members), np.bool_)
            for name in (channel, ALL_CHANNELS):
                silent |= self._silent.get(name, silent)
            cleared = {each: addressed & ~silent & self._allowed(each, len(members)) for each in purposes}
            counts = {each: int(np.count_nonzero(flags)) for each, flags in cleared.items()}
            found.append(Reach(channel, int(np.count_nonzero(addressed)), counts))
        return tuple(found)

    def _allowed(self, purpose: str, count: int) -> Flags:
        """Return for whom consent does not stand against a purpose: see `weft.consent.gate.clear`."""
        said = self._of(purpose, count)
        default = self._defaults.get(purpose) == ALLOW
        return ~said.refused & (said.granted | (~said.held & default))

    def _nodes_of(self, places: Places) -> set[bytes]:
        if not len(places):
            return set()
        with registered(self._cursor, "wanted", pa.table({"place": pa.array(places)})):
            rows = fetch(self._cursor, NODES_OF)
        return set(uuid_bytes(rows["node_id"]))

    def _fill(self, connection: Connection, nodes: set[bytes] | None) -> None:
        """Read what is held of nodes (None: of all) anew."""
        if nodes is not None:
            if not nodes:
                return
            with registered(self._cursor, "wanted", pa.table([uuid_array(list(nodes))], names=["id"])):
                for statement in FORGET:
                    self._cursor.execute(statement)
        held, suppressed = read_held(connection, nodes), read_suppressed(connection, nodes)
        self._insert(FILL_HELD, ("node_id", "purpose", "granted", "at_us"), held)
        self._insert(FILL_SUPPRESSED, ("node_id", "channel"), suppressed)

    def _insert(self, statement: str, names: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
        if not rows:
            return
        nodes, *others = zip(*rows, strict=True)
        with registered(self._cursor, "found", pa.table([uuid_array(nodes), *others], names=list(names))):
            self._cursor.execute(statement)


def _by_name(rows: pa.Table, column: str) -> Iterator[tuple[str, pa.Table]]:
    names = np.asarray(rows[column])
    for name in sorted(set(names.tolist())):
        yield name, rows.filter(pa.array(names == name))
