"""From files with their own headers to records with common fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from rapidfuzz.fuzz import token_set_ratio

from weft.errors import Rejected
from weft.identity.batch.files import PersonFile
from weft.identity.kinds.phone import guess_country
from weft.identity.kinds.registry import normalise
from weft.identity.scoring.compare import LEVELS
from weft.identity.scoring.table import Codes, Field, Records, distinct, recode, side_by_side, through

KINDS = (*LEVELS, "full_name")
SAMPLED = 20_000
"""Distinct numbers from which the country of a column of phones is told."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A common field: its name and kind, and the column that fills it in each file (None: the file has none)."""

    name: str
    kind: str
    columns: tuple[str | None, ...]


def parse_mapping(text: str) -> dict[str, str]:
    """Read `kind=column,kind=column` into column → kind. Raises Rejected for what is not one."""
    found: dict[str, str] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        kind, equals, column = (one.strip() for one in part.partition("="))
        if not equals or not column:
            raise Rejected(
                f"--map {part}: write it as KIND=COLUMN, e.g. --map given_name=first,birth_date=dob"
            )
        if kind not in KINDS:
            raise Rejected(f"--map {part}: there is no kind {kind}. Kinds: {', '.join(KINDS)}.")
        found[column] = kind
    if not found:
        raise Rejected("--map is empty: write it as KIND=COLUMN,..., or leave it out to have one proposed.")
    return found


def slots_of(files: Sequence[Mapping[str, str]]) -> list[Slot]:
    """Bring the mappings of several files together: columns of one kind that are named alike fill one field."""
    first = files[0]
    slots = [Slot(column, kind, (column,)) for column, kind in first.items()]
    for place, mapping in enumerate(files[1:], 1):
        slots = _joined(slots, mapping, place)
    return slots


def _joined(slots: list[Slot], mapping: Mapping[str, str], place: int) -> list[Slot]:
    likeness = sorted(
        (
            (-_alike(slot.name, column), row, order, column)
            for row, slot in enumerate(slots)
            for order, (column, kind) in enumerate(mapping.items())
            if kind == slot.kind
        ),
    )
    taken: dict[int, str] = {}
    for _, row, _, column in likeness:
        if row not in taken and column not in taken.values():
            taken[row] = column
    joined = [Slot(one.name, one.kind, (*one.columns, taken.get(row))) for row, one in enumerate(slots)]
    names = {one.name for one in slots}
    for column, kind in mapping.items():
        if column not in taken.values():
            name = column if column not in names else f"{column} {place + 1}"
            joined.append(Slot(name, kind, (*(None,) * place, column)))
    return joined


def _alike(one: str, other: str) -> float:
    if one == other:
        return 200.0
    return float(token_set_ratio(one.replace("_", " ").lower(), other.replace("_", " ").lower()))


def assemble(
    files: Sequence[PersonFile], slots: Sequence[Slot], country: str | None
) -> tuple[Records, dict[str, str | None]]:
    """Normalise each field's distinct values and put the files one below the other.

    Returns the records, and by name the one value of each field that was left out because it has no other; None where
    it has none that says anything.
    """
    sources = np.concatenate([np.full(len(one.ids), place, np.int16) for place, one in enumerate(files)])

    def field(slot: Slot) -> Field:
        codes, values = _stacked(files, slot)
        where = country or (guess_country(values.slice(0, SAMPLED)) if slot.kind == "phone" else None)
        found = normalise(slot.kind, values, where)
        if found.equals(values):
            return Field(slot.name, slot.kind, codes, values)
        return recode(slot.name, slot.kind, codes, found)

    fields = side_by_side(field, slots)
    least = 2 if len(sources) > 1 else 1
    left_out = {
        one.name: one.values[0].as_py() if len(one.values) else None
        for one in fields
        if len(one.values) < least
    }
    return Records(tuple(one for one in fields if len(one.values) >= least), sources), left_out


def _stacked(files: Sequence[PersonFile], slot: Slot) -> tuple[Codes, pa.StringArray]:
    """Return codes over all files and the distinct values; a file without the column says nothing."""
    parts: list[Codes] = []
    values: list[pa.StringArray] = []
    start = 0
    for file, column in zip(files, slot.columns, strict=True):
        if column is None:
            parts.append(np.full(len(file.ids), -1, np.int32))
            continue
        codes, own = distinct(file.columns[column])
        parts.append(np.where(codes < 0, np.int32(-1), codes + start).astype(np.int32))
        values.append(own.cast(pa.string()))
        start += len(own)
    if len(values) == 1:
        return parts[0] if len(parts) == 1 else np.concatenate(parts), values[0]
    inner, unique = distinct(pa.chunked_array(values, pa.string()))
    return through(inner, np.concatenate(parts)), unique
