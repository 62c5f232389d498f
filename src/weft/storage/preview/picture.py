"""A picture of all served profiles in columns: which audiences each is in, its traits, its kinds of identifiers."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack

import msgspec
import numpy as np
import pyarrow as pa

from weft.audience.counting import Flags
from weft.model.expression import Given
from weft.model.measure import PropertyColumn, ValueType
from weft.storage.duckdb_arrow import fetch, in_memory, registered, uuid_array
from weft.storage.key_index import KeyIndex, Keys, byte_keys, key_bytes
from weft.storage.preview.columns import (
    Column,
    FlagColumn,
    NumberColumn,
    Places,
    TextColumn,
    Values,
    plain,
)

THREADS = 2
TOLD_BY_EVENTS, TOLD_BY_RECORDS = b':"identify"', b':"record:'

Row = tuple[bytes, bytes]
"""A profile's id and its document as JSON."""


class _Named(msgspec.Struct, array_like=True, gc=False):
    namespace: str


class _Head(msgspec.Struct, gc=False):
    """What is read of a document."""

    identifiers: list[_Named]
    traits: msgspec.Raw
    audiences: dict[str, int]
    sources: msgspec.Raw
    zone: str = ""
    context: msgspec.Raw = msgspec.Raw(b"{}")


_heads = msgspec.json.Decoder(_Head)


class Picture:
    """One place a profile; a place is never given to another. Belongs to one thread at a time.

    columns: what of the traits is kept: numbers as such, everything else as text. computed: names of computed traits.
    """

    def __init__(
        self, audiences: Iterable[str], columns: Iterable[PropertyColumn], computed: Iterable[str] = ()
    ) -> None:
        names = "|".join(map(re.escape, computed))
        self._shadowed = re.compile(f'"({names})":"(?!computed:)'.encode()) if names else None
        self.columns = tuple(sorted({*columns}))
        self.audiences = {name: FlagColumn() for name in audiences}
        self.namespaces: dict[str, FlagColumn] = {}
        self._index = KeyIndex()
        self._living = FlagColumn()
        self._traits: dict[PropertyColumn, Column] = {
            column: NumberColumn() if column.type is ValueType.NUMBER else TextColumn()
            for column in self.columns
        }
        self._zones = TextColumn()
        self._duckdb = in_memory(THREADS)
        self._extract = _extract_sql(self.columns)

    def __len__(self) -> int:
        return len(self._index)

    @property
    def living(self) -> Flags:
        """The places whose profiles exist."""
        return self._living.values[: len(self)]

    def find(self, ids: Sequence[bytes]) -> Places:
        """Return the places of profiles, -1 for one that is not there."""
        return self._index.find(_swapped(byte_keys(ids)))

    def ids(self, places: Places) -> list[bytes]:
        """Return whose the places are."""
        return key_bytes(_swapped(self._index.keys(places)))

    def every_id(self) -> Values:
        """Return the profile ids of all places."""
        raw = np.ascontiguousarray(_swapped(self._index.keys(np.arange(len(self)))).astype(">u8"))
        storage = pa.Array.from_buffers(pa.binary(16), len(self), [None, pa.py_buffer(raw)])
        return pa.ExtensionArray.from_storage(pa.uuid(), storage)

    def places(self) -> Values:
        """Return the numbers of all places."""
        return pa.array(np.arange(len(self), dtype=np.int32))

    def living_ids(self) -> pa.Table:
        """Return profile_id and place of the profiles that exist."""
        rows = pa.table({"profile_id": self.every_id(), "place": self.places()})
        return rows.filter(pa.array(self.living))

    def ids_at(self, places: Places) -> pa.Table:
        """Return profile_id and place of some places, and whether those profiles exist."""
        columns = [
            uuid_array(self.ids(places)),
            pa.array(places.astype(np.int32)),
            pa.array(self.living[places]),
        ]
        return pa.table(columns, names=["profile_id", "place", "living"])

    def members(self, audience: str) -> Flags:
        """Return who is in an audience."""
        return self.audiences[audience].values[: len(self)]

    def having(self, namespaces: Iterable[str]) -> Flags:
        """Return who has an identifier in any of the namespaces."""
        found = np.zeros(len(self), np.bool_)
        for name in namespaces:
            if name in self.namespaces:
                found |= self.namespaces[name].values[: len(self)]
        return found

    def trait(self, column: PropertyColumn) -> Column:
        """Return a column of the traits."""
        return self._traits[column]

    def given(self, given: Given) -> Values:
        """Return what a trait is at each place, in its type; a time in microseconds since 1970 UTC."""
        values = self._traits[kept_as(given)].arrow(len(self))
        if given.type in (ValueType.NUMBER, ValueType.TEXT):
            return values
        return self.by_place(_given_sql(given), {"kept": pa.table({"place": self.places(), "value": values})})

    def zones(self, home: str) -> Values:
        """Return the time zone of each place (IANA name), as a dictionary array. home: where none is known."""
        self._zones.fit(len(self))
        own = self._zones.arrow(len(self))
        names = [name or home for name in own.dictionary.to_pylist()]
        known = [*dict.fromkeys([home, *names])]
        codes = np.array([known.index(name) for name in names] or [0], np.int32)
        held = own.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        mine = np.where(held < 0, 0, codes[held]).astype(np.int32)
        return pa.DictionaryArray.from_arrays(pa.array(mine), pa.array(known, pa.string()))

    def by_place(self, statement: str, tables: Mapping[str, pa.Table]) -> Values:
        """Run a query that yields a place (0, 1, …) and one more column; return that in the order of the places."""
        with ExitStack() as stack:
            for name, rows in tables.items():
                stack.enter_context(registered(self._duckdb, name, rows))
            rows = fetch(self._duckdb, statement)
        order = np.empty(rows.num_rows, np.int64)
        order[rows["place"].to_numpy()] = np.arange(rows.num_rows)
        return plain(rows.column(1)).take(pa.array(order))

    def put(self, rows: Sequence[Row]) -> Places:
        """Take profiles in as they are now; return their places."""
        if not rows:
            return np.zeros(0, np.int64)
        places = self._placed([key for key, _ in rows])
        heads = [_heads.decode(document) for _, document in rows]
        for flags in (*self.audiences.values(), *self.namespaces.values()):
            flags.fit(len(self))
            flags.values[places] = False
        self._flag(places.tolist(), heads)
        self._extracted(places, heads)
        return places

    def drop(self, ids: Sequence[bytes]) -> Places:
        """Forget profiles that are no more; return their places."""
        if not ids:
            return np.zeros(0, np.int64)
        places = self.find(ids)
        places = places[places >= 0]
        for flags in (self._living, *self.audiences.values(), *self.namespaces.values()):
            flags.values[places] = False
        return places

    def close(self) -> None:
        """Let go of what is kept."""
        self._duckdb.close()

    def _placed(self, ids: Sequence[bytes]) -> Places:
        keys = _swapped(byte_keys(ids))
        places = self._index.find(keys)
        new = places < 0
        places[new] = self._index.add(keys[new])
        self._living.fit(len(self))
        self._living.values[places] = True
        return places

    def _flag(self, places: Sequence[int], heads: Sequence[_Head]) -> None:
        members: dict[str, list[int]] = {name: [] for name in self.audiences}
        named: dict[str, list[int]] = {name: [] for name in self.namespaces}
        for place, head in zip(places, heads, strict=True):
            for name in head.audiences:
                if name in members:
                    members[name].append(place)
            for each in head.identifiers:
                if each.namespace not in named:
                    named[each.namespace] = []
                named[each.namespace].append(place)
        for name, inside in members.items():
            self.audiences[name].values[inside] = True
        for name, inside in named.items():
            flags = self.namespaces.setdefault(name, FlagColumn())
            flags.fit(len(self))
            flags.values[inside] = True

    def _extracted(self, places: Places, heads: Sequence[_Head]) -> None:
        texts = pa.array([bytes(head.traits) for head in heads], pa.binary()).cast(pa.string())
        moments = pa.array([bytes(head.context) for head in heads], pa.binary()).cast(pa.string())
        place = pa.array(places.astype(np.int32))
        batch = pa.table({"place": place, "traits": texts, "context": moments})
        with registered(self._duckdb, "batch", batch):
            rows = fetch(self._duckdb, self._extract)
        found = rows["place"].to_numpy().astype(np.int64)
        for column, kept in self._traits.items():
            kept.fit(len(self))
            kept.put(found, rows[column.column_name])
        self._zones.fit(len(self))
        self._zones.put(places, pa.chunked_array([[head.zone for head in heads]], pa.string()))
        self._blank(places.tolist(), heads)

    def _blank(self, places: Sequence[int], heads: Sequence[_Head]) -> None:
        """Take away what was told under the name of a computed trait that has no value: no rule reads it."""
        if self._shadowed is None:
            return
        found: defaultdict[str, list[int]] = defaultdict(list)
        for place, head in zip(places, heads, strict=True):
            sources = bytes(head.sources)
            if TOLD_BY_EVENTS in sources or TOLD_BY_RECORDS in sources:
                for name in self._shadowed.findall(sources):
                    found[name.decode()].append(place)
        for column in self.columns:
            if column.path in found:
                self._traits[column].blank(found[column.path])


def _swapped(keys: Keys) -> Keys:
    """Put the low half, which is hash, before the high one, which is a time."""
    return keys[:, ::-1]


def _extract_sql(columns: Sequence[PropertyColumn]) -> str:
    from weft.storage.preview.ibis_preview import extract_sql

    return extract_sql(columns)


def _given_sql(given: Given) -> str:
    from weft.storage.preview.ibis_preview import given_sql

    return given_sql(given)


def kept_as(given: Given) -> PropertyColumn:
    """Return the column in which a trait is kept: numbers as such, everything else as text."""
    kind = ValueType.NUMBER if given.type is ValueType.NUMBER else ValueType.TEXT
    return PropertyColumn(given.name, kind)
