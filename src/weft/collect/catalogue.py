"""The catalogue learns which events and properties there are, from a sample of each batch."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from weft.model.catalogue import Learned

SAMPLE_EVENTS = 200
"""Events of each name that are looked into, of one batch."""
NAMES = 1_000
PROPERTIES = 200
EXAMPLE_CHARS = 80
VALUES_MOST = 30
FEW = 10
"""So few different values may each have been seen once."""

_UNNAMED = frozenset(("identify", "group", "alias"))
_PERSONAL_NAME = re.compile(
    r"mail|phone|mobile|name|address|street|city|zip|postal|birth|gender|ip$|token|secret|password|card|iban|ssn",
    re.IGNORECASE,
)
_PERSONAL_VALUE = re.compile(r"@|\d[\d\s().+-]{6,}\d")
_PERSONAL_NUMBER = 100_000_000
"""Whole numbers from here on may be telephone numbers."""

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def learn(staged: pa.Table) -> Sequence[Learned]:
    """Return what a batch of STAGED rows shows: each event with its count, each property with its types.

    Property "" is the event itself. A property of an object is `a.b`, of the objects in a list `a[].b`. Examples are
    left out where the name or the value could be personal.
    """
    learned: list[Learned] = []
    for (kind, name), (count, sample) in _groups(staged).items():
        learned.append(Learned(kind, name, "", "object", count))
        types: Counter[tuple[str, str]] = Counter()
        examples: dict[tuple[str, str], str] = {}
        for text in staged.column("properties").take(sample).to_pylist():
            for path, value in _leaves(_decode(text)):
                key = (path, _json_type(value))
                types[key] += 1
                if key not in examples:
                    examples[key] = _example(path, value)
        learned += [
            Learned(kind, name, path, json_type, count, examples[path, json_type])
            for (path, json_type), count in types.most_common(PROPERTIES)
        ]
    return learned


def frequent_values(properties: Iterable[str]) -> dict[str, list[tuple[str, int]]]:
    """Return, of the properties of some events (JSON), path → the most frequent values as text with how often each was.

    Of a list its elements count. What could be personal is left out, and so is a property that names its events: one
    of FEW values and more, none of which was seen twice.
    """
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for text in properties:
        for path, value in _leaves(_decode(text)):
            for each in value if isinstance(value, list) else [value]:
                if (shown := _example(path, each)) and len(shown) < EXAMPLE_CHARS:
                    counts[path][shown] += 1
    return {
        path: sorted(found.most_common(VALUES_MOST), key=lambda each: (-each[1], each[0]))
        for path, found in sorted(counts.items())
        if len(found) < FEW or max(found.values()) > 1
    }


def _groups(staged: pa.Table) -> dict[tuple[str, str], tuple[int, list[int]]]:
    """Return for each type and name how many rows there are and the first of them.

    The name of an identify, group or alias event is no kind of event: a group's is its id.
    """
    kinds, names = (_numbered(staged.column(column)) for column in ("type", "name"))
    nameless = names.values.index("")
    unnamed = [at for at, kind in enumerate(kinds.values) if kind in _UNNAMED]
    name_of = np.where(np.isin(kinds.numbers, unnamed), nameless, names.numbers)
    pairs = kinds.numbers * len(names.values) + name_of
    order = np.argsort(pairs, kind="stable")
    codes, starts, counts = np.unique(pairs[order], return_index=True, return_counts=True)
    found: dict[tuple[str, str], tuple[int, list[int]]] = {}
    for at in np.argsort(order[starts])[:NAMES].tolist():  # in the order in which they came
        kind, name = divmod(int(codes[at]), len(names.values))
        start, count = int(starts[at]), int(counts[at])
        rows = order[start : start + min(count, SAMPLE_EVENTS)].tolist()
        found[kinds.values[kind], names.values[name]] = count, rows
    return found


class _Numbered(NamedTuple):
    """A column of texts by number. values: each once, and "" at the end, which stands for null."""

    numbers: NDArray[np.int64]
    values: list[str]


def _numbered(column: "pa.ChunkedArray[Any]") -> _Numbered:
    coded = column.combine_chunks().dictionary_encode()
    values: list[str] = [*coded.dictionary.to_pylist(), ""]
    first = values.index("")
    numbers = np.asarray(coded.indices.fill_null(first)).astype(np.int64)
    return _Numbered(numbers, values)


def _leaves(properties: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Walk one level into objects and into lists of objects."""
    for name, value in properties.items():
        yield name, value
        if isinstance(value, dict):
            yield from ((f"{name}.{inner}", below) for inner, below in value.items())
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield from ((f"{name}[].{inner}", below) for inner, below in value[0].items())


def _json_type(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def _example(path: str, value: object) -> str:
    if value is None or isinstance(value, dict | list) or _PERSONAL_NAME.search(path):
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, str) and _PERSONAL_VALUE.search(text):
        return ""
    if isinstance(value, int) and abs(value) >= _PERSONAL_NUMBER:
        return ""
    return text[:EXAMPLE_CHARS]
