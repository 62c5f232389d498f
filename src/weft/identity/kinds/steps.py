"""The few operations that normalisers are made of; each works on a whole column or on one value, alike.

A normaliser is a tuple of steps: data that two interpreters read. `run` applies it to an array with Arrow
kernels (a million values in about a second), `run_one` to one text with Python's own (some microseconds).
Patterns are the common ground of RE2 and `re`: no look-around, no back-references, classes spelled out.
"""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

FEW = 0.5
"""Below this share of matching rows a replacement runs on them alone."""


class Step(Protocol):
    """One operation; null stays null."""

    def column(self, values: pa.StringArray) -> pa.StringArray:
        """Apply it to every value."""
        ...

    def one(self, value: str) -> str | None:
        """Apply it to one value."""
        ...


Steps = tuple[Step, ...]


def run(steps: Steps, values: pa.StringArray) -> pa.StringArray:
    """Apply the steps to every value; same length, null where a step dropped the value."""
    for step in steps:
        values = step.column(values)
    return values


def run_one(steps: Steps, value: str) -> str | None:
    """Apply the steps to one value; None where a step dropped it."""
    found: str | None = value
    for step in steps:
        if found is None:
            return None
        found = step.one(found)
    return found


class Translate:
    """Replace or delete single ASCII characters; all others stay. Works on the bytes of the column."""

    def __init__(self, to: Mapping[str, str], delete: str = "") -> None:
        self._one = str.maketrans({**to, **dict.fromkeys(delete, "")})
        self._bytes = np.arange(256, dtype=np.uint8)
        self._keep = np.ones(256, dtype=np.bool_)
        for source, target in to.items():
            self._bytes[ord(source)] = ord(target)
        for source in delete:
            self._keep[ord(source)] = False

    def column(self, values: pa.StringArray) -> pa.StringArray:
        """Apply it to every value."""
        bitmap, offsets, data = raw(values)
        kept = self._keep[data]
        if not kept.all():
            position = np.zeros(len(data) + 1, dtype=np.int32)
            np.cumsum(kept, out=position[1:])
            offsets, data = position[offsets], data[kept]
        buffers = [bitmap, pa.py_buffer(offsets), pa.py_buffer(self._bytes[data])]
        return pa.StringArray.from_buffers(len(values), buffers[1], buffers[2], buffers[0], values.null_count)

    def one(self, value: str) -> str:
        """Apply it to one value."""
        return value.translate(self._one)


def raw(values: pa.StringArray) -> tuple[Any, Any, Any]:
    """Return the null bitmap, the offsets (from 0) and the bytes of an array, which may be a slice."""
    _, offset_buffer, data_buffer = values.buffers()
    offsets = np.frombuffer(offset_buffer, dtype=np.int32)[values.offset : values.offset + len(values) + 1]
    start, end = int(offsets[0]), int(offsets[-1])
    data = np.frombuffer(data_buffer or b"", dtype=np.uint8)[start:end]
    bitmap = pc.is_valid(values).buffers()[1] if values.null_count else None
    return bitmap, np.ascontiguousarray(offsets - start), data


@dataclass(frozen=True)
class Trim:
    """Take these characters from both ends; by default spaces (turn other blanks into those before)."""

    characters: str = " "

    def column(self, values: pa.StringArray) -> pa.StringArray:
        """Apply it to every value."""
        return pc.ascii_trim(values, self.characters)

    def one(self, value: str) -> str:
        """Apply it to one value."""
        return value.strip(self.characters)


@dataclass(frozen=True)
class Cut:
    """Keep the first characters."""

    chars: int

    def column(self, values: pa.StringArray) -> pa.StringArray:
        """Apply it to every value."""
        longest = pc.max(pc.binary_length(values)).as_py() or 0
        return pc.utf8_slice_codeunits(values, 0, self.chars) if longest > self.chars else values

    def one(self, value: str) -> str:
        """Apply it to one value."""
        return value[: self.chars]


@dataclass(frozen=True)
class _Pattern:
    pattern: str

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The pattern for Python; Arrow compiles its own."""
        return re.compile(self.pattern, re.ASCII)


@dataclass(frozen=True)
class Replace(_Pattern):
    r"""Replace every match; `by` may name groups as \1. Only the rows that match are touched."""

    by: str

    def column(self, values: pa.StringArray) -> pa.StringArray:
        """Apply it to every value."""
        mask = pc.match_substring_regex(values, self.pattern)
        return _where(values, mask, lambda some: pc.replace_substring_regex(some, self.pattern, self.by))

    def one(self, value: str) -> str:
        """Apply it to one value."""
        return self.compiled.sub(self.by, value)


def _where(
    values: pa.StringArray, mask: pa.BooleanArray, change: Callable[[pa.StringArray], pa.StringArray]
) -> pa.StringArray:
    """Change the values under the mask, all at once where they are many."""
    count = pc.sum(mask).as_py() or 0
    if not count:
        return values
    if count > len(values) * FEW:
        return pc.if_else(pc.fill_null(mask, False), change(values), values)
    mask = pc.fill_null(mask, False)
    return pc.replace_with_mask(values, mask, change(values.filter(mask)))


class Substitute:
    """Replace plain pieces of text, one after the other: "ph>f ck>k" replaces all ph by f, then all ck by k."""

    def __init__(self, pairs: str) -> None:
        self._pairs = [(pair.partition(">")[0], pair.partition(">")[2]) for pair in pairs.split()]

    def column(self, values: pa.StringArray) -> pa.StringArray:
        """Apply it to every value."""
        for piece, by in self._pairs:
            values = pc.replace_substring(values, piece, by)
        return values

    def one(self, value: str) -> str:
        """Apply it to one value."""
        for piece, by in self._pairs:
            value = value.replace(piece, by)
        return value


@dataclass(frozen=True)
class Drop(_Pattern):
    """Make null what matches the pattern."""

    def column(self, values: pa.StringArray) -> pa.StringArray:
        """Apply it to every value."""
        return nulled(values, pc.match_substring_regex(values, self.pattern))

    def one(self, value: str) -> str | None:
        """Apply it to one value."""
        return None if self.compiled.search(value) else value


@dataclass(frozen=True)
class Keep(_Pattern):
    """Make null what does not match the pattern."""

    def column(self, values: pa.StringArray) -> pa.StringArray:
        """Apply it to every value."""
        return nulled(values, pc.invert(pc.match_substring_regex(values, self.pattern)))

    def one(self, value: str) -> str | None:
        """Apply it to one value."""
        return value if self.compiled.search(value) else None


@dataclass(frozen=True)
class DropWords:
    """Make null what is one of the words, in full. The empty text always is."""

    words: frozenset[str]

    @cached_property
    def _array(self) -> pa.StringArray:
        return pa.array(sorted(self.words | {""}), pa.string())

    def column(self, values: pa.StringArray) -> pa.StringArray:
        """Apply it to every value."""
        return nulled(values, pc.is_in(values, self._array))

    def one(self, value: str) -> str | None:
        """Apply it to one value."""
        return None if not value or value in self.words else value


def nulled(values: pa.StringArray, mask: pa.BooleanArray) -> pa.StringArray:
    """Make null what is under the mask."""
    return pc.if_else(mask, pa.scalar(None, pa.string()), values) if pc.any(mask).as_py() else values


class Lookup:
    """Replace a value that is in the table, in full."""

    def __init__(self, table: Mapping[str, str]) -> None:
        self._table = dict(table)
        self._from = pa.array(list(self._table), pa.string())
        self._to = pa.array(list(self._table.values()), pa.string())

    def column(self, values: pa.StringArray) -> pa.StringArray:
        """Apply it to every value."""
        found = pc.index_in(values, self._from)
        return values if found.null_count == len(found) else pc.coalesce(self._to.take(found), values)

    def one(self, value: str) -> str:
        """Apply it to one value."""
        return self._table.get(value, value)


class Words:
    """Replace each word (between single blanks) that is in the table."""

    def __init__(self, table: Mapping[str, str]) -> None:
        self._table = dict(table)
        self._lookup = Lookup(table)

    def column(self, values: pa.StringArray) -> pa.StringArray:
        """Apply it to every value."""
        lists = pc.split_pattern(pc.fill_null(values, ""), " ")
        words = self._lookup.column(lists.flatten())
        joined = pc.binary_join(pa.ListArray.from_arrays(lists.offsets, words), " ")
        return nulled(joined, pc.is_null(values)) if values.null_count else joined

    def one(self, value: str) -> str:
        """Apply it to one value."""
        return " ".join([self._table.get(word, word) for word in value.split(" ")])


@dataclass(frozen=True)
class Each:
    """Call a Python function for what matches the pattern (default: what is not plain ASCII) and is not done already.

    done: a pattern of what the function leaves alone, for speed.
    """

    function: Callable[[str], str | None]
    pattern: str = ""
    done: str = ""

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The pattern for Python; Arrow compiles its own."""
        return re.compile(self.pattern, re.ASCII)

    def column(self, values: pa.StringArray) -> pa.StringArray:
        """Apply it to every value."""
        mask = self._concerns(values)
        if not pc.any(mask).as_py():
            return values
        mask = pc.fill_null(mask, False)
        some = values.filter(mask).dictionary_encode()
        changed = pa.array([self.function(text) for text in some.dictionary.to_pylist()], pa.string())
        return pc.replace_with_mask(values, mask, changed.take(some.indices))

    def _concerns(self, values: pa.StringArray) -> pa.BooleanArray:
        if not self.pattern:
            return pc.invert(pc.string_is_ascii(values))
        concerned = pc.match_substring_regex(values, self.pattern)
        if not self.done:
            return concerned
        return pc.and_not(concerned, pc.match_substring_regex(values, self.done))

    def one(self, value: str) -> str | None:
        """Apply it to one value."""
        if self.pattern:
            return self.function(value) if self.compiled.search(value) else value
        return value if value.isascii() else self.function(value)


@dataclass(frozen=True)
class Prefix:
    """Put a text in front, in the place of the first characters."""

    text: str
    instead_chars: int = 0

    def column(self, values: pa.StringArray) -> pa.StringArray:
        """Apply it to every value."""
        rest = pc.utf8_slice_codeunits(values, self.instead_chars) if self.instead_chars else values
        return pc.binary_join_element_wise(self.text, rest, "")

    def one(self, value: str) -> str:
        """Apply it to one value."""
        return self.text + value[self.instead_chars :]


@dataclass(frozen=True)
class When(_Pattern):
    """Apply steps only to what matches the pattern: the odd values, so that the others cost one look."""

    steps: Steps

    def column(self, values: pa.StringArray) -> pa.StringArray:
        """Apply it to every value."""
        mask = pc.fill_null(pc.match_substring_regex(values, self.pattern), False)
        if not pc.any(mask).as_py():
            return values
        return pc.replace_with_mask(values, mask, run(self.steps, values.filter(mask)))

    def one(self, value: str) -> str | None:
        """Apply it to one value."""
        return run_one(self.steps, value) if self.compiled.search(value) else value
