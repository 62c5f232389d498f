"""Union-find: the fast path of identity resolution."""

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Union(Generic[T]):
    """Disjoint sets with path halving; the root of a set is arbitrary."""

    def __init__(self) -> None:
        self._parent: dict[T, T] = {}

    def find(self, item: T) -> T:
        """Return the root of the item's set; an unknown item is a set of its own."""
        parent = self._parent
        root = parent.setdefault(item, item)
        while root != (above := parent[root]):
            parent[root] = above = parent[above]
            root = above
        return root

    def join(self, one: T, other: T) -> T:
        """Make two sets one and return its root."""
        left, right = self.find(one), self.find(other)
        if left != right:
            self._parent[right] = left
        return left

    def sets(self, items: Iterable[T]) -> dict[T, list[T]]:
        """Return root → members, for the given items, members in the order given."""
        found: dict[T, list[T]] = {}
        for item in items:
            found.setdefault(self.find(item), []).append(item)
        return found
