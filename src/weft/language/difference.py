"""What differs between two states of a definition, place by place."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any

import msgspec

from weft.language.strict import inside


class Absent(msgspec.Struct, frozen=True):
    """Stands for a value that is not there, which is something else than null."""


ABSENT = Absent()


class Difference(msgspec.Struct, frozen=True):
    """One place. before, after: its value, or ABSENT."""

    at: str
    before: Any
    after: Any


def differences(before: Any, after: Any, at: str = "") -> Iterator[Difference]:
    """Yield where two values differ, as deep inside as they are alike.

    at: the place of both. Of lists, elements that came or went are told apart from those that changed; places are
    those after the change, of elements that went those before it.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys((*before, *after)):
            place = inside(at, str(key))
            if key not in after:
                yield Difference(place, before[key], ABSENT)
            elif key not in before:
                yield Difference(place, ABSENT, after[key])
            else:
                yield from differences(before[key], after[key], place)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _of_lists(before, after, at)
    elif type(before) is not type(after) or before != after:
        yield Difference(at, before, after)


def _of_lists(before: list[Any], after: list[Any], at: str) -> Iterator[Difference]:
    keys = [[msgspec.json.encode(each, order="sorted") for each in values] for values in (before, after)]
    for tag, start, end, first, last in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        paired = min(end - start, last - first)
        for offset in range(paired):
            yield from differences(before[start + offset], after[first + offset], f"{at}[{first + offset}]")
        for index in range(start + paired, end):
            yield Difference(f"{at}[{index}]", before[index], ABSENT)
        for index in range(first + paired, last):
            yield Difference(f"{at}[{index}]", ABSENT, after[index])
