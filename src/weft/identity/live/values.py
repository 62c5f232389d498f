"""The distinct values of one field as they come, prepared for comparison: each once."""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from weft.identity.live.derive import checksum, compared_text, derive
from weft.identity.live.grown import Grown, GrownTable
from weft.identity.scoring.compare import Prepared
from weft.identity.scoring.model import FieldModel
from weft.identity.scoring.table import MISSING, Codes


class Texts:
    """Texts by number, one behind the other: a million take what their letters take. A lone surrogate is a `?`."""

    def __init__(self) -> None:
        self._letters = bytearray()
        self._ends = Grown(np.int64)
        self._ends.extend(np.zeros(1, np.int64))

    def extend(self, texts: Sequence[str]) -> None:
        """Append texts."""
        parts = [text.encode("utf-8", "replace") for text in texts]
        self._ends.extend(len(self._letters) + np.cumsum([len(part) for part in parts], dtype=np.int64))
        self._letters += b"".join(parts)

    def __len__(self) -> int:
        return self._ends.count - 1

    def __getitem__(self, places: Codes) -> NDArray[np.object_]:
        """Return the texts at some places."""
        buffers = [None, pa.py_buffer(self._ends.values), pa.py_buffer(self._letters)]
        every = pa.LargeStringArray.from_buffers(len(self), buffers[1], buffers[2])
        found: NDArray[np.object_] = every.take(pa.array(places)).to_numpy(zero_copy_only=False)
        return found

    def one(self, place: int) -> str:
        """Return the text at a place."""
        start, end = self._ends.values[place : place + 2].tolist()
        return self._letters[start:end].decode()


class Value(NamedTuple):
    """One value as it is compared. key_rarity: of a name the step of its key."""

    text: str
    keys: dict[str, int]
    key_rarity: int


class FieldValues:
    """The values of a field of the model, which grow. names: of the keys that `derive` gives them."""

    def __init__(self, model: FieldModel) -> None:
        self.model = model
        self.names = list(derive(model.kind, "a"))
        self._texts = Texts()
        self._keys = GrownTable(len(self.names), np.int32)
        self._rarity = GrownTable(2, np.uint8)  # of the values, and of names their keys
        self._frequent_keys = _checksums(model)

    def __len__(self) -> int:
        return len(self._texts)

    @property
    def keys(self) -> NDArray[np.int32]:
        """The keys, names by values: a view that holds until the next `add`."""
        keys: NDArray[np.int32] = self._keys.values
        return keys

    @property
    def prepared(self) -> Prepared:
        """What `Comparer` compares by: views that hold until the next `add`."""
        rarity, key_rarity = self._rarity.values
        return Prepared(
            self.model.kind,
            pa.array([], pa.string()),
            dict(zip(self.names, self.keys, strict=True)),
            rarity,
            self._texts,
            key_rarity=key_rarity if "variant" in self.names else key_rarity[:0],
        )

    def add(self, values: Sequence[str]) -> NDArray[np.int64]:
        """Append values that are new; return their numbers."""
        first, model = len(self), self.model
        self._texts.extend([compared_text(model.kind, value) for value in values])
        derived = [derive(model.kind, value) for value in values]
        keys = np.array([[each[name] for each in derived] for name in self.names], np.int32)
        self._keys.extend(keys.reshape(len(self.names), len(values)))
        steps = [
            [model.frequent.get(value, model.rarity) for value in values],
            [self._frequent_keys.get(each.get("variant", MISSING), model.key_rarity) for each in derived],
        ]
        self._rarity.extend(np.array(steps, np.uint8))
        return np.arange(first, first + len(values), dtype=np.int64)

    def use(self, model: FieldModel, frequent: Codes) -> NDArray[np.bool_]:
        """Take values to be as frequent as another model says; return of which values, or of whose keys, it differs.

        frequent: the number of each value in `model.frequent`, -1 for those that are not here.
        """
        self.model, self._frequent_keys = model, _checksums(model)
        rarity = np.empty_like(self._rarity.values)
        rarity[0], rarity[1] = model.rarity, model.key_rarity
        there = frequent >= 0
        rarity[0, frequent[there]] = np.array(list(model.frequent.values()), np.uint8)[there]
        if "variant" in self.names:
            keys, known = self.keys[self.names.index("variant")], sorted(self._frequent_keys)
            at = np.searchsorted(known, keys)
            there = np.append(known, MISSING - 1)[at] == keys
            rarity[1, there] = np.array([self._frequent_keys[key] for key in known], np.uint8)[at[there]]
        changed: NDArray[np.bool_] = (rarity != self._rarity.values).any(axis=0)
        self._rarity.values[:] = rarity
        return changed

    def value(self, number: int) -> Value:
        """Return one of the values."""
        keys = dict(zip(self.names, self.keys[:, number].tolist(), strict=True))
        return Value(self._texts.one(number), keys, int(self._rarity.values[1, number]))

    def told(self, number: int) -> str:
        """Return one of the values as it was added."""
        return unicodedata.normalize("NFC", self._texts.one(number))

    def rarity(self, number: int) -> int:
        """Return the step of rarity of one of the values."""
        return int(self._rarity.values[0, number])


def _checksums(model: FieldModel) -> dict[int, int]:
    return {checksum(key): step for key, step in model.frequent_keys.items()}
