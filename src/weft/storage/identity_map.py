"""The identity map in memory: which node is in which profile, and which nodes a profile has.

The warehouse holds the same (`node`, `identity_map`); asking it costs a scan for every tick. A row is a node. A
profile is named by the row of its oldest node, whose own profile it is, and its nodes hang together in a chain.
"""

from collections.abc import Collection, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from weft.identity.join import Unit
from weft.identity.live.grown import Grown
from weft.identity.solve import Node
from weft.storage.key_index import KeyIndex, Keys, Rows, key_bytes

END = -1
VERSION = np.uint64(0x7000)
VARIANT = np.uint64(0x8000_0000_0000_0000)


class IdentityMap:
    """Node → profile and back; 70 bytes a node."""

    def __init__(self) -> None:
        self.index = KeyIndex()
        self._first_ms, self._first_position = Grown(np.int64), Grown(np.int64)
        self._namespace = Grown(np.uint16)
        self._holder = Grown(np.int32)  # the row that names the node's profile
        self._next, self._last = Grown(np.int32), Grown(np.int32)  # the chain; its end, kept at the holder
        self._names: list[str] = []
        self._codes: dict[str, int] = {}

    def add(
        self,
        keys: Keys,
        namespaces: Sequence[str],
        first_positions: NDArray[np.int64],
        first_ms: NDArray[np.int64],
    ) -> Rows:
        """Add new nodes, each in a profile of its own; return their rows."""
        rows = self.index.add(keys)
        own = rows.astype(np.int32)
        self._first_ms.extend(first_ms)
        self._first_position.extend(first_positions)
        self._namespace.extend(np.array([self._code(name) for name in namespaces], np.uint16))
        self._holder.extend(own)
        self._next.extend(np.full(len(rows), END, np.int32))
        self._last.extend(own)
        return rows

    @property
    def names(self) -> Sequence[str]:
        """The namespaces, by their codes."""
        return self._names

    def codes(self, rows: Rows) -> NDArray[np.uint16]:
        """Return the codes of the nodes' namespaces."""
        codes: NDArray[np.uint16] = self._namespace.values[rows]
        return codes

    def first_positions(self, rows: Rows) -> list[int]:
        """Return where in the log each node was first seen."""
        found: list[int] = self._first_position.values[rows].tolist()
        return found

    def holders(self, rows: Rows) -> Rows:
        """Return, for each node, the row that names its profile."""
        return self._holder.values[rows].astype(np.int64)

    def alone(self, rows: Rows) -> NDArray[np.bool_]:
        """Say of each node whether it is the only one of its profile."""
        return (self._holder.values[rows] == rows) & (self._last.values[rows] == rows)

    def hold_others(self, rows: Rows, namespaces: Collection[str]) -> NDArray[np.bool_]:
        """Say of each node whether its profile holds a node of none of these namespaces."""
        known = [self._codes[name] for name in namespaces if name in self._codes]
        at, found = self._holder.values[rows].astype(np.int64), np.zeros(len(rows), np.bool_)
        going = np.arange(len(rows))
        while len(going):
            found[going] = ~np.isin(self._namespace.values[at[going]], known)
            at[going] = self._next.values[at[going]]
            going = going[~found[going] & (at[going] != END)]
        return found

    def columns(self) -> tuple[NDArray[np.uint16], Rows]:
        """Return the code of every node's namespace, and all rows, the oldest node first (as `resolve.join` sorts)."""
        every = np.arange(len(self.index), dtype=np.int64)
        own = own_profile_keys(self.index.keys(every), self._first_ms.values)
        return self._namespace.values, np.lexsort((own[:, 1], own[:, 0], self._first_position.values))

    def namespaces(self, rows: Rows) -> list[str]:
        """Return the namespace of each node."""
        return [self._names[code] for code in self._namespace.values[rows].tolist()]

    def first_seen_ms(self, rows: Rows) -> NDArray[np.int64]:
        """Return when each node was first received, in milliseconds since 1970 UTC."""
        return self._first_ms.values[rows]

    def own_profiles(self, rows: Rows) -> list[bytes]:
        """Return `weft.model.identifier.profile_id` of nodes; of a holder it is the profile's id."""
        return key_bytes(own_profile_keys(self.index.keys(rows), self._first_ms.values[rows]))

    def members(self, holder: int) -> list[int]:
        """Return the rows of a profile's nodes."""
        following = self._next.values
        row, found = holder, list[int]()
        while row != END:
            found.append(row)
            row = int(following[row])
        return found

    def unit(self, holder: int, profile: bytes) -> Unit:
        """Return a profile as `join` needs it."""
        held: dict[str, int] = {}
        for row in self.members(holder):
            name = self._names[self._namespace.values[row]]
            held[name] = held.get(name, 0) + 1
        return Unit(profile, int(self._first_position.values[holder]), held)

    def nodes(self, rows: Sequence[int]) -> list[Node]:
        """Return nodes as `settle` needs them."""
        at = np.array(rows, np.int64)
        return [
            Node(key, self._names[code], position, own)
            for key, code, position, own in zip(
                key_bytes(self.index.keys(at)),
                self._namespace.values[at].tolist(),
                self._first_position.values[at].tolist(),
                self.own_profiles(at),
                strict=True,
            )
        ]

    def merge(self, survivor: int, gone: int) -> None:
        """Give all nodes of one profile to another, which is older."""
        moved = self.members(gone)
        self._holder.values[moved] = survivor
        self._next.values[self._last.values[survivor]] = gone
        self._last.values[survivor] = self._last.values[gone]

    def regroup(self, groups: Iterable[tuple[int, Sequence[int]]]) -> None:
        """Put nodes into profiles anew. groups: (holder, all its rows); together whole profiles, before and after."""
        for holder, rows in groups:
            chain = [holder, *(row for row in rows if row != holder)]
            self._holder.values[chain] = holder
            self._next.values[chain] = [*chain[1:], END]
            self._last.values[holder] = chain[-1]

    def assign(self, profiles: Keys) -> None:
        """Put every node into the profile with the id given for it (as loaded from the warehouse)."""
        if not len(profiles):
            return
        every = np.arange(len(self.index), dtype=np.int64)
        own = KeyIndex()  # of the halves the other way round: the high half of a profile's id is mostly time
        own.add(own_profile_keys(self.index.keys(every), self._first_ms.values)[:, ::-1])
        holder = own.find(profiles[:, ::-1])
        if (holder < 0).any():
            raise ValueError("a profile in the warehouse is named after none of its nodes")
        self.put(holder)

    def put(self, holder: Rows) -> None:
        """Put every node into the profile that this row names, which is its oldest node."""
        every = np.arange(len(self.index), dtype=np.int64)
        self._holder.values[:] = holder
        self._next.values[:] = END
        self._last.values[:] = every
        away = np.flatnonzero(holder != every)
        rows = away[np.argsort(holder[away], kind="stable")]
        if not len(rows):
            return
        into = holder[rows]
        begins = np.concatenate(([True], into[1:] != into[:-1]))
        before = np.where(begins, into, np.concatenate((rows[:1], rows[:-1])))
        self._next.values[before] = rows
        ends = np.concatenate((begins[1:], [True]))
        self._last.values[into[ends]] = rows[ends]

    def _code(self, name: str) -> int:
        code = self._codes.get(name)
        if code is None:
            code = self._codes[name] = len(self._names)
            self._names.append(name)
        return code


def own_profile_keys(nodes: Keys, first_ms: NDArray[np.int64]) -> Keys:
    """Return `weft.model.identifier.profile_id` of each node."""
    high = (first_ms.astype(np.uint64) << np.uint64(16)) | VERSION | (nodes[:, 0] & np.uint64(0x0FFF))
    return np.stack((high, nodes[:, 1] & np.uint64(0x3FFF_FFFF_FFFF_FFFF) | VARIANT), axis=1)
