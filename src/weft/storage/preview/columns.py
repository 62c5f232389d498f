"""Columns with one row a profile, that change in places and are read as Arrow without a copy of each value."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from weft.audience.counting import Flags, Numbers

Places = NDArray[np.int64]
Values = Any
"""An Arrow array; its own classes do not say what a column can do."""


class FlagColumn:
    """Truth values, false where nothing was said."""

    def __init__(self) -> None:
        self.values: Flags = np.zeros(0, np.bool_)

    def fit(self, count: int) -> None:
        """Make room for so many rows."""
        self.values = _fitting(self.values, count, fill=False)


class NumberColumn:
    """Numbers, missing ones as NaN."""

    def __init__(self) -> None:
        self.values: Numbers = np.zeros(0, np.float64)

    def fit(self, count: int) -> None:
        """Make room for so many rows."""
        self.values = _fitting(self.values, count, fill=np.nan)

    def put(self, places: Places, column: "pa.ChunkedArray[Any]") -> None:
        """Set the values at places."""
        self.values[places] = column.to_numpy().astype(np.float64, copy=False)

    def blank(self, places: Sequence[int]) -> None:
        """Take the values at places away."""
        self.values[places] = np.nan

    def arrow(self, count: int) -> "pa.Array[Any]":
        """Return the first rows; NaN is NULL."""
        return pa.array(self.values[:count], from_pandas=True)


class TextColumn:
    """Texts as numbers into a list of different ones; -1 is missing. A text may stand in the list twice."""

    def __init__(self) -> None:
        self._codes: NDArray[np.int32] = np.zeros(0, np.int32)
        self._texts: list[pa.Array[Any]] = []
        self._count = 0

    def fit(self, count: int) -> None:
        """Make room for so many rows."""
        self._codes = _fitting(self._codes, count, fill=-1)

    def put(self, places: Places, column: "pa.ChunkedArray[Any]") -> None:
        """Set the values at places."""
        encoded = cast(Any, column.combine_chunks()).dictionary_encode()
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        self._codes[places] = np.where(codes < 0, -1, codes + self._count)
        self._texts.append(encoded.dictionary)
        self._count += len(encoded.dictionary)

    def blank(self, places: Sequence[int]) -> None:
        """Take the values at places away."""
        self._codes[places] = -1

    def arrow(self, count: int) -> "pa.Array[Any]":
        """Return the first rows as a dictionary array."""
        codes = self._codes[:count]
        return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), self._all())

    def counts(self, members: Flags) -> dict[str, int]:
        """Return how many of the members have each text."""
        codes = self._codes[: len(members)][members]
        counted = np.bincount(codes[codes >= 0], minlength=self._count)
        found: dict[str, int] = {}
        some = np.flatnonzero(counted)
        for text, count in zip(
            self._all().take(pa.array(some)).to_pylist(), counted[some].tolist(), strict=True
        ):
            found[text] = found.get(text, 0) + count
        return found

    def _all(self) -> "pa.Array[Any]":
        if len(self._texts) != 1:
            self._texts = [pa.concat_arrays(self._texts) if self._texts else pa.array([], pa.string())]
        return self._texts[0]


Column = NumberColumn | TextColumn


def _fitting(values: NDArray[Any], count: int, *, fill: object) -> NDArray[Any]:
    if count <= len(values):
        return values
    room = np.full(max(count, len(values) * 9 // 8), fill, values.dtype)
    room[: len(values)] = values
    return room


def plain(column: "pa.ChunkedArray[Any]") -> Values:
    """Return a column in one piece; truth values as such, and not as DuckDB sends them when it must lose nothing."""
    whole = cast(Values, column).combine_chunks()
    return whole.cast(pa.bool_()) if isinstance(whole.type, pa.Bool8Type) else whole
