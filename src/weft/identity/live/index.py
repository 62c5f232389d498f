"""Who might be whom: all nodes with what is told of them, found by the model's blocking keys, in memory."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from weft.identity.live.grown import Groups, GrownTable, Hashes, Places, Rows
from weft.identity.live.values import FieldValues
from weft.identity.scoring.blocking import EXACT, LARGEST_GROUP
from weft.identity.scoring.model import Model
from weft.identity.scoring.table import MISSING, Codes, Field, Records, pack, sorted_unique, unpack

MOST_CANDIDATES = 200
"""Most others that a node is compared with; of its keys those that the fewest share go first."""

DEFAULT_KEYS: tuple[tuple[str, ...], ...] = (
    ("email.key",),
    ("phone.tail",),
    ("national_id.exact",),
    ("family_name.variant", "birth_date.exact"),
    ("given_name.known", "birth_date.exact"),
    ("family_name.variant", "given_name.known"),
    ("family_name.prefix", "birth_date.year_month"),
    ("given_name.prefix", "birth_date.year_month"),
    ("family_name.prefix", "birth_date.month_day"),
    ("given_name.prefix", "birth_date.month_day"),
    ("birth_date.exact", "postcode.exact"),
    ("birth_date.exact", "city.exact"),
    ("birth_date.exact", "street.exact"),
    ("birth_date.exact", "gender.exact"),
    ("postcode.exact", "street.exact"),
    ("given_name.known", "street.exact"),
    ("given_name.known", "postcode.exact"),
    ("family_name.variant", "street.prefix"),
    ("email.local", "family_name.prefix"),
)
"""Blocking keys where a model names none."""

_MIX = tuple(np.uint64(each) for each in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
FEW = 8
"""Up to so many rows are looked at one by one."""

NO_SOURCES = np.empty(0, np.int16)
NO_VALUES = pa.array([], pa.string())
"""The values stand in `FieldValues`, where they can grow."""
Nodes = NDArray[np.uint64]
"""Shape (n, 2): the high and the low half of each node id."""


class Asked(NamedTuple):
    """Blocking keys of rows, all rows' first key, then all rows' second …, and which there are."""

    rows: Rows
    keys: Hashes
    there: NDArray[np.bool_]


class Source(NamedTuple):
    """The parts of blocking keys that a field gives, by number: its own code, and (part, which of its keys)."""

    exact: list[int]
    derived: list[tuple[int, int]]


class PersonIndex:
    """Nodes as rows of codes, in the form in which `Comparer` compares them. Belongs to one thread."""

    def __init__(self, model: Model) -> None:
        self.fields = [FieldValues(each) for each in model.fields]
        self.shared: Counter[str] = Counter()
        """Values that too many share to be a reason for comparing: how often one was passed over, by key."""
        self._salt = np.random.default_rng(7).integers(0, 1 << 63, len(model.fields)).tolist()
        self._codes = GrownTable(len(model.fields), np.int32)
        self._nodes = GrownTable(2, np.uint64)
        self._row_of, self._value_of = Places(), Places()
        self._groups = Groups()
        places = {each.name: place for place, each in enumerate(model.fields)}
        self._keys = [key for key in (model.keys or DEFAULT_KEYS) if self._known(places, key)]
        parts = list(dict.fromkeys(part for key in self._keys for part in key))
        number = {part: place for place, part in enumerate(parts)}
        self._parts = len(parts)
        self._sources = [self._source(place, parts) for place in range(len(self.fields))]
        self._first = np.array([number[key[0]] for key in self._keys], np.int64)
        self._second = np.array(
            [number[key[1]] if len(key) > 1 else len(parts) for key in self._keys], np.int64
        )
        self._salts = np.arange(1, len(self._keys) + 1, dtype=np.uint64)[:, None] * _MIX[0]
        self._asked: Asked | None = None

    def __len__(self) -> int:
        return self._nodes.count

    def rows_of(self, nodes: Nodes) -> Rows:
        """Return the row of each node, -1 for one that is not here."""
        return self._row_of.find(nodes[:, 0])

    def nodes_of(self, rows: Rows | Codes) -> list[bytes]:
        """Return the node ids of rows."""
        both = self._nodes.values[:, rows].T
        found: list[bytes] = np.ascontiguousarray(both.astype(">u8")).view("V16").ravel().tolist()
        return found

    @property
    def codes(self) -> Codes:
        """The codes of what is told, fields by rows: a view that holds until the next `put`."""
        return self._codes.values

    def records(self) -> Records:
        """Return the fields as `Comparer` takes them: views that hold until the next `put`."""
        fields = [
            Field(one.model.name, one.model.kind, codes, NO_VALUES)
            for one, codes in zip(self.fields, self._codes.values, strict=True)
        ]
        return Records(tuple(fields), NO_SOURCES)

    def put(self, nodes: Nodes, told: Sequence[Mapping[str, str]]) -> Rows:
        """Set what is told of nodes (each once), by the names of the model's fields, normalised; return their rows.

        What was told before of a node is forgotten. Fields that the model does not have are passed over.
        """
        rows = self._row_of.find(nodes[:, 0])
        new = np.flatnonzero(rows < 0)
        codes = self._encode(told)
        if len(new):
            rows[new] = np.arange(len(self), len(self) + len(new))
            self._row_of.add(nodes[new, 0], rows[new])
            self._nodes.extend(nodes[new].T)
            self._codes.extend(codes[:, new])
        if len(new) < len(rows):
            self._codes.values[:, rows] = codes
        self._asked = asked = self._ask(rows)
        at = np.flatnonzero(asked.there)
        self._groups.add(asked.keys[at], np.tile(rows, len(self._keys))[at])
        return rows

    def compact(self) -> None:
        """Put what was looked up by in order: worth it after many were put."""
        for each in (self._row_of, self._value_of, self._groups):
            each.compact()

    def candidates(self, rows: Rows) -> tuple[Codes, Codes]:
        """Return pairs (of `rows`, other) that share a key, each pair once, the lower row first."""
        asked = self._asked
        if asked is None or asked.rows is not rows:
            asked = self._ask(rows)
        keys, there = asked.keys, asked.there
        sizes = self._groups.sizes(keys)
        total = sizes.total
        large = total > LARGEST_GROUP
        if large.any():
            self._report(there & large, len(rows))
        wanted = np.flatnonzero(there & (total > 1) & ~large)
        asking = wanted % max(len(rows), 1)
        order = np.lexsort((total[wanted], asking))
        wanted, asking = wanted[order], asking[order]
        kept = _within(total[wanted], asking)
        others, places = self._groups.rows(keys, sizes, wanted[kept])
        mine = rows[places % max(len(rows), 1)]
        apart = mine != others
        mine, others = mine[apart], others[apart]
        return unpack(sorted_unique(pack(np.minimum(mine, others), np.maximum(mine, others))))

    def find_value(self, field: int, values: Sequence[str]) -> Codes:
        """Return the codes of values of a field, -1 for those that nobody has."""
        salt = self._salt[field]
        hashes = np.fromiter((hash(each) ^ salt for each in values), np.int64, len(values))
        return self._value_of.find(hashes.view(np.uint64)).astype(np.int32)

    def _encode(self, told: Sequence[Mapping[str, str]]) -> Codes:
        """Return the codes of what is told, fields by nodes; values that are new get one."""
        names = [one.model.name for one in self.fields]
        values = [[each.get(name) for each in told] for name in names]
        hashes = np.array(
            [
                [0 if each is None else hash(each) ^ salt for each in column]
                for salt, column in zip(self._salt, values, strict=True)
            ],
            np.int64,
        ).view(np.uint64)
        codes = self._value_of.find(hashes.ravel()).reshape(hashes.shape)
        unknown = codes < 0
        for place in np.flatnonzero(unknown.any(axis=1)).tolist():
            column = values[place]
            missing = [at for at in np.flatnonzero(unknown[place]).tolist() if column[at] is not None]
            if missing:
                codes[place, missing] = self._add(place, column, missing, hashes[place])
        return codes.astype(np.int32)

    def _add(self, field: int, column: list[str | None], missing: list[int], hashes: Hashes) -> list[int]:
        new = {value: at for at in missing if (value := column[at]) is not None}
        numbers = self.fields[field].add(list(new))
        self._value_of.add(hashes[list(new.values())], numbers)
        number_of: dict[str | None, int] = dict(zip(new, numbers.tolist(), strict=True))
        return [number_of[column[at]] for at in missing]

    def _source(self, place: int, parts: Sequence[str]) -> Source:
        """Return which parts of keys a field gives."""
        one = self.fields[place]
        of_field = [(number, part.rpartition(".")) for number, part in enumerate(parts)]
        mine = [(number, key) for number, (field, _, key) in of_field if field == one.model.name]
        derived = [(number, one.names.index(key)) for number, key in mine if key != EXACT]
        return Source([number for number, key in mine if key == EXACT], derived)

    def _ask(self, rows: Rows) -> Asked:
        codes = self._codes.values[:, rows]
        parts = self._parts_of_few(codes) if len(rows) <= FEW else self._parts_of(codes)
        first, second = parts[self._first], parts[self._second]
        mixed = _mixed(pack(first, second) + self._salts)
        return Asked(rows, (mixed >> np.uint64(32)).ravel(), ((first >= 0) & (second >= 0)).ravel())

    def _parts_of(self, codes: Codes) -> Codes:
        """Return the parts of keys, parts by rows, and one more that all rows have."""
        parts = np.full((self._parts + 1, codes.shape[1]), MISSING, np.int32)
        parts[-1] = 0
        for one, own, (exact, derived) in zip(self.fields, codes, self._sources, strict=True):
            parts[exact] = own
            for number, key in derived if len(one) else ():
                parts[number] = np.where(own < 0, np.int32(MISSING), one.keys[key][own])
        return parts

    def _parts_of_few(self, codes: Codes) -> Codes:
        found: list[list[int]] = []
        for row in codes.T.tolist():
            parts = [MISSING] * self._parts + [0]
            for one, own, (exact, derived) in zip(self.fields, row, self._sources, strict=True):
                if own < 0:
                    continue
                for number in exact:
                    parts[number] = own
                if derived:
                    keys = one.keys[:, own].tolist()
                    for number, key in derived:
                        parts[number] = keys[key]
            found.append(parts)
        return np.array(found, np.int32).reshape(len(found), self._parts + 1).T

    def _known(self, places: Mapping[str, int], key: Sequence[str]) -> bool:
        """Say whether the model has all the fields of a key."""
        for text in key:
            field, _, part = text.rpartition(".")
            if field not in places:
                return False
            if part != EXACT and part not in self.fields[places[field]].names:
                return False
        return True

    def _report(self, large: NDArray[np.bool_], asked: int) -> None:
        for place in np.flatnonzero(large).tolist():
            self.shared[" ".join(self._keys[place // asked])] += 1


def _within(totals: Rows, asking: Rows) -> NDArray[np.bool_]:
    """Say which groups a row takes, given by row and then by size: the first, and on until there are enough others."""
    upto = np.cumsum(totals)
    first = np.ones(len(totals), np.bool_)
    first[1:] = asking[1:] != asking[:-1]
    before = np.maximum.accumulate(np.where(first, upto - totals, 0))
    return (upto - before <= MOST_CANDIDATES) | first


def _mixed(state: Hashes) -> Hashes:
    """Mix hashes (the finaliser of SplitMix64; Steele, Lea, Flood 2014)."""
    mixed = (state ^ (state >> np.uint64(30))) * _MIX[1]
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX[2]
    return mixed ^ (mixed >> np.uint64(31))
