"""The distinct values of one field as they come, prepared for comparison: each once."""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from weft.identity.live.derive import checksum, compared_text, derive
from weft.identity.live.grown import Column, Table
from weft.identity.scoring.compare import Prepared
from weft.identity.scoring.model import FieldModel
from weft.identity.scoring.table import Codes

LONE_SURROGATES = "surrogatepass"


class Texts:
    """Texts by number, one behind the other: a million take what their letters take."""

    def __init__(self) -> None:
        self._letters = bytearray()
        self._ends = Column(np.int64)
        self._ends.extend(np.zeros(1, np.int64))

    def extend(self, texts: Sequence[str]) -> None:
        """Append texts."""
        parts = [text.encode("utf-8", LONE_SURROGATES) for text in texts]
        lengths = np.fromiter(map(len, parts), np.int64, len(parts))
        self._ends.extend(len(self._letters) + np.cumsum(lengths))
        self._letters += b"".join(parts)

    def __len__(self) -> int:
        return self._ends.count - 1

    def __getitem__(self, places: Codes) -> NDArray[np.object_]:
        """Return the texts at some places."""
        ends, letters = self._ends.values, self._letters
        found = np.empty(len(places), np.object_)
        found[:] = [
            str(letters[start:end], "utf-8", LONE_SURROGATES)
            for start, end in zip(ends[places].tolist(), ends[places + 1].tolist(), strict=True)
        ]
        return found

    def one(self, place: int) -> str:
        """Return the text at a place."""
        start, end = self._ends.values[place : place + 2].tolist()
        return str(self._letters[start:end], "utf-8", LONE_SURROGATES)


class Value(NamedTuple):
    """One value as it is compared. rarity, key_rarity: its steps; the second is -1 where the field has none."""

    text: str
    keys: dict[str, int]
    rarity: int
    key_rarity: int


class FieldValues:
    """The values of a field of the model. `prepared` is what `Comparer` compares by; it grows with them."""

    def __init__(self, model: FieldModel) -> None:
        self.model = model
        self.texts = Texts()
        self._names = list(derive(model.kind, "a"))
        self._keys = Table(len(self._names), np.int32)
        self._rarity = Table(2, np.uint8)  # of the values, and of names their keys
        self._frequent_keys = {checksum(key): step for key, step in model.frequent_keys.items()}
        self.prepared = Prepared(model.kind, pa.array([], pa.string()), {}, np.empty(0, np.uint8), self.texts)
        self._refresh()

    def __len__(self) -> int:
        return len(self.texts)

    def add(self, values: Sequence[str]) -> NDArray[np.int64]:
        """Append values that are new; return their numbers."""
        first, model = len(self.texts), self.model
        self.texts.extend([compared_text(model.kind, value) for value in values])
        derived = [derive(model.kind, value) for value in values]
        keys = np.array([[each[name] for each in derived] for name in self._names], np.int32)
        self._keys.extend(keys.reshape(len(self._names), len(values)))
        steps = [
            [model.frequent.get(value, model.rarity) for value in values],
            [self._frequent_keys.get(each.get("variant", 0), model.key_rarity) for each in derived],
        ]
        self._rarity.extend(np.array(steps, np.uint8))
        self._refresh()
        return np.arange(first, first + len(values), dtype=np.int64)

    def value(self, number: int) -> Value:
        """Return one of the values."""
        keys = dict(zip(self._names, self._keys.values[:, number].tolist(), strict=True))
        rarity, key_rarity = self._rarity.values[:, number].tolist()
        return Value(self.texts.one(number), keys, rarity, key_rarity if "variant" in keys else -1)

    def _refresh(self) -> None:
        self.prepared.keys = dict(zip(self._names, self._keys.values, strict=True))
        rarity, key_rarity = self._rarity.values
        self.prepared.rarity = rarity
        self.prepared.key_rarity = key_rarity if "variant" in self._names else key_rarity[:0]
