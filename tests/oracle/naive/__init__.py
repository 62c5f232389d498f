"""Traits and audiences computed the slow and obvious way, from the definitions as they are written.

Written from docs/decisions/0006-traits-and-audiences.md alone, apart from the compiler, to be held against it.
"""

from tests.oracle.naive.person import Fact, Naive, Person, zone_of

__all__ = ["Fact", "Naive", "Person", "zone_of"]
