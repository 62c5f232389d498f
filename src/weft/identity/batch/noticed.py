"""What should be looked at in a run: columns that were left out, files that stand alone, values that many share."""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from weft.identity.batch.files import PersonFile
from weft.identity.scoring.table import Field, Records, pack, sorted_unique, unpack

SHARED_FROM = 25
"""People of one e-mail address, phone or national id from which the value is reported."""
SHARED_SHOWN = 5
SHOWN_CHARS = 60


class Mapped(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a column was taken for, and why.

    same: what it says in every row, for which it was left out. unusable: none of its values says who somebody is.
    """

    file: str
    column: str
    kind: str
    reason: str
    same: str | None = None
    unusable: bool = False


class SharedValue(msgspec.Struct, frozen=True):
    """A value that too many people share to say who somebody is."""

    field: str
    value: str
    people: int


def warnings(
    files: Sequence[PersonFile],
    mapping: Sequence[Mapped],
    records: Records,
    people: NDArray[np.int32],
    shared: Sequence[SharedValue],
) -> list[str]:
    """Return it as sentences. people: one number per record, the cluster."""
    return [*_alone(files, records), *_left_out(mapping), *_doubtful(records, people, shared)]


def _left_out(mapping: Sequence[Mapped]) -> list[str]:
    same = [
        f"{one.file}: every row that has a {one.column} has the same, {_short(one.same)!r}: it was left out."
        for one in mapping
        if one.same is not None
    ]
    unusable = [
        f"{one.file}: no {one.column} can be used as {one.kind} (placeholders, or not in its form): it was left out."
        for one in mapping
        if one.unusable
    ]
    return same + unusable


def _short(value: str) -> str:
    return value if len(value) <= SHOWN_CHARS else value[:SHOWN_CHARS] + "…"


def _alone(files: Sequence[PersonFile], records: Records) -> list[str]:
    """Name the files that have nothing to be compared by with any other."""
    if len(files) < 2:
        return []
    holding = [set(np.unique(records.sources[one.codes >= 0]).tolist()) for one in records.fields]
    shared = {place for places in holding if len(places) > 1 for place in places}
    return [
        f"{one.path.name} has no column like one of the other files': none of its rows can be linked with theirs."
        for place, one in enumerate(files)
        if place not in shared
    ]


def _doubtful(records: Records, people: NDArray[np.int32], shared: Sequence[SharedValue]) -> list[str]:
    """Name values that many share, and count people with ids that contradict each other."""
    found = [
        f"{one.people:,} people share {one.field} = {_short(one.value)!r}: it says little of who they are."
        for one in shared
    ]
    for one in records.fields:
        if one.kind == "national_id":
            several = int((np.bincount(_held(one, people)[0]) > 1).sum())
            if several:
                found.append(f"{several:,} people have more than one {one.name}.")
    return found


def shared_values(records: Records, people: NDArray[np.int32]) -> list[SharedValue]:
    """Return the values of identifiers that too many people have, the most shared first."""
    found: list[SharedValue] = []
    for one in records.fields:
        if one.kind in ("email", "phone", "national_id"):
            held = np.bincount(_held(one, people)[1], minlength=len(one.values))
            common = np.argsort(-held, kind="stable")[:SHARED_SHOWN]
            found += [
                SharedValue(one.name, one.values[int(code)].as_py(), int(held[code]))
                for code in common
                if held[code] >= SHARED_FROM
            ]
    return sorted(found, key=lambda value: -value.people)


def _held(one: Field, people: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return each person with each of its values once, as people and codes."""
    there = one.codes >= 0
    return unpack(sorted_unique(pack(people[there], one.codes[there])))
