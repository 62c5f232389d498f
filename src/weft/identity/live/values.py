"""The distinct values of one field as they come, prepared for comparison: each once."""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from weft.identity.live.derive import checksum, compared_text, derive
from weft.identity.live.grown import Column
from weft.identity.scoring.compare import Prepared
from weft.identity.scoring.model import FieldModel
from weft.identity.scoring.table import Codes

LOOSE_TEXTS = 16_384


class Texts:
    """Texts by number, the older ones packed: a million take what their letters take."""

    def __init__(self) -> None:
        self._packed = pa.array([], pa.large_string())
        self._loose: list[str] = []

    def extend(self, texts: Sequence[str]) -> None:
        """Append texts."""
        self._loose += texts
        if len(self._loose) > LOOSE_TEXTS:
            self._packed = pa.concat_arrays([self._packed, pa.array(self._loose, pa.large_string())])
            self._loose = []

    def __len__(self) -> int:
        return len(self._packed) + len(self._loose)

    def __getitem__(self, places: Codes) -> NDArray[np.object_]:
        """Return the texts at some places."""
        packed, loose = len(self._packed), self._loose
        found = np.empty(len(places), np.object_)
        old = places < packed
        if old.all():
            found[:] = self._packed.take(pa.array(places)).to_pylist()
            return found
        if old.any():
            found[old] = self._packed.take(pa.array(places[old])).to_pylist()
        new = np.flatnonzero(~old)
        found[new] = [loose[place - packed] for place in places[new].tolist()]
        return found


class FieldValues:
    """The values of a field of the model. `prepared` is what `Comparer` compares by; it grows with them."""

    def __init__(self, model: FieldModel) -> None:
        self.model = model
        self.texts = Texts()
        self._keys = {name: Column(np.int32) for name in derive(model.kind, "a")}
        self._rarity = Column(np.uint8)
        self._key_rarity = Column(np.uint8)
        self._frequent_keys = {checksum(key): step for key, step in model.frequent_keys.items()}
        self.prepared = Prepared(model.kind, pa.array([], pa.string()), {}, np.empty(0, np.uint8), self.texts)
        self._refresh()

    def __len__(self) -> int:
        return len(self.texts)

    def add(self, values: Sequence[str]) -> NDArray[np.int64]:
        """Append values that are new; return their numbers."""
        first, kind = len(self.texts), self.model.kind
        self.texts.extend([compared_text(kind, value) for value in values])
        derived = [derive(kind, value) for value in values]
        for name, column in self._keys.items():
            column.extend(np.fromiter((each[name] for each in derived), np.int32, len(derived)))
        frequent, usual = self.model.frequent, self.model.rarity
        self._rarity.extend(
            np.fromiter((frequent.get(value, usual) for value in values), np.uint8, len(values))
        )
        if "variant" in self._keys:
            known, rare = self._frequent_keys, self.model.key_rarity
            steps = (known.get(each["variant"], rare) for each in derived)
            self._key_rarity.extend(np.fromiter(steps, np.uint8, len(derived)))
        self._refresh()
        return np.arange(first, first + len(values), dtype=np.int64)

    def _refresh(self) -> None:
        self.prepared.keys = {name: column.values for name, column in self._keys.items()}
        self.prepared.rarity = self._rarity.values
        self.prepared.key_rarity = self._key_rarity.values
