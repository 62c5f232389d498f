"""How many of the people of a workspace have a name, a city, …: what was counted."""

import msgspec


class TermCounts(msgspec.Struct, frozen=True):
    """How many of `people` have a value, for the most frequent values."""

    people: int = 0
    of: dict[str, int] = {}


class FieldCounts(msgspec.Struct, frozen=True):
    """Counts of a field's values, and of names of the keys that spellings have in common.

    pairs, alike: of what is a person's own and made from other fields, how many pairs of people have these other
    fields, and how many of them the same (namesakes, for an e-mail address).
    """

    values: TermCounts = TermCounts()
    keys: TermCounts = TermCounts()
    pairs: int = 0
    alike: int = 0


class Frequencies(msgspec.Struct, frozen=True):
    """What was counted. nodes, people: among how many; fields: by name."""

    nodes: int
    people: int
    fields: dict[str, FieldCounts]
