"""Which given names are forms of one name: Bob, Rob and Robert. A name may belong to several families."""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Mapping
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from weft.identity.kinds.text import DATA

MOST_FAMILIES = 6
"""In how many families a name may be; the file's names with the most decide, and a test holds it."""
NONE = -1


@cache
def nickname_families() -> Mapping[str, tuple[int, ...]]:
    """Return given name → the ids of its families: the numbers of the lines of `data/given_names.txt`."""
    found: dict[str, list[int]] = {}
    lines = DATA.joinpath("given_names.txt").read_text("utf-8").splitlines()
    for number, line in enumerate(lines):
        if not line.startswith("#"):
            for name in set(line.replace(":", " ").replace(",", " ").split()):
                found.setdefault(name, []).append(number)
    return {name: tuple(numbers) for name, numbers in found.items()}


@cache
def _names() -> tuple[pa.StringArray, NDArray[np.int32]]:
    families = nickname_families()
    table = np.full((len(families) + 1, MOST_FAMILIES), NONE, np.int32)
    for row, numbers in enumerate(families.values()):
        table[row, : len(numbers)] = numbers
    return pa.array(list(families), pa.string()), table


def nickname_ids(values: pa.StringArray) -> NDArray[np.int32]:
    """Return the families of each given name, shape (names, 6), -1 where there are no more.

    values: as `normalise` returns given names; only the first of several names counts (mary ann: mary). Two
    names are forms of one if they have an id other than -1 in common.
    """
    names, table = _names()
    first = pc.replace_substring_regex(values, " .*$", "")
    whole = pc.index_in(values, names)
    found = pc.coalesce(whole, pc.index_in(first, names))
    rows = pc.fill_null(found, len(names)).to_numpy(zero_copy_only=False)
    return table[rows]
